"""Files of an environment that hold its path, rewritten so that it may stand anywhere. Pure.

`prefix` is the environment's path as it was built; `project` that of the project, `root` the way from the
environment's folder to where the project's files are in the output (`..` when they are beside it).
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import struct
from collections.abc import Mapping
from pathlib import PurePosixPath

__all__ = [
    "Outside",
    "fixed_byte_code",
    "record_of",
    "relocatable_finder",
    "relocatable_pth",
    "relocatable_script",
]

_SCRIPT = b'#!/bin/sh\n\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/%s%s%s "$0" "$@"\n\' \'\'\'\n'
"""A program that sh and Python read alike: sh runs the Python that stands beside the file, with the file;
Python sees a comment and a text. A `#!` line could hold neither a relative path nor a long one."""

_HASHED, _UNCHECKED = b"\x01\0\0\0", b"\0" * 8
"""PEP 552: byte code that is valid as it stands, whatever the time of its source."""


class Outside(Exception):
    """A path that the output does not hold: it names a folder that is neither the environment's nor the
    project's."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def relocatable_script(data: bytes, prefix: str, way: bytes = b"") -> bytes:
    """A console script; any other data as it is. way: from its folder to that of Python, as `../../bin/`."""
    folder = re.escape(prefix.encode("utf-8", "surrogateescape"))
    short = re.compile(rb"#!" + folder + rb"/bin/(python[\w.]*)((?: [^\n]*)?)\n")
    long = re.compile(
        rb"#!/bin/sh\n'''exec' \"?" + folder + rb"/bin/(python[\w.]*)\"?() \"\$0\" \"\$@\"\n' '''\n"
    )
    found = short.match(data) or long.match(data)
    return _SCRIPT % (way, found[1], found[2].rstrip()) + data[found.end() :] if found else data


def relocatable_pth(text: str, site: str, prefix: str, project: str, root: str) -> str:
    """A `.pth` file: Python takes a relative line as seen from the folder that holds it. site: that folder,
    relative to the environment. Raises Outside."""
    up = "/".join([".."] * len(PurePosixPath(site).parts))
    return "".join(
        line if line.startswith(("import ", "import\t", "#")) else _relative(line, up, prefix, project, root)
        for line in text.splitlines(keepends=True)
    )


def _relative(line: str, up: str, prefix: str, project: str, root: str) -> str:
    path = line.rstrip("\r\n")
    end = line[len(path) :]
    if not path.startswith("/"):
        return line
    for folder, way in ((prefix, up), (project, f"{up}/{root}")):
        if path == folder or path.startswith(folder + "/"):
            return way + path[len(folder) :] + end
    raise Outside(path)


def relocatable_finder(text: str, site: str, project: str, root: str) -> str:
    """A module that setuptools writes for an editable package: its paths, seen from the module's own. Raises
    Outside."""
    up = "/".join([*([".."] * len(PurePosixPath(site).parts)), root])
    here = f"__import__('os').path.abspath(__file__ + '/../{up}')"

    def put(match: re.Match[str]) -> str:
        path = match[2]
        if path == project or path.startswith(project + "/"):
            return f"{here} + {path[len(project) :]!r}"
        raise Outside(path)

    lines = text.split("\n")
    for n, line in enumerate(lines):
        if re.match(r"(?:MAPPING|NAMESPACES)\b[^=]*=", line):
            lines[n] = re.sub(r"(['\"])(/[^'\"]*)\1", put, line)
    return "\n".join(lines)


def fixed_byte_code(data: bytes, mtime: int, size: int) -> bytes | None:
    """Byte code that does not look at its source's time, which a copy or an archive may change. None where
    Python would not take it: it was made from a source of another time or size than these (PEP 552)."""
    if data[4:8] == b"\0" * 4 and data[8:16] != struct.pack("<II", mtime & 0xFFFFFFFF, size & 0xFFFFFFFF):
        return None
    return data[:4] + _HASHED + _UNCHECKED + data[16:] if data[4:8] == b"\0" * 4 and len(data) > 16 else data


def record_of(text: str, changed: Mapping[str, bytes | None]) -> str:
    """A RECORD that is true of what is changed. changed: paths as RECORD writes them; None is gone."""
    rows = [row for row in csv.reader(io.StringIO(text)) if row and changed.get(row[0], b"") is not None]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        data = changed.get(row[0])
        writer.writerow(row if data is None or len(row) < 3 or not row[1] else _row(row[0], data))
    return out.getvalue()


def _row(path: str, data: bytes) -> tuple[str, str, str]:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return path, f"sha256={digest}", str(len(data))
