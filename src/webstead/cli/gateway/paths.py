"""Paths and addresses that a user names, made whole: what reads them has another working directory, and may
be another machine.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from webstead.errors import UsageError

__all__ = [
    "absolute_bind",
    "default_bind",
    "foreign_hint",
    "on_windows",
    "static_pairs",
    "there_or_on_windows",
]


def default_bind(folder: Path, *, windows: bool = os.name == "nt") -> str:
    """Where a gateway listens when nobody says. A socket that only its owner can connect to is the one place
    that is safe whoever else is on the machine, and the app's folder the one that its user knows. Windows'
    Python has no such sockets: there it is the port of FastCGI by custom, php-fpm's.
    """
    return "tcp:127.0.0.1:9000" if windows else f"unix:{folder / 'gateway.sock'}"


def absolute_bind(bind: str) -> str:
    """A relative socket is in the working directory of who names it."""
    kind, _, place = bind.partition(":")
    return f"unix:{os.path.abspath(place)}" if kind == "unix" else bind


def there_or_on_windows(option: str, text: str) -> str:
    """The absolute path of a file that is here, or a whole Windows path, which may be on another machine.
    Raises UsageError for all else.
    """
    if os.path.exists(text):
        return os.path.abspath(text)
    if on_windows(text):
        return str(PureWindowsPath(text))
    fix = "Name a file that is there, or a whole Windows path such as C:/sites/gateway.pyz."
    raise UsageError(f"There is nothing at the path that {option} names.", found=text, fix=fix)


def on_windows(text: str) -> bool:
    path = PureWindowsPath(text)
    return bool(path.drive) and path.is_absolute()


def foreign_hint(python: str, gateway: str) -> str:
    """What to say where the words are for IIS, and the paths in them are not of Windows; or ""."""
    if on_windows(python) and on_windows(gateway):
        return ""
    return (
        "warning: These are paths of this machine, which IIS does not have. "
        "Name the server's: --python 'C:\\…\\python.exe' --gateway 'C:\\…\\webstead-gateway.pyz'"
    )


def static_pairs(texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """URL=DIR, each. Raises UsageError."""
    return tuple(_static_pair(text) for text in texts)


def _static_pair(text: str) -> tuple[str, str]:
    url, equals, folder = text.partition("=")
    if not (equals and url and folder):
        fix = "Write --static /static=/srv/shop/static."
        raise UsageError("--static is no URL and folder.", found=text, fix=fix)
    return url, str(PureWindowsPath(folder)) if on_windows(folder) else os.path.abspath(folder)
