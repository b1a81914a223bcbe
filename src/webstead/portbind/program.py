"""Running the script as `python script.py` and `python -m package.script` do."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence
from types import ModuleType, TracebackType
from typing import Callable

__all__ = ["run_file", "run_module", "run_to_the_end"]


def run_file(path: str, arguments: Sequence[str]) -> None:
    """The file as `__main__`: also for who looks it up to pickle from it, or to start a process of it."""
    sys.argv[:] = [path, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    module = ModuleType("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__, __cached__=None)
    sys.modules["__main__"] = module
    exec(code, module.__dict__)  # noqa: S102  the script is what we are here for


def run_module(name: str, arguments: Sequence[str]) -> None:
    sys.argv[:] = [name, *arguments]
    sys.path.insert(0, os.getcwd())
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def run_to_the_end(run: Callable[[], None]) -> int:
    """The exit code. What the script raises is shown as Python shows it, without our own frames."""
    try:
        run()
    except Exception as error:  # noqa: BLE001  whatever it is, it is told as Python tells it
        shown = error.with_traceback(_of_script(error.__traceback__))
        sys.excepthook(type(shown), shown, shown.__traceback__)
        return 1
    return 0


def _of_script(traceback: TracebackType | None) -> TracebackType | None:
    own = os.path.dirname(os.path.realpath(__file__))
    inner = traceback
    while inner is not None and _is_between(inner.tb_frame.f_code.co_filename, own):
        inner = inner.tb_next
    return inner or traceback


def _is_between(file: str, own: str) -> bool:
    return os.path.realpath(file).startswith(own + os.sep) or "runpy" in os.path.basename(file)
