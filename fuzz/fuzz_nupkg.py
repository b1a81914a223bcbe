"""Fuzz packages: `python fuzz nupkg`.

The data are a nuspec, or what stands in its metadata, or names of entries, one a line. Any of them are read
or refused in words; a path that is taken stays inside its folder, and no two are one file.
"""

from __future__ import annotations

from webstead.errors import ConfigError
from webstead.formats.nuget import BadName, content_of, id_fault, read_nuspec, read_version

__all__ = ["one"]

_BEFORE, _AFTER = b"<package><metadata>", b"</metadata></package>"


def one(data: bytes) -> None:
    for text in (data, _BEFORE + data + _AFTER):
        _read(text)
    _names(data.decode("utf-8", "replace").split("\n"))


def _read(text: bytes) -> None:
    try:
        found = read_nuspec(text, "a.nuspec")
    except ConfigError as refused:
        if not (refused.what and refused.found and refused.fix):
            raise AssertionError(f"an error that helps nobody: {refused!r}") from refused
        return
    if id_fault(found.id) or read_version(found.version.normalised) != found.version:
        raise AssertionError(f"no package: {found.id!r} {found.version!r}")
    for address in (found.project_url, found.icon_url, found.license.url, found.repository_url):
        if address and not address.lower().startswith(("http://", "https://")):
            raise AssertionError(f"a link that is none: {address!r}")


def _names(names: list[str]) -> None:
    try:
        paths = list(content_of(names).values())
    except BadName as refused:
        if not str(refused):
            raise AssertionError("refused without words") from refused
        return
    for path in paths:
        if any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path or ":" in path:
            raise AssertionError(f"it leads out: {path!r}")
    if len({path.casefold() for path in paths}) < len(paths):
        raise AssertionError(f"two are one file: {paths!r}")
