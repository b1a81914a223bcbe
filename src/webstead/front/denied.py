"""What is never sent as a file, whatever the site's configuration says.

IIS's own lists protect none of a Python site's secrets (`.py`, `.env`, `.git`, databases, environments), so
the front has this table. It is asked twice: with the URL's path, and with the path that the file really has
on the disk.
"""

from __future__ import annotations

import re

__all__ = ["ENVIRONMENT_MARK", "is_denied"]

ENVIRONMENT_MARK = "pyvenv.cfg"
"""A folder that holds this file is a virtual environment, and nothing in it is sent."""

_NAMES = frozenset(
    {
        "__pycache__",
        "antenv",
        "id_rsa",
        "pip-log.txt",
        "pyvenv.cfg",
        "site-packages",
        "thumbs.db",
        "web.config",
        "__oryx_packages__",
        "applicationhost.config",
    }
)
_ENDINGS = (
    ".bak",
    ".config",
    ".db",
    ".db3",
    ".env",
    ".jks",
    ".key",
    ".log",
    ".old",
    ".orig",
    ".p12",
    ".pem",
    ".pfx",
    ".publishsettings",
    ".py",
    ".pyc",
    ".pyd",
    ".pyi",
    ".pyo",
    ".pyw",
    ".pyx",
    ".rej",
    ".s3db",
    ".save",
    ".sql",
    ".sqlite",
    ".sqlite3",
    ".swo",
    ".swp",
    "~",
)
_DATABASE_COMPANION = re.compile(r"\.(db|db3|s3db|sqlite|sqlite3)-(journal|shm|wal)$")
_SHORT_NAME = re.compile(r"~[0-9]")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f:*?"<>|\\]')
_WELL_KNOWN = ".well-known"
_DEVICES = frozenset(
    {"aux", "clock$", "con", "conin$", "conout$", "nul", "prn"}
    | {f"{name}{digit}" for name in ("com", "lpt") for digit in "123456789\u00b9\u00b2\u00b3"}
)


def is_denied(path: str) -> bool:
    """Whether the file at this path may not be sent. path: decoded once, `/`-separated, as the URL or below
    the site.

    Compared without case, because the site may lie on a disk that does not tell it apart.
    """
    return any(_segment_denied(segment) for segment in path.split("/") if segment)


def _segment_denied(segment: str) -> bool:
    name = segment.casefold()
    return (
        (name.startswith(".") and name != _WELL_KNOWN)
        or name.endswith((".", " "))  # Windows opens `web.config.` as `web.config`
        or name in _NAMES
        or name.endswith(_ENDINGS)
        or _FORBIDDEN.search(name) is not None  # `x::$DATA` is x; the rest no Windows file can have
        or _SHORT_NAME.search(name) is not None  # `WEB~1.CON`
        or _DATABASE_COMPANION.search(name) is not None
        or name.partition(".")[0].rstrip() in _DEVICES
    )
