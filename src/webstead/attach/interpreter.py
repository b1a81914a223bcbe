"""Which Python an app runs in, when its gateway is started by hand: a table of places, the first that is
there.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from webstead.errors import RuntimeMissing

__all__ = ["Found", "find_python", "python_folders"]

ENVIRONMENTS = (".venv", "venv", "env")
"""Folders of an app that are its virtual environment, by custom: uv and Visual Studio Code, the documentation
of Python, older Visual Studio."""

_PROGRAMS = (Path("bin/python"), Path("Scripts/python.exe"))


@dataclass(frozen=True, slots=True)
class Found:
    """An interpreter. why: the evidence, in a few words."""

    python: str
    why: str


def find_python(asked: str, folder: Path, environ: Mapping[str, str], own: str = sys.executable) -> Found:
    """The interpreter for the app in a folder. asked: what the user says, a path or a name on PATH; "" for
    nothing. own: the one that runs Webstead, which comes last. Raises RuntimeMissing.
    """
    if asked:
        return Found(_program(asked, environ), "--python")
    for place, why in _places(folder, environ):
        for program in _PROGRAMS:
            if os.access(place / program, os.X_OK):
                return Found(str(place / program), why)
    return Found(own, "the Python that runs Webstead; there is no environment in the app's folder")


def _places(folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for name in ENVIRONMENTS:
        yield folder / name, f"{name} of the app's folder"
    active = environ.get("VIRTUAL_ENV", "")
    if active:
        yield Path(active), "VIRTUAL_ENV"


def _program(asked: str, environ: Mapping[str, str]) -> str:
    found = shutil.which(asked, path=environ.get("PATH"))
    if found is None:
        fix = "Name the interpreter's file, such as .venv/bin/python, or a name on PATH."
        raise RuntimeMissing(f"There is no Python {asked!r} that can be run.", found="nothing", fix=fix)
    return os.path.abspath(found)


def python_folders(python: str) -> tuple[str, ...]:
    """The folders that whoever runs this interpreter has to read: its own or its environment's, and behind an
    environment the installation that it was made from. python: absolute; a Windows path on any system.
    """
    path = PureWindowsPath(python) if PureWindowsPath(python).drive else PurePosixPath(python)
    folder = path.parent
    environment = folder.parent if folder.name.lower() in ("bin", "scripts") else folder
    base = _home(Path(environment) / "pyvenv.cfg")
    return (str(environment), base) if base else (str(environment),)


def _home(config: Path) -> str:
    """The folder of the interpreter behind a virtual environment; "" when config is none's, or of another
    machine.
    """
    try:
        text = config.read_text("utf-8", "replace")
    except OSError:
        return ""
    pairs = (line.partition("=") for line in text.splitlines())
    return next((value.strip() for key, _, value in pairs if key.strip().lower() == "home"), "")
