"""`directoryBrowse`: whether folders are listed, and what is shown of their entries.

Source: the IIS configuration reference, directoryBrowse. virtualDirectoryTimeout is for folders on other
machines, which there are none of.
"""

from __future__ import annotations

from dataclasses import dataclass

from webstead.formats.webconfig.schema.kinds import Flag, Flags, Number
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Shape

__all__ = ["DIRECTORY_BROWSE", "Browse"]

_SHAPE = Shape(
    {
        "enabled": Flag(),
        "showFlags": Flags(
            ("date", "time", "size", "extension", "longdate"),
            frozenset({"date", "time", "size", "extension"}),
            frozenset({"none"}),
        ),
        "virtualDirectoryTimeout": Number(0, 2**32 - 1, 5),
    }
)


@dataclass(frozen=True, slots=True)
class Browse:
    """What a listing shows beside names. extension: whether names have theirs."""

    date: bool = True
    long_date: bool = False
    time: bool = True
    size: bool = True
    extension: bool = True


def _browse(node: Node) -> Browse | None:
    """None where folders are not listed."""
    if not node.flag("enabled"):
        return None
    shown = node.flags("showFlags")
    return Browse(
        "date" in shown, "longdate" in shown, "time" in shown, "size" in shown, "extension" in shown
    )


DIRECTORY_BROWSE = Section("system.webServer/directoryBrowse", empty(_SHAPE), _browse)
