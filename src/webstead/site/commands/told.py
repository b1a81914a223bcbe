"""What a command that nobody waits for has written, as a file of the site's logs."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from webstead.site.commands.run import CommandResult
from webstead.site.files.inside import find, own_as

__all__ = ["KEPT", "told_path", "told_text", "write_told"]

_FOLDER = ("LogFiles", "execute")

KEPT = 50
"""Files that stay, the newest."""

_OURS = re.compile(r"\d{8}T\d{6}-\d+\.log")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def told_path(name: str) -> str:
    """In the home."""
    return "/".join((*_FOLDER, name))


def told_text(words: Sequence[str], result: CommandResult) -> str:
    """The command, what it wrote, and how it ended."""
    written = "".join(f"{part.rstrip()}\n" for part in (result.output, result.error) if part.strip())
    return f"$ {shlex.join(words)}\n{written}Exit code {result.code}\n"


def write_told(home: Path, name: str, words: Sequence[str], result: CommandResult) -> None:
    """name: as `20261126T120000-1.log`. Links that lead out of the home are not followed. Raises OSError."""
    with find(home, _FOLDER, make=True) as found:
        if found.own is None:
            os.mkdir(found.name, 0o755, dir_fd=found.folder)
            own_as(found.folder, found.name)
    with find(home, _FOLDER) as folder:
        if folder.own is None:
            raise NotADirectoryError(told_path(""))
        part = f"{name}.part"
        with open(os.open(part, _NEW, 0o644, dir_fd=folder.own), "w", encoding="utf-8") as file:
            file.write(told_text(words, result))
        own_as(folder.own, part)
        os.rename(part, name, src_dir_fd=folder.own, dst_dir_fd=folder.own)
        _remove_oldest(folder.own)


def _remove_oldest(folder: int) -> None:
    """By the times in their names."""
    for name in sorted(name for name in os.listdir(folder) if _OURS.fullmatch(name))[:-KEPT]:
        os.unlink(name, dir_fd=folder)
