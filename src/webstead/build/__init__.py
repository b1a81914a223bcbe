"""Performs a plan's install steps: environments at addresses, by uv; static files; the release step."""

from webstead.build.environment import Environment, program_path
from webstead.build.perform import perform, perform_before
from webstead.build.release import run_release

__all__ = ["Environment", "perform", "perform_before", "program_path", "run_release"]
