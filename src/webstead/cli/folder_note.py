"""Where a folder was deployed to last, so that the next time nothing need be said. Kept in this user's state,
not in the folder: it is about this machine, and no part of the project.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FolderNote", "read_note", "write_note"]

VERSION = 1


@dataclass(frozen=True, slots=True)
class FolderNote:
    """One of home, profile and url, or none of them for the home of this user. url holds no credentials."""

    site: str
    home: Path | None = None
    profile: Path | None = None
    url: str | None = None


def read_note(folder: Path) -> FolderNote | None:
    """None where nothing was deployed from it, or nothing that is understood."""
    try:
        data = json.loads(_path(folder).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("version") != VERSION:
        return None
    texts = {name: data.get(name) for name in ("site", "home", "profile", "url")}
    if not all(text is None or isinstance(text, str) for text in texts.values()):
        return None
    home, profile, url = (texts[name] for name in ("home", "profile", "url"))
    return FolderNote(
        texts["site"] or "", Path(home) if home else None, Path(profile) if profile else None, url
    )


def write_note(folder: Path, note: FolderNote) -> None:
    """A note that cannot be written is none: the deployment has been made."""
    from webstead.effects.files import write_atomically

    path = _path(folder)
    fields = {
        "version": VERSION,
        "folder": str(folder.resolve()),
        "site": note.site,
        "home": str(note.home.absolute()) if note.home else None,
        "profile": str(note.profile.absolute()) if note.profile else None,
        "url": note.url,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(fields, indent=1).encode() + b"\n", 0o600)
    except OSError:
        return


def _path(folder: Path) -> Path:
    from webstead.site.layout import default_state

    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return default_state() / "deployed" / f"{digest}.json"
