"""Doing something to a module right after the script, or a package of it, has imported it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Callable

__all__ = ["when_imported"]

Change = Callable[[ModuleType], None]


def when_imported(changes: Mapping[str, Change]) -> None:
    """Those that are imported already are changed at once."""
    for name in set(changes).intersection(sys.modules):
        changes[name](sys.modules[name])
    sys.meta_path.insert(0, _Finder({n: c for n, c in changes.items() if n not in sys.modules}))


class _Finder(MetaPathFinder):
    def __init__(self, changes: dict[str, Change]) -> None:
        self._changes = changes

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """That of whoever finds the module, with a loader around its own."""
        change = self._changes.pop(name, None)
        if change is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, change)
                return spec
        return None


class _Loader(Loader):
    """Whatever else is asked of it, the module's own loader answers."""

    def __init__(self, loader: Loader, change: Change) -> None:
        self._loader = loader
        self._change = change

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._change(module)

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)
