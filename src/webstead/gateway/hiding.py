"""Our own modules, out of the app's sight: it may have a package named `webstead` of its own.

Hidden modules live on in each other. An import of ours that comes late, because few apps need what it brings,
is written

    with unhidden():
        from webstead.gateway.asgi.server import AsgiServer
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

__all__ = ["hide", "unhidden"]

_ours: dict[str, ModuleType] = {}


def hide() -> None:
    """Take every module of ours out of `sys.modules`. Called once, before the app is imported."""
    _ours.update(_taken())


@contextmanager
def unhidden() -> Iterator[None]:
    """Our modules are there, and the app's of the same names are not. For the main thread, while the app's
    own threads do not import. Does nothing when `hide` was not called: then they were never hidden.
    """
    if not _ours:
        yield
        return
    theirs = _taken()
    sys.modules.update(_ours)
    try:
        yield
    finally:
        _ours.update(_taken())
        sys.modules.update(theirs)


def _taken() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name == "webstead" or name.startswith("webstead.")]
    return {name: sys.modules.pop(name) for name in names}
