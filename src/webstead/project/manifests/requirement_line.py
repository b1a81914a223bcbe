"""A dependency that a TOML table describes, as a line of a requirements file.

Whatever the table holds, the line is one line and one requirement: each part is checked before it is put in.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from packaging.markers import InvalidMarker, Marker

from webstead.project.paths import join

__all__ = [
    "NAME",
    "Entry",
    "archive_address",
    "both_markers",
    "checked_marker",
    "git_address",
    "local_path",
]

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")

_URL = re.compile(r"[a-z][a-z0-9+]{0,20}://[^\s;]+")
_REPOSITORY = re.compile(r"[a-z][a-z0-9+]{0,20}://[^\s;#]+")
_SCP = re.compile(r"(?:([\w.-]+)@)?([\w.-]+):(?!//)(\S+)")
_WORD = re.compile(r"[^\s#;@]+")
_PATH = re.compile(r"[^\x00-\x1f\x7f#;]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """One dependency. specifier: PEP 440. address: of an archive, or `git+…`. path: seen from the project,
    with `/`; editable: that folder is used where it is."""

    name: str
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    address: str = ""
    path: str = ""
    editable: bool = False

    @property
    def line(self) -> str:
        """As uv and pip read it. A path begins with `./` or `../`."""
        names = ",".join(extra for extra in self.extras if NAME.fullmatch(extra))
        extras = f"[{names}]" if names else ""
        marker = f" ; {self.marker}" if self.marker else ""
        if self.path:
            shown = self.path if self.path.startswith(".") else f"./{self.path}"
            return f"{'-e ' if self.editable else ''}{shown}{extras}{marker}"
        if self.address:
            return f"{self.name}{extras} @ {self.address}{marker}"
        return f"{self.name}{extras}{self.specifier}{marker}"


def git_address(url: str, revision: str = "", subdirectory: str = "") -> str | None:
    """`git+…` for a repository, also for one written as `git@host:owner/name.git`; None for no address."""
    scp = _SCP.fullmatch(url)
    if scp:
        user = f"{scp[1]}@" if scp[1] else ""
        url = f"ssh://{user}{scp[2]}/{scp[3]}"
    if not _REPOSITORY.fullmatch(url):
        return None
    if (revision and not _WORD.fullmatch(revision)) or (subdirectory and not _WORD.fullmatch(subdirectory)):
        return None
    address = f"{url if url.startswith('git+') else f'git+{url}'}{f'@{revision}' if revision else ''}"
    return f"{address}#subdirectory={subdirectory}" if subdirectory else address


def archive_address(url: str, subdirectory: str = "") -> str | None:
    """A URL as it is, or None for what is none."""
    if not _URL.fullmatch(url):
        return None
    return f"{url}#subdirectory={subdirectory}" if subdirectory and _WORD.fullmatch(subdirectory) else url


def local_path(folder: str, path: str) -> str | None:
    """A path beside a manifest, seen from the project; also one that leaves it. None for no path."""
    if not _PATH.fullmatch(path):
        return None
    inside = join(folder, path)
    return inside if inside is not None else _outside(folder, path)


def _outside(folder: str, path: str) -> str | None:
    found = posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))
    return found if found.startswith("../") else None


def checked_marker(text: str) -> str | None:
    """The marker in its plain form; None for what is none."""
    try:
        return str(Marker(text)) if text.strip() else ""
    except (InvalidMarker, RecursionError):
        return None


def both_markers(*markers: str) -> str:
    """Markers that hold together."""
    given = [marker for marker in markers if marker]
    return " and ".join(f"({m})" if " or " in m and len(given) > 1 else m for m in given)
