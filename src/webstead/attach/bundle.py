"""The gateway as one file that any Python runs: `python webstead-gateway.pyz [options] module:app`.

The same source gives the same bytes, on every machine: names are sorted, times and permissions fixed, and
nothing is compressed, since what deflate writes depends on the library that does it.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from webstead.effects import write_atomically
from webstead.errors import HostError, UsageError

__all__ = ["GATEWAY", "PYTHON", "Bundle", "archive", "bundled_files", "write_bundle"]

PACKAGE = Path(__file__).resolve().parent.parent
GATEWAY = PACKAGE / "gateway"
"""The gateway as installed: `python …/webstead/gateway` runs it as the bundle does."""

PYTHON = "/usr/bin/env python3"
"""Of the first line, for those who start the file as a program."""

MAX_FIRST_LINE = 127  # bytes: BINPRM_BUF_SIZE of Linux before 5.1, without its end

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_UNIX = 3
_MODE = 0o100644 << 16
_CONTENTS = ("__init__.py", "formats/__init__.py", "formats/fastcgi/*.py", "gateway/**/*.py")


@dataclass(frozen=True, slots=True)
class Bundle:
    """size: in bytes. sha256: hexadecimal."""

    path: Path
    size: int
    sha256: str

    def as_json(self) -> dict[str, str | int]:
        return {"path": str(self.path), "size": self.size, "sha256": self.sha256}


def write_bundle(path: Path, python: str = PYTHON) -> Bundle:
    """Write the gateway to path, as a program of python. Raises UsageError when it cannot be written."""
    data = archive(bundled_files(), python)
    try:
        write_atomically(path, data, mode=0o755)
    except OSError as error:
        fix = "Name a file in a folder that is there and that you may write to."
        raise UsageError(f"The bundle cannot be written to {path}.", found=str(error), fix=fix) from None
    return Bundle(path, len(data), hashlib.sha256(data).hexdigest())


def bundled_files() -> dict[str, bytes]:
    """Names in the archive, and what they hold: the gateway, the codec, and the licence of both."""
    paths = [path for pattern in _CONTENTS for path in PACKAGE.glob(pattern)]
    files = {f"webstead/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes() for path in paths}
    files["__main__.py"] = files.pop("webstead/gateway/__main__.py")
    files["LICENSE"] = _licence()
    return files


def _licence() -> bytes:
    found = [path for path in metadata.files("webstead") or () if path.name == "LICENSE"]
    for path in found:
        return path.read_binary()
    raise HostError(
        "The licence of Webstead is not installed beside it.",
        found="no LICENSE among the files of the distribution webstead",
        fix="Install Webstead again from its wheel: a copy of the gateway has to carry its licence.",
    )


def archive(files: Mapping[str, bytes], python: str = PYTHON) -> bytes:
    """A zipapp of these files. Raises UsageError for a python that no first line can name."""
    buffer = io.BytesIO()
    buffer.write(_first_line(python))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            target.writestr(entry, files[name])
    return buffer.getvalue()


def _first_line(python: str) -> bytes:
    line = b"#!" + python.encode() + b"\n"
    if not python.strip() or re.search("[\r\n\0]", python) or len(line) > MAX_FIRST_LINE:
        fix = f"Name a program and at most one argument, such as {PYTHON!r}, in {MAX_FIRST_LINE - 3} bytes."
        raise UsageError("The Python cannot be named in the first line of a file.", found=python, fix=fix)
    return line
