"""Fuzz the reader of `.deployment`: `python fuzz deployment_file`.

Any bytes are settings that can be variables, the same again when they are written as such a file; or a
ConfigError, when they are too many.
"""

from __future__ import annotations

from webstead.errors import ConfigError
from webstead.site.deploy.settings import is_true, merged, read_deployment_file, value_of

__all__ = ["one"]


def one(data: bytes) -> None:
    """data: the file."""
    try:
        found = read_deployment_file(data)
    except ConfigError:
        return
    for name, value in found.items():
        if not name or {"=", "\0", "\n"} & set(name) or {"\0", "\n"} & set(value):
            raise AssertionError(f"no variable: {name!r} = {value!r}")
    everything = merged({}, {}, found)
    if any(value_of(everything, name) != value for name, value in found.items()):
        raise AssertionError("a setting of the file is lost")
    is_true(value_of(everything, "COMMAND"))
