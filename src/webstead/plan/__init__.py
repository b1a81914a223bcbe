"""The plan: from a project and what the user said to everything that will be done with it, with its evidence.
Pure."""

from webstead.plan.as_json import as_json
from webstead.plan.as_text import as_text
from webstead.plan.files_only import start_or_files
from webstead.plan.machine import Machine
from webstead.plan.make import make_plan
from webstead.plan.model import Plan
from webstead.plan.overrides import Overrides
from webstead.plan.questions import start_or_error

__all__ = [
    "Machine",
    "Overrides",
    "Plan",
    "as_json",
    "as_text",
    "make_plan",
    "start_or_error",
    "start_or_files",
]
