"""What is to be known of a release itself, beside its manifest: how it is planned when it is put to work.

It is written when the release is whole; a folder of a release without it is what a crash left behind.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from webstead.effects.files import write_atomically
from webstead.site.homes import SiteHome

__all__ = ["ReleaseNote", "has_note", "read_note", "write_note"]

VERSION = 1
_NAME = "release.json"
_TEXTS = ("deployment", "created", "packages", "message", "deployer", "runs_from")


@dataclass(frozen=True, slots=True)
class ReleaseNote:
    """deployment: that made it. created: ISO 8601; "" where it is not known. install: whether its packages
    are installed for it; False where it brings them, or has none. packages: the folder in it that they are
    in, "" for none. message, deployer: of the deployment, which may be forgotten before the release. app:
    whether it has one; False where its files are all that is served. size: of its files, in bytes; None where
    nobody has counted. runs_from: the package of WEBSITE_RUN_FROM_PACKAGE that it is, "" for none."""

    deployment: str = ""
    created: str = ""
    install: bool = True
    packages: str = ""
    message: str = ""
    deployer: str = ""
    app: bool = True
    size: int | None = None
    runs_from: str = ""

    @property
    def time(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.created)
        except ValueError:
            return None


def write_note(home: SiteHome, release: str, note: ReleaseNote) -> None:
    """Raises OSError."""
    folder = home.deployments / release
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / _NAME, json.dumps({"version": VERSION, **asdict(note)}, indent=1).encode())


def has_note(home: SiteHome, release: str) -> bool:
    return (home.deployments / release / _NAME).is_file()


def read_note(home: SiteHome, release: str | None) -> ReleaseNote:
    """What is usual, where there is none that can be read."""
    if release is None:
        return ReleaseNote()
    try:
        data = json.loads((home.deployments / release / _NAME).read_bytes())
    except (OSError, ValueError):
        return ReleaseNote()
    if not isinstance(data, dict) or data.get("version") != VERSION:
        return ReleaseNote()
    texts = {name: str(data.get(name, "")) for name in _TEXTS}
    size = data.get("size")
    return ReleaseNote(
        install=data.get("install") is not False,
        app=data.get("app") is not False,
        size=size if isinstance(size, int) else None,
        **texts,
    )
