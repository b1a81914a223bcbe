"""The links by which a release holds what is kept: where they lead, as text. Pure.

A link is relative, so that a home can be moved: in `site/releases/ID/a/b` the link `../../../kept/a/b`.
"""

from __future__ import annotations

import posixpath
import re

__all__ = ["LONGEST_LINK", "kept_text", "leads_inside", "path_in_kept"]

LONGEST_LINK = 4096

_OURS = re.compile(r"(?:\.\./){2,}kept/(.+)", re.DOTALL)


def kept_text(path: str, name: str) -> str:
    """The text of the link at `path` of a release that leads to `name` in site/kept."""
    return "../" * (2 + path.count("/")) + f"kept/{name}"


def path_in_kept(text: str) -> str | None:
    """Where in site/kept a link leads; None when it is not one of ours. A person may have moved it to another
    folder, where it leads nowhere until it is set right: the number of steps up does not count."""
    found = _OURS.fullmatch(text)
    name = found[1] if found else ""
    inside = bool(name) and all(part not in ("", ".", "..") for part in name.split("/"))
    return name if inside else None


def leads_inside(home: str, folder: str, text: str) -> bool:
    """Whether a link that stands in a folder of a home leads to a place in that home, by its text."""
    target = posixpath.normpath(posixpath.join(folder, text))
    return target == home or target.startswith(f"{home}/")
