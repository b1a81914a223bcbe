"""What is recorded of extensions, in files, as App Service has them.

    SiteExtensions/ID/SiteExtensionSettings.json                what is installed, and from where
    site/siteextensions/ID/SiteExtensionStatus.json             how the last operation on it goes, or ended
    site/siteextensions/ID/restart                              somebody is still to be told to restart
    site/locks/siteextensions.lock, .json                       one operation at a time; which one

Each is written whole or not at all.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from webstead.effects.clock import Clock
from webstead.effects.files import remove_tree, write_atomically
from webstead.effects.lock import try_locked
from webstead.effects.plain_files import read_plain
from webstead.errors import WebsteadError
from webstead.site.homes import SiteHome

__all__ = [
    "SETTINGS_FILE",
    "Busy",
    "Kind",
    "Settings",
    "State",
    "Status",
    "ask_restart",
    "forget_status",
    "has_restart",
    "holding",
    "is_held",
    "read_settings",
    "read_status",
    "statuses",
    "take_restart",
    "write_settings",
    "write_status",
]

SETTINGS_FILE = "SiteExtensionSettings.json"
_STATUS_FILE = "SiteExtensionStatus.json"
_RESTART = "restart"
_LARGEST = 1 << 18
_MOST = 1000
"""Folders that are looked at: people have a handful."""

Kind = Literal["Gallery", "WebRoot"]
_KINDS: tuple[Kind, ...] = get_args(Kind)

State = Literal["Created", "Accepted", "InProgress", "Succeeded", "Failed", "Canceled"]
_STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Settings:
    """version: as the nuspec writes it. package: the address that it was fetched from, without what may be
    secret in it. installed: when. arguments: of its install script. digest: SHA-256 of the package."""

    version: str
    kind: Kind
    installed: datetime
    feed: str = ""
    package: str = ""
    arguments: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """code: of HTTP, of the operation once it has ended. operation: `install`, `uninstall`. since: when it
    began."""

    id: str
    state: State
    operation: str
    since: datetime
    comment: str = ""
    code: int = 200
    kind: Kind = "Gallery"

    @property
    def runs(self) -> bool:
        return self.state in ("Created", "Accepted", "InProgress")


class Busy(WebsteadError):
    """Another operation on the site's extensions runs."""

    exit_code = 2
    http_status = 409
    kind = "locked"


def read_settings(folder: Path) -> Settings | None:
    """Of an installed extension; None where they are missing or damaged."""
    data = _json(folder / SETTINGS_FILE)
    if data is None:
        return None
    kind = _kind(data, "package_type")
    return Settings(
        *(_word(data, "version"), kind, _time(data, "install_timestamp_utc")),
        *(_word(data, "feed_url"), _word(data, "packageUri"), _word(data, "installer_command_line_params")),
        digest=_word(data, "digest"),
    )


def write_settings(folder: Path, settings: Settings) -> None:
    """Kudu's names; `digest` is ours. Raises OSError."""
    data = {
        "version": settings.version,
        "feed_url": settings.feed or None,
        "packageUri": settings.package or None,
        "package_type": settings.kind,
        "install_timestamp_utc": settings.installed.isoformat(),
        "installer_command_line_params": settings.arguments or None,
        "digest": settings.digest,
    }
    write_atomically(folder / SETTINGS_FILE, json.dumps(data, indent=1).encode())


def read_status(home: SiteHome, extension: str) -> Status | None:
    """extension: its id, in any case."""
    data = _json(_folder(home, extension) / _STATUS_FILE)
    state = next((each for each in _STATES if data and each == data.get("provisioningState")), None)
    if data is None or state is None:
        return None
    code = data.get("status")
    return Status(
        *(_word(data, "id") or extension, state, _word(data, "operation"), _time(data, "since")),
        comment=_word(data, "comment"),
        code=code if isinstance(code, int) else 200,
        kind=_kind(data, "siteExtensionType"),
    )


def write_status(home: SiteHome, status: Status) -> None:
    """Raises OSError."""
    folder = _folder(home, status.id)
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "id": status.id,
        "provisioningState": status.state,
        "comment": status.comment,
        "status": status.code,
        "operation": status.operation,
        "siteExtensionType": status.kind,
        "since": status.since.isoformat(),
    }
    write_atomically(folder / _STATUS_FILE, json.dumps(data, indent=1).encode())


def statuses(home: SiteHome) -> tuple[Status, ...]:
    """Of all extensions that an operation was begun on and that were not removed since; by id."""
    with contextlib.suppress(OSError):
        names = sorted(path.name for path in _root(home).iterdir())[:_MOST]
        found = (read_status(home, name) for name in names)
        return tuple(each for each in found if each is not None)
    return ()


def forget_status(home: SiteHome, extension: str) -> None:
    remove_tree(_folder(home, extension))


def ask_restart(home: SiteHome, extension: str) -> None:
    """The next who asks how it ended is told that the site is to be restarted. Raises OSError."""
    (_folder(home, extension) / _RESTART).touch()


def has_restart(home: SiteHome, extension: str) -> bool:
    """Whether that is still to be told."""
    return (_folder(home, extension) / _RESTART).exists()


def take_restart(home: SiteHome, extension: str) -> bool:
    """Whether the site is to be restarted; true once."""
    try:
        (_folder(home, extension) / _RESTART).unlink()
    except OSError:
        return False
    return True


@contextmanager
def holding(home: SiteHome, operation: str, extension: str, clock: Clock) -> Iterator[None]:
    """The lock of the site's extensions: the system's, so that it ends with its holder. Raises Busy,
    OSError."""
    lock = _lock(home)
    with try_locked(lock) as held:
        if held is None:
            raise _busy(_json(lock.with_suffix(".json")) or {}, clock.now())
        note = {"operation": operation, "id": extension, "since": clock.now().isoformat()}
        write_atomically(lock.with_suffix(".json"), json.dumps(note).encode(), 0o600)
        yield


def is_held(home: SiteHome) -> bool:
    """Whether an operation runs now."""
    with try_locked(_lock(home)) as held:
        return held is None


def _busy(note: dict[str, object], now: datetime) -> Busy:
    since = _time(note, "since")
    age = max(0, int((now - since).total_seconds()))
    found = f"{_word(note, 'operation') or 'an operation'} of {_word(note, 'id') or 'an extension'}"
    return Busy(
        "Another operation on the extensions of this site runs.",
        found=f"{found}, since {since:%Y-%m-%d %H:%M:%S} UTC ({age} s)",
        fix="Wait for its end: GET /api/siteextensions/ID tells provisioningState. Then ask again.",
    )


def _lock(home: SiteHome) -> Path:
    return home.lock.with_name("siteextensions.lock")


def _root(home: SiteHome) -> Path:
    return home.root / "site" / "siteextensions"


def _folder(home: SiteHome, extension: str) -> Path:
    """In lower case: ids are without regard to it."""
    return _root(home) / extension.lower()


def _json(path: Path) -> dict[str, object] | None:
    """None for what is missing, no regular file (an extension may put a pipe there), too long or no
    object."""
    try:
        data = json.loads(read_plain(path, _LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _kind(data: dict[str, object], name: str) -> Kind:
    return next((each for each in _KINDS if each == data.get(name)), "Gallery")


def _word(data: dict[str, object], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _time(data: dict[str, object], name: str) -> datetime:
    """What is missing or damaged is long ago."""
    try:
        moment = datetime.fromisoformat(_word(data, name))
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
