"""What would fail where a project is to run, found before it is deployed. Pure: rules over a project that was
read and its web.config files.

`read_subject` reads, `check` asks the rules, `changes` is what `--fix` would write.
"""

from webstead.check.as_json import as_json
from webstead.check.as_sarif import as_sarif
from webstead.check.as_text import as_text
from webstead.check.edits import Change, changes, diff
from webstead.check.finding import Edit, Finding, Severity
from webstead.check.registry import RULES
from webstead.check.rule import Rule
from webstead.check.run import check, counts, fails
from webstead.check.shown import Lines
from webstead.check.subject import Imported, Subject, read_subject
from webstead.check.target import TARGETS, Target

__all__ = [
    "Change",
    "Edit",
    "Finding",
    "Imported",
    "Lines",
    "RULES",
    "Rule",
    "Severity",
    "Subject",
    "TARGETS",
    "Target",
    "as_json",
    "as_sarif",
    "as_text",
    "changes",
    "check",
    "counts",
    "diff",
    "fails",
    "read_subject",
]
