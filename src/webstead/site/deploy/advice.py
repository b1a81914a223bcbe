"""What to do about a failure, in words for who deploys: plan and build name options of `webstead up`, and a
deployer has settings and files instead. Pure.
"""

from __future__ import annotations

import re

__all__ = ["for_deployer"]

_TARGET = r"[\w.]+:[\w.]+(?:\(\))?"

_TABLE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), text)
    for pattern, text in (
        # The port of the host is the same in a Procfile; uvicorn's words are understood for WSGI apps, too.
        (rf"webstead up --app ({_TARGET})", r"Add a file Procfile with the line: web: uvicorn \1"),
        (r"webstead up --command '([^']*)'", r"Add a file Procfile with the line: web: \1"),
        (r"^webstead up path/to/the/project$", "Set PROJECT to the folder that the app is in."),
        (r"^webstead up ([^\s'-]\S*)$", r"Set PROJECT=\1"),
        (rf"(?:with )?--app ({_TARGET})", r"a file Procfile with the line `web: uvicorn \1`"),
        (r"(?:with )?--command '([^']*)'", r"a file Procfile with the line `web: \1`"),
        (r",? or (?:in a file )?(?:with )?--env-file(?: \.\w+)?", ""),
        (r"(?:with )?--env (\w+=\S+)", r"the app setting \1"),
        (r"with --env\b", "as app settings"),
        (r"with --workers, or write ", "in "),
        (r"(?:with )?--runtime (\S+)", r"a file .python-version with the line \1"),
        (r"with --runtime\b", "in a file .python-version"),
        (r"--runtime chooses", "a file .python-version chooses"),
    )
)
"""In this order: the more particular first."""


def for_deployer(text: str) -> str:
    """The same advice, without an option of a command line."""
    for pattern, instead in _TABLE:
        text = pattern.sub(instead, text)
    return text
