"""The distributions of an environment and of its overlay, with the digests that a lock has for them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.tags import Tag, parse_tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from webstead.build.environment import OVERLAY, Environment, site_packages
from webstead.build.output.sbom import Installed

__all__ = ["installed", "locked_digests"]

MAX_METADATA = 4 << 20

Digests = Mapping[tuple[str, str], tuple[tuple[frozenset[Tag], str], ...]]
"""By name and version: the tags of each wheel of a lock, and its sha256."""


def installed(environment: Environment, digests: Digests) -> tuple[Installed, ...]:
    """Sorted by folder, so that the same environment gives the same list."""
    own = [(folder, False) for folder in site_packages(environment.prefix)]
    return tuple(
        _installed(metadata, digests, beside)
        for folder, beside in (*own, (environment.prefix / OVERLAY, True))
        for metadata in sorted(folder.glob("*.dist-info/METADATA"))
        if metadata.stat().st_size <= MAX_METADATA
    )


def _installed(metadata: Path, digests: Digests, beside: bool) -> Installed:
    text = metadata.read_text("utf-8", "replace")
    name, _, version = metadata.parent.name.removesuffix(".dist-info").rpartition("-")
    choices = digests.get((canonicalize_name(name), version), ())
    tags = _tags(metadata.with_name("WHEEL"))
    sha256 = next((digest for found, digest in choices if found & tags), "") if choices else ""
    return Installed(text, sha256, beside)


def _tags(wheel: Path) -> frozenset[Tag]:
    """What the installed wheel says of itself."""
    try:
        lines = wheel.read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    found = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("tag:")]
    return frozenset(tag for text in found if text.count("-") == 2 for tag in parse_tag(text))


def locked_digests(files: Mapping[str, bytes]) -> Digests:
    """The wheels of the project's uv.lock and pylock.toml files. A file that cannot be read says nothing."""
    found: dict[tuple[str, str], list[tuple[frozenset[Tag], str]]] = {}
    for path, data in sorted(files.items()):
        name = path.rpartition("/")[2]
        if name == "uv.lock" or re.fullmatch(r"pylock(\.[^.]+)?\.toml", name):
            for package, version, wheel, sha256 in _wheels(data):
                try:
                    tags = parse_wheel_filename(wheel)[3]
                except InvalidWheelFilename:
                    continue
                found.setdefault((canonicalize_name(package), version), []).append((tags, sha256))
    return {key: tuple(wheels) for key, wheels in found.items()}


def _wheels(data: bytes) -> Iterator[tuple[str, str, str, str]]:
    """(name, version, file name, sha256) of each wheel."""
    try:
        lock = tomllib.loads(data.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for package in (*_tables(lock.get("package")), *_tables(lock.get("packages"))):
        for wheel in _tables(package.get("wheels")):
            hashes = wheel.get("hashes")
            text = wheel.get("hash") or (hashes.get("sha256") if isinstance(hashes, dict) else "")
            url = str(wheel.get("url") or wheel.get("name") or wheel.get("path") or "")
            sha256 = str(text or "").removeprefix("sha256:")
            if re.fullmatch(r"[0-9a-f]{64}", sha256):
                file = url.split("#")[0].split("?")[0].rpartition("/")[2]
                yield str(package.get("name", "")), str(package.get("version", "")), file, sha256


def _tables(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
