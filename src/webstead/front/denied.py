"""What is never sent as a file, whatever the site's configuration says.

IIS's own lists protect none of a Python site's secrets (`.py`, `.env`, `.git`, databases, environments), so
the front has this table. It is asked twice: with the URL's path, and with the path that the file really has
on the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

__all__ = ["ENVIRONMENT_MARK", "ENVIRONMENT_NAMES", "ENVIRONMENT_PROGRAMS", "is_denied"]

ENVIRONMENT_MARK = "pyvenv.cfg"
"""A folder that holds this file is a virtual environment, and nothing in it is sent."""

ENVIRONMENT_NAMES = frozenset({".venv", "env", "venv", "virtualenv"})
ENVIRONMENT_PROGRAMS = ("bin/python", "bin/python3", "bin/activate", "Scripts")
"""A folder of one of these names that holds one of these is an environment, too: copied without its mark, or
made by a virtualenv that wrote none."""

_NAMES = frozenset(
    {
        "__oryx_packages__",
        "__pycache__",
        "_netrc",
        "antenv",
        "applicationhost.config",
        "authorized_keys",
        "celerybeat-schedule",
        "client_secret.json",
        "client_secrets.json",
        "credentials.json",
        "dist-packages",
        "docker-compose.yaml",
        "docker-compose.yml",
        "htdigest",
        "htpasswd",
        "id_dsa",
        "id_ecdsa",
        "id_ecdsa_sk",
        "id_ed25519",
        "id_ed25519_sk",
        "id_rsa",
        "known_hosts",
        "nohup.out",
        "pip-log.txt",
        "pyvenv.cfg",
        "secrets.json",
        "secrets.toml",
        "secrets.yaml",
        "secrets.yml",
        "service-account.json",
        "service_account.json",
        "site-packages",
        "thumbs.db",
        "web.config",
    }
)
_ENDINGS = (
    ".accdb",
    ".backup",
    ".bak",
    ".cfg",
    ".conf",
    ".config",
    ".csproj",
    ".db",
    ".db3",
    ".dist-info",
    ".dmp",
    ".duckdb",
    ".dump",
    ".egg-info",
    ".env",
    ".ini",
    ".jks",
    ".kdbx",
    ".key",
    ".keystore",
    ".ldb",
    ".ldf",
    ".log",
    ".mdb",
    ".mdf",
    ".ndf",
    ".old",
    ".orig",
    ".ovpn",
    ".p12",
    ".p8",
    ".pem",
    ".pfx",
    ".pid",
    ".ppk",
    ".publishsettings",
    ".pubxml",
    ".pvk",
    ".pxd",
    ".py",
    ".pyc",
    ".pyd",
    ".pyi",
    ".pyo",
    ".pyw",
    ".pyx",
    ".rdb",
    ".rej",
    ".rsuser",
    ".s3db",
    ".save",
    ".sdf",
    ".snk",
    ".sock",
    ".sql",
    ".sqlite",
    ".sqlite3",
    ".swo",
    ".swp",
    ".tfstate",
    ".tfvars",
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

_ESCAPED_AGAIN = 3


def is_denied(path: str) -> bool:
    """Whether the file at this path may not be sent. path: decoded once, `/`-separated, as the URL or below
    the site.

    Compared without case, because the site may lie on a disk that does not tell it apart. A path that is
    escaped again is looked at in each reading: no name that is denied gets a second spelling.
    """
    return any(_segment_denied(segment) for each in _readings(path) for segment in each.split("/") if segment)


def _readings(path: str) -> Iterator[str]:
    yield path
    for _ in range(_ESCAPED_AGAIN):
        if "%" not in path:
            return
        path = unquote(path, errors="replace")
        yield path


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
