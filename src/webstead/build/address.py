"""The address of an environment: one hash over everything that its content follows from. Pure.

FORMAT grows when the same inputs are built into something else. Every piece goes into the hash with its
length in front, so that no two lists of pieces are one text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from webstead.build.essence import essence
from webstead.build.interpreter import Interpreter
from webstead.effects.files import FileStamp
from webstead.plan.model import InstallStep
from webstead.settings import Setting

__all__ = [
    "FORMAT",
    "LocalPath",
    "environment_key",
    "local_paths",
    "locked_paths",
    "static_key",
    "verified_key",
    "variables_used",
]

FORMAT = 1
KEY_DIGITS = 32  # 128 bits of SHA-256; short, because old kernels cut a `#!` line at 127 bytes

_EDITABLE = re.compile(r"^(?:-e|--editable)[\s=]+(.+)$")
_LOCAL = re.compile(r"^(?:\S+\s*@\s*)?(file:\S+|\.{0,2}[/\\]\S*|[A-Za-z]:[/\\]\S*|\.{1,2})(?:\s|$)")
_ARCHIVE = re.compile(r"^([^\s;@:]+\.(?:whl|tar\.gz|zip))(?:\s|$)")
_LOCKED = re.compile(r'^source = \{ (directory|editable|path) = "([^"]+)" \}', re.MULTILINE)
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")  # pip's own rule: upper case, in braces

_STATIC_IGNORES = (
    ".pyc",
    ".log",
    ".pid",
    ".db",
    ".sqlite",
    ".sqlite3",
    "-journal",
    "-wal",
    "-shm",
)
"""Endings of files that an app writes while it runs; none is code, or a static file's source."""


@dataclass(frozen=True, slots=True)
class LocalPath:
    """A requirement that is a folder or file of this machine. path: as written."""

    path: str
    editable: bool


def environment_key(
    interpreter: Interpreter,
    steps: Sequence[InstallStep],
    files: Mapping[str, bytes],
    facts: Iterable[str] = (),
) -> str:
    """Where the environment lives. files: every input by its path, of which the essence counts. facts: what
    else decides (paths, variables).
    """
    return _hash(
        (
            f"webstead environment {FORMAT}",
            *interpreter.as_json().values(),
            *(piece for step in steps for piece in ("step", step.kind, step.path, *step.words)),
            *(piece for path in sorted(files) for piece in ("file", path, essence(path, files[path]))),
            *(piece for fact in facts for piece in ("fact", fact)),
        )
    )


def static_key(environment: str, stamps: Iterable[FileStamp], settings: Iterable[Setting]) -> str:
    """What the collected static files follow from, as far as it is known without running the app."""
    return _hash((f"webstead static {FORMAT}", environment, *_of_site(stamps, settings)))


def verified_key(
    environment: str, stamps: Iterable[FileStamp], settings: Iterable[Setting], starts: Iterable[str]
) -> str:
    """What it follows from whether an app can be loaded. starts: how its processes are started."""
    words = (piece for start in starts for piece in ("start", start))
    return _hash((f"webstead verified {FORMAT}", environment, *_of_site(stamps, settings), *words))


def _of_site(stamps: Iterable[FileStamp], settings: Iterable[Setting]) -> Iterator[str]:
    for stamp in stamps:
        if not stamp.path.endswith(_STATIC_IGNORES):
            yield from (stamp.path, str(stamp.mtime_ns), str(stamp.size))
    for setting in settings:
        yield from ("setting", setting.name, setting.text)


def _hash(pieces: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        data = piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) else piece
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:KEY_DIGITS]


def local_paths(text: str) -> Iterator[LocalPath]:
    """The requirements of a file that are paths: `-e .`, `./lib`, `name @ file:///x`,
    `wheels/x-1-py3-none-any.whl`.
    """
    for raw in text.splitlines():
        line = raw.split(" #")[0].strip()
        editable = _EDITABLE.match(line)
        if editable and "://" not in editable[1].replace("file://", ""):
            yield LocalPath(_bare(editable[1]), editable=True)
        elif found := _LOCAL.match(line) or _ARCHIVE.match(line):
            yield LocalPath(_bare(found[1]), editable=False)


def locked_paths(text: str) -> Iterator[LocalPath]:
    """The packages of a uv.lock that are paths, seen from its folder. The project itself (`.`) is not
    installed.
    """
    for found in _LOCKED.finditer(text):
        if found[2] != ".":
            yield LocalPath(found[2], editable=found[1] == "editable")


def _bare(path: str) -> str:
    """The path without its scheme, extras and marker."""
    return re.sub(
        r"\[[^\]]*\]$", "", path.split(";")[0].strip().removeprefix("file://").removeprefix("file:")
    )


def variables_used(text: str) -> tuple[str, ...]:
    """The environment variables that a requirements file takes its words from, as `${TOKEN}`."""
    return tuple(sorted(set(_VARIABLE.findall(text))))
