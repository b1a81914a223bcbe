"""Packages that were deployed with the app: where they are in its folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["packages_in"]

_INSTALLED = (".python_packages/lib/site-packages", ".python_packages/lib/python3.*/site-packages")
_ENVIRONMENTS = ("antenv", "env", ".venv", "venv")
"""As Oryx and Kudu name theirs, and people."""


def packages_in(folder: Path) -> str:
    """Relative; "" for none. An environment's own Python does not come along: links are not deployed, and it
    would not run elsewhere. Its packages are used by a Python of the same version."""
    found = next(_found(folder), None)
    return "" if found is None else found.relative_to(folder).as_posix()


def _found(folder: Path) -> Iterator[Path]:
    for pattern in _INSTALLED:
        yield from (path for path in sorted(folder.glob(pattern)) if _holds(path))
    for name in _ENVIRONMENTS:
        for pattern in (f"{name}/lib/python3.*/site-packages", f"{name}/Lib/site-packages"):
            yield from (path for path in sorted(folder.glob(pattern)) if _holds(path))


def _holds(path: Path) -> bool:
    return path.is_dir() and next(path.glob("*.dist-info"), None) is not None
