"""A conda environment at another place than it was installed at: its path in its packages' files, replaced.
Also a program of its own, which comes along in an output: `python moved.py FOLDER`.

Standard library only, Python 3.9 and later: it runs in the environment's own interpreter. conda's packages
are built for a path of 255 characters, and say which of their files hold it. In binary files the room behind
a shorter path is filled with NULs, so that any path up to that length fits later, too.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["NOTE", "DoesNotFit", "move", "replaced_in_binary", "replaced_in_text"]

NOTE = "conda-meta/webstead-prefix"
"""The path that the environment's files hold."""


class DoesNotFit(Exception):
    """The path is longer than the room for it, or a file is not as its package says."""


class _File(NamedTuple):
    path: str
    binary: bool
    room: int


def move(folder: str) -> int:
    """Make the environment in folder one of its place. How many files were changed. A run that was
    interrupted is taken up by the next. Raises DoesNotFit and OSError.
    """
    folder = os.path.abspath(folder)
    note = os.path.join(folder, *NOTE.split("/"))
    with open(note, encoding="utf-8", errors="surrogateescape") as file:
        old = os.fsencode(file.read().strip())
    new = os.fsencode(folder)
    if old == new:
        return 0
    count = sum(_changed(folder, each, old, new) for each in _files(folder))
    _write(note, new, 0o644)
    return count


def _files(folder: str) -> Iterator[_File]:
    """The files that hold the path, as the packages' records say."""
    meta = os.path.join(folder, "conda-meta")
    for name in sorted(os.listdir(meta)):
        if name.endswith(".json"):
            with open(os.path.join(meta, name), encoding="utf-8") as file:
                record: Any = json.load(file)
            for each in (record.get("paths_data") or {}).get("paths") or ():
                placeholder = each.get("prefix_placeholder")
                if placeholder and _is_inside(each["_path"]):
                    yield _File(each["_path"], each.get("file_mode") == "binary", len(placeholder))


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")


def _changed(folder: str, file: _File, old: bytes, new: bytes) -> bool:
    path = os.path.join(folder, file.path)
    if os.path.islink(path) or not os.path.isfile(path):
        return False  # the output's own, in place of the package's
    with open(path, "rb") as opened:
        before = opened.read()
    try:
        after = (
            replaced_in_binary(before, old, new, file.room)
            if file.binary
            else replaced_in_text(before, old, new)
        )
    except DoesNotFit as error:
        raise DoesNotFit(f"{file.path}: {error}") from None
    if after != before:
        _write(path, after, os.stat(path).st_mode & 0o777)
    return after != before


def replaced_in_text(data: bytes, old: bytes, new: bytes) -> bytes:
    """Every old path. Where the new one begins with it, those that are done already stay."""
    if new.startswith(old):
        data = data.replace(new, old)
    return data.replace(old, new)


def replaced_in_binary(data: bytes, old: bytes, new: bytes, room: int) -> bytes:
    """Every old path in a text that ends with NUL; its end moves, and what follows stays where it is. room:
    of the path that the file was built for. Raises DoesNotFit."""
    if new.startswith(old):
        data = _in_binary(data, new, old, room)
    return _in_binary(data, old, new, room)


def _in_binary(data: bytes, old: bytes, new: bytes, room: int) -> bytes:
    if len(new) > room:
        raise DoesNotFit(f"the path may have {room} bytes, and has {len(new)}")

    pieces = []
    at = 0
    while (begin := data.find(old, at)) >= 0:
        end = data.find(b"\0", begin)
        text = data[begin : end if end >= 0 else len(data)]
        size = len(text) + text.count(old) * (room - len(old))
        if data[begin + len(text) : begin + size].strip(b"\0") or begin + size > len(data):
            raise DoesNotFit("there is other text where its package has room for a path")
        pieces += [data[at:begin], text.replace(old, new).ljust(size, b"\0")]
        at = begin + size
    return b"".join((*pieces, data[at:]))


def _write(path: str, data: bytes, mode: int) -> None:
    """Another file in its place: the one that is there may be running."""
    descriptor, name = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".webstead-")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _main(words: list[str]) -> int:
    try:
        move(words[0])
    except (DoesNotFit, OSError, ValueError) as error:
        sys.stderr.write(f"error: {words[0]} cannot be used at this place\nfound: {error}\n")
        sys.stderr.write("fix:   Put it where it may be written, at a path of at most 200 characters.\n")
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
