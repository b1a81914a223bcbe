"""Fuzz the reading of Oryx's files and words: `python fuzz oryx`.

Any bytes are a manifest that is written and read again, or a ValueError; any words are flags or properties,
or an error of their own; any text is a version or none.
"""

from __future__ import annotations

import contextlib
import tomllib

from webstead.formats.oryx import (
    FlagError,
    UnsupportedVersion,
    choose_version,
    read_flags,
    read_manifest,
    read_properties,
    write_manifest,
)

__all__ = ["one"]

SUPPORTED = ("3.9.25", "3.11.15", "3.12.13", "3.15.0b3")


def one(data: bytes) -> None:
    """data: a whole manifest, and the words of a command line, one a line."""
    _manifest(data)
    words = data.decode("utf-8", "replace").split("\n")
    with contextlib.suppress(FlagError):
        read_flags(words)
    try:
        read_properties(words)
    except ValueError as error:
        if "Property key" not in str(error):
            raise AssertionError(f"no message: {error!r}") from error
    try:
        if choose_version(words[0], SUPPORTED) not in SUPPORTED:
            raise AssertionError("a version that is not supported")
    except UnsupportedVersion:
        pass


def _manifest(data: bytes) -> None:
    try:
        manifest = read_manifest(data)
    except ValueError:
        return
    text = write_manifest(manifest)
    tomllib.loads(text)
    if text and read_manifest(text.encode()) != manifest:
        raise AssertionError(f"another manifest: {text!r}")
