"""Webstead's own modules that come along in an output: they run in the app's interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from webstead.build.output.items import Item
from webstead.build.output.serving import Served

__all__ = ["own_items", "unpack_item"]

_PACKAGE = Path(__file__).resolve().parents[2]
_GATEWAY = (
    "__init__.py",
    "formats/__init__.py",
    "formats/fastcgi/*.py",
    "gateway/**/*.py",
    "standalone/*.py",
)
_PORTBIND = ("__init__.py", "portbind/*.py")


def own_items(found: Served, into: str) -> tuple[Item, ...]:
    """What the start runs of it, as `webstead` in the folder into."""
    patterns: Sequence[str] = (*(_GATEWAY if found.gateway else ()), *(_PORTBIND if found.portbind else ()))
    paths = sorted({path for pattern in patterns for path in _PACKAGE.glob(pattern)})
    return tuple(
        Item.of(f"{into}/webstead/{path.relative_to(_PACKAGE).as_posix()}", path.read_bytes())
        for path in paths
    )


def unpack_item(path: str) -> Item:
    """The program that unpacks an archive."""
    return Item.of(path, Path(__file__).with_name("unpack.py").read_bytes())
