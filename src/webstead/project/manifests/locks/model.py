"""A lock as a value: the packages that a tool has fixed, whichever tool it was.

Two kinds of locks are met. A *flat* one says of each package for which groups and under which marker it is
installed. The other says only what each package needs, and the packages are those that can be reached from
what the project asks for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from webstead.project.manifests.package_indexes import Index

__all__ = ["Index", "Lock", "LockError", "Need", "Pin", "checked_marker", "checked_word", "hashes_of"]

MAX_BYTES = 32 << 20  # a lock of 1000 packages with all their files has 3 MB
MAX_PINS = 20_000

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?")
_HASH = re.compile(r"(?:(?:md5|sha1|sha224|sha256|sha384|sha512|blake2b):)?[0-9a-fA-F]{32,128}")
_KNOWN_TO_UV = ("sha256:", "sha384:", "sha512:", "blake2b:", "md5:")
_WORD = re.compile(r"[!-~]+")


class LockError(ValueError):
    """The lock cannot be installed from; the message says why, without a period."""


@dataclass(frozen=True, slots=True)
class Need:
    """One package that something asks for. version: the tool's own words; marker: PEP 508."""

    name: str
    version: str = ""
    extras: tuple[str, ...] = ()
    marker: str = ""
    python: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """One package that is fixed. name: normalised. version: "" for what is no release; Pipenv leaves `*` or
    `>=1` for what it could not look at on the system where it locked.

    reference: where it is, as PEP 508 writes it behind `@`; path: a folder or file, as seen from the project.
    One of the three is there. hashes: `sha256:…`, any of which its file may have. index: the name of the
    only index that has it. production: whether it is for more than developing. needs: what it asks for,
    where the lock is not flat. python: the versions that it is fixed for, in the tool's own words.
    """

    name: str
    version: str = ""
    reference: str = ""
    path: str = ""
    editable: bool = False
    extras: tuple[str, ...] = ()
    marker: str = ""
    python: str = ""
    hashes: tuple[str, ...] = ()
    index: str = ""
    production: bool = True
    needs: tuple[Need, ...] = ()

    @property
    def release(self) -> Version | None:
        """None for what is none, or is not fixed."""
        return Version(self.version) if self.version[:1] not in ("", *"<>~!*") else None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise LockError(f"{self.name!r} is no name of a package")
        if not (self.version or self.reference or self.path):
            raise LockError(f"it says neither version nor place of {self.name}")
        if self.version:
            _check_version(self.name, self.version)
        object.__setattr__(self, "name", canonicalize_name(self.name))


@dataclass(frozen=True, slots=True)
class Lock:
    """tool: the name of who wrote it; relock: what to type to write it anew. roots: what the project asks
    for, None where that is not known. stale: how it is seen that the lock does not fit its manifest, or "".
    python: the versions that it was made for, in the tool's words; "" where it does not say.
    """

    path: str
    tool: str
    relock: str
    pins: tuple[Pin, ...]
    flat: bool = True
    roots: tuple[Need, ...] | None = None
    indexes: tuple[Index, ...] = ()
    stale: str = ""
    manifest: str = ""
    python: str = ""

    def __post_init__(self) -> None:
        if len(self.pins) > MAX_PINS:
            raise LockError(f"it fixes {len(self.pins)} packages, and more than {MAX_PINS} are not read")


def _check_version(name: str, version: str) -> None:
    try:
        if version[0] in "<>~!":
            SpecifierSet(version)
        elif version != "*":
            Version(version)
    except (InvalidVersion, InvalidSpecifier):
        raise LockError(f"{version!r}, the version of {name}, is none") from None


def checked_marker(name: str, marker: str) -> str:
    """The marker, if it is one. Raises LockError."""
    try:
        return str(Marker(marker)) if marker else ""
    except (InvalidMarker, RecursionError):
        raise LockError(f"{marker!r}, the marker of {name}, is none") from None


def checked_word(name: str, word: str) -> str:
    """An address or path, if it is one word. Raises LockError."""
    if not _WORD.fullmatch(word.replace(" ", "%20")):
        raise LockError(f"{word!r}, the place of {name}, is none")
    return word


def hashes_of(name: str, found: tuple[str, ...]) -> tuple[str, ...]:
    """The hashes that can be checked, each with its algorithm, sorted. Raises LockError."""
    for item in found:
        if not _HASH.fullmatch(item):
            raise LockError(f"{item!r}, a hash of {name}, is none")
    full = {item if ":" in item else f"sha256:{item}" for item in found}
    known = tuple(sorted(item for item in full if item.startswith(_KNOWN_TO_UV)))
    if full and not known:
        raise LockError(f"none of the hashes of {name} can be checked, as {min(full)}")
    return known
