"""What a shell that a person sits at is given: pure, but for the folder that it begins in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from webstead.site.homes import SiteHome

__all__ = ["DEFAULT_TERMINAL", "shell_environment", "start_folder", "terminal_type"]

DEFAULT_TERMINAL = "xterm-256color"
"""What clients of a shell over a WebSocket are: they do not say."""

_TERMINAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}")


def terminal_type(told: str | None) -> str:
    """Of an SSH client. It becomes a file's name in the terminal database: what is none is passed over."""
    return told if told and _TERMINAL.fullmatch(told) else DEFAULT_TERMINAL


def shell_environment(base: Mapping[str, str], shell: str, terminal: str | None) -> dict[str, str]:
    """base: of a command of the site. terminal: its type; None for none.

    az's session reads /etc/profile and becomes a login shell, which on Debian sets PATH anew: bash puts the
    site's back before its first prompt, and forgets that it did."""
    own = {"LANG": "C.UTF-8", **base, "SHELL": shell}
    if terminal is None:
        return own
    path = shlex.quote(base.get("PATH", ""))
    return {**own, "TERM": terminal, "PROMPT_COMMAND": f"PATH={path}; unset PROMPT_COMMAND"}


def start_folder(home: SiteHome) -> Path:
    """The current release; the home before the first deployment."""
    return home.wwwroot if home.wwwroot.is_dir() else home.root
