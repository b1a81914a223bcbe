"""Oryx's command line: a table of commands, one module each, over the plan and the build of Webstead."""

from webstead.cli.oryx.group import application, main

__all__ = ["application", "main"]
