"""What an output is to look like: where packages go, what is packed, and how. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from webstead.errors import UsageError
from webstead.formats.oryx import Configuration

__all__ = ["Packing", "Shape", "read_shape"]

Packing = Literal["", "tar-gz", "zip", "zstd"]
"""As `build.output` names the formats; "" for none."""

_OF_VIRTUALENV: Mapping[str, Packing] = {
    "": "tar-gz",
    "tar-gz": "tar-gz",
    "zip": "zip",
    "zstd": "zstd",
}
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


@dataclass(frozen=True, slots=True)
class Shape:
    """virtualenv: the environment's folder; "" for `pythonenv<version>`, and where package_dir is set.
    packed: how the whole output is; packed_virtualenv: how the environment alone is."""

    virtualenv: str = ""
    package_dir: str = ""
    packed: Packing = ""
    packed_virtualenv: Packing = ""

    def folder(self, python: str) -> str:
        """The environment's folder. python: its version in full."""
        return self.virtualenv or f"pythonenv{'.'.join(python.split('.')[:2])}"


def read_shape(properties: Mapping[str, str], configuration: Configuration) -> Shape:
    """Raises UsageError for a name that leads out of the output, and an unknown way to pack."""
    package_dir = properties.get("packagedir", "").strip("/")
    name = properties.get("virtualenv_name") or ("" if package_dir else configuration.text("VIRTUALENV_NAME"))
    if name and (not _NAME.issuperset(name) or set(name) <= {"."}):
        raise UsageError(
            f"'{name}' is no name for an environment's folder.",
            found=f"virtualenv_name={name}",
            fix="Write letters, digits, `_`, `-` and `.`: -p virtualenv_name=antenv",
        )
    if package_dir and any(part in ("", ".", "..") for part in package_dir.split("/")):
        raise UsageError(
            f"The folder of the packages leads out of the output: {properties['packagedir']}",
            fix="Name a folder below it: -p packagedir=__oryx_packages__",
        )
    packed: Packing = ""
    if configuration.on("COMPRESS_DESTINATION_DIR"):
        packed = "zstd" if configuration.on("ORYX_COMPRESS_WITH_ZSTD") else "tar-gz"
    return Shape(name, package_dir, packed, _packed_virtualenv(properties))


def _packed_virtualenv(properties: Mapping[str, str]) -> Packing:
    if "compress_virtualenv" not in properties:
        return ""
    how = properties["compress_virtualenv"].lower()
    if how not in _OF_VIRTUALENV:
        known = ", ".join(word for word in _OF_VIRTUALENV if word)
        raise UsageError(
            f"compress_virtualenv={how} is no way to pack an environment.",
            found=f"-p compress_virtualenv={properties['compress_virtualenv']}",
            fix=f"Write one of: {known}",
        )
    return _OF_VIRTUALENV[how]
