"""A path below a site's home, as a client writes it: pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "FIXED",
    "MANAGED",
    "PRIVATE",
    "FilePath",
    "is_fixed",
    "is_managed",
    "is_of_git",
    "is_private",
    "read_path",
]

LONGEST_PART = 255
"""Bytes of a name: the limit of Linux's file systems."""

DEEPEST = 256
"""Folders in a path. A folder is kept open for each; programs seldom go beyond 30."""

PRIVATE = frozenset({(".ssh",)})
"""Folders of a home that are not among its files: the key that deployments fetch with. It has a route of its
own, which tells only its public half."""

REPOSITORY = ("site", "repository")
"""git alone writes into it: its files say what git reads and runs."""

FIXED = frozenset(
    tuple(path.split("/"))
    for path in (
        *("site", "site/wwwroot", "site/releases", "site/kept", "site/deployments", "site/locks"),
        *("LogFiles", "data", "SiteExtensions"),
    )
)
"""What a home is made of. Their content may be removed, they themselves not."""

MANAGED = frozenset(("site", name) for name in ("releases", "kept", "deployments", "locks", "repository"))
"""Folders in which deployments keep what is theirs: nothing is deployed to a place in them."""


@dataclass(frozen=True, slots=True)
class FilePath:
    """parts: names, none of them empty, `.` or `..`. slash: whether it ends in `/`, and so means a folder."""

    parts: tuple[str, ...]
    slash: bool

    @property
    def text(self) -> str:
        return "/".join(self.parts)


def read_path(text: str) -> FilePath:
    """text: decoded, without the `/` that it begins with; bytes that are no text are surrogates. Empty names
    and `.` are passed over, as by the system. Raises ValueError, with words, for one that would leave the
    home or that no file can have."""
    parts = tuple(part for part in text.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ValueError("`..` leads out of the folder that is named before it")
    if "\0" in text:
        raise ValueError("a NUL")
    if len(parts) > DEEPEST:
        raise ValueError(f"more than {DEEPEST} folders")
    for part in parts:
        if len(part.encode("utf-8", "surrogateescape")) > LONGEST_PART:
            raise ValueError(f"a name of more than {LONGEST_PART} bytes: {part[:40]}…")
    return FilePath(parts, text.endswith("/") or not parts)


def is_private(parts: tuple[str, ...]) -> bool:
    """parts: of the real path, below the home, with no link in it."""
    return any(parts[: len(private)] == private for private in PRIVATE)


def is_managed(parts: tuple[str, ...]) -> bool:
    """Whether it is one of those folders, or in one. parts: as `is_private`."""
    return parts[:2] in MANAGED


def is_of_git(parts: tuple[str, ...]) -> bool:
    """parts: as of `is_private`."""
    return parts[: len(REPOSITORY)] == REPOSITORY


def is_fixed(parts: tuple[str, ...], release: str | None) -> bool:
    """release: the current one, whose folder is as fixed as the pointer to it."""
    return not parts or parts in FIXED or (release is not None and parts == ("site", "releases", release))
