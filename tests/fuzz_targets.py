"""The fuzz targets as functions: what they check holds for ordinary test inputs, too."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

__all__ = ["fuzz_target"]


def fuzz_target(name: str) -> Callable[[bytes], None]:
    """`one` of fuzz/<name>.py, which takes the input and fails for what must not be."""
    path = Path(__file__).parents[1] / "fuzz" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target: Callable[[bytes], None] = module.one
    return target
