"""The command line: one file per verb. Each verb imports what it needs when it runs, so that `--help` is instant."""

from webstead.cli.main import main

__all__ = ["main"]
