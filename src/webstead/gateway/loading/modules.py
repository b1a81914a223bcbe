"""What modules there are to name: for the message about one that is not there."""

from __future__ import annotations

import difflib
import os
import sys
import sysconfig

__all__ = ["near_name", "searched_folders"]

_ZIPPED_LIBRARY = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
"""On every `sys.path`, and mostly not there."""


def searched_folders() -> list[str]:
    """The folders of `sys.path` that an app can be in, absolute, each once: not the standard library's."""
    library = {os.path.realpath(sysconfig.get_paths()[key]) for key in ("stdlib", "platstdlib")}
    library |= {os.path.join(folder, "lib-dynload") for folder in library}
    folders = dict.fromkeys(os.path.abspath(entry or os.curdir) for entry in sys.path)
    return [
        folder
        for folder in folders
        if os.path.realpath(folder) not in library and not folder.endswith(_ZIPPED_LIBRARY)
    ]


LIKE = 0.7
"""Of difflib's ratio: one letter wrong in four. Its own 0.6 takes mdurl for nomodule."""


def near_name(name: str) -> str:
    """The importable name most like the missing one, or ""."""
    parent, _, last = name.rpartition(".")
    folders = searched_folders()
    found = {module for folder in folders for module in _modules(os.path.join(folder, *parent.split(".")))}
    near = difflib.get_close_matches(last, sorted(found), n=1, cutoff=LIKE)
    return f"{parent}.{near[0]}" if near and parent else "".join(near)


def _modules(folder: str) -> list[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return []
    return [
        entry.name[: -len(".py")] if entry.is_file() else entry.name
        for entry in entries
        if (
            entry.name.endswith(".py")
            if entry.is_file()
            else os.path.isfile(os.path.join(entry.path, "__init__.py"))
        )
    ]
