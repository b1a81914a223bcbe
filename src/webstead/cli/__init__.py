"""The command line: one file per verb. Each imports what it needs when it runs: `--help` is instant."""

from webstead.cli.main import main

__all__ = ["main"]
