"""Which interpreter a request means on this machine. Remembered, so that an unchanged site asks nobody.

A request is remembered with the path, time and size of the interpreter it found: while that file stays, so
does the answer, also when a newer Python is installed later. That is wanted: nothing changes when nothing
changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from packaging.version import Version

from webstead.build.interpreter import (
    OLDEST,
    PROBE,
    Interpreter,
    is_path,
    meets,
    parse_probe,
    uv_request,
)
from webstead.build.uv import Uv, UvFailed
from webstead.effects.files import write_atomically
from webstead.effects.plain_files import LARGEST_NOTE, read_plain
from webstead.effects.processes import Runner, Stream, TimedOut
from webstead.errors import RuntimeMissing

__all__ = ["Finder"]

MEMORY_VERSION = 1
PROBE_SECONDS = 30.0
OLDEST_TEXT = ".".join(map(str, OLDEST))


class Finder:
    """Finds interpreters: those that uv knows, those of pyenv, and, if download is set, those that uv can
    fetch.
    """

    def __init__(
        self,
        uv: Uv,
        runner: Runner,
        cache: Path,
        environ: Mapping[str, str],
        tell: Callable[[str], None],
        *,
        download: bool,
    ) -> None:
        self._uv = uv
        self._runner = runner
        self._memory = cache / "interpreters"
        self._environ = environ
        self._tell = tell
        self._download = download

    def find(self, version: str, implementation: str = "cpython") -> Interpreter:
        """The interpreter for `3.12`, `>=3.11,<3.13`, `pypy@3.10`, a path, or "" for any. Raises
        RuntimeMissing.
        """
        request = os.path.abspath(version) if is_path(version) else uv_request(version, implementation)
        if known := self._recall(request):
            return known
        path = self._named(request) if is_path(version) else self._locate(version, request)
        interpreter = self.at(path)
        self._remember(request, path, interpreter)
        return interpreter

    def at(self, path: str) -> Interpreter:
        """The interpreter at this path. Raises RuntimeMissing for one that does not work or is too old."""
        interpreter = self._ask(path)
        if interpreter.release < OLDEST:
            raise RuntimeMissing(
                f"Python {interpreter.version} is too old: Webstead runs apps on {OLDEST_TEXT} and newer",
                found=path,
                fix=f"Choose a newer one: --runtime 3.12 (installed: {self._installed()})",
            )
        return interpreter

    def _named(self, path: str) -> str:
        if os.path.isfile(path):
            return path
        raise RuntimeMissing(
            f"There is no Python at {path}",
            found=f"installed: {self._installed()}",
            fix="Name the path of an interpreter, or a version, with --runtime.",
        )

    def _locate(self, version: str, request: str) -> str:
        path = self._uv.find_python(request) or self._of_pyenv(version, request)
        if path:
            return path
        reason = "it was not looked for on the network: nothing may be built"
        if self._download:
            self._tell(f"No {request} on this machine; uv tries to download it.")
            try:
                self._uv.install_python(request)
            except UvFailed as error:
                reason = f"uv cannot download it: {re.sub('^(error|cause): ', '', str(error).strip())}"
            else:
                if path := self._uv.find_python(request):
                    return path
        raise self._missing(version, request, reason)

    def _missing(self, version: str, request: str, reason: str) -> RuntimeMissing:
        name = f"Python {version}" if version and version[0].isdigit() else f"A Python that fits `{request}`"
        return RuntimeMissing(
            f"{name} is not on this machine",
            found=f"installed: {self._installed()}\n{reason}",
            fix=f"Install it (`uv python install {request}`), or choose one that is there with --runtime.",
        )

    def installed(self) -> dict[str, str]:
        """Paths of the usable interpreters, by version; of each version the one that would be taken."""
        found = [
            *(self._uv.installed_pythons()),
            *((folder.name, str(folder / "bin" / "python")) for folder in self._pyenv_versions()),
        ]
        usable: dict[str, str] = {}
        for version, path in found:
            if meets(version, f">={OLDEST_TEXT}"):
                usable.setdefault(version, path)
        return usable

    def _installed(self) -> str:
        return ", ".join(f"{version} ({path})" for version, path in self.installed().items()) or "none"

    def _of_pyenv(self, version: str, request: str) -> str | None:
        """uv sees only those of pyenv's versions that are switched on; the others are here as well."""
        if not request.startswith("cpython"):
            return None
        fitting = (
            folder / "bin" / "python" for folder in self._pyenv_versions() if meets(folder.name, version)
        )
        return next((str(path) for path in fitting if os.access(path, os.X_OK)), None)

    def _pyenv_versions(self) -> list[Path]:
        """pyenv's CPythons, newest first."""
        home = self._environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
        try:
            folders = [entry for entry in (Path(home) / "versions").iterdir() if meets(entry.name, ">0")]
        except OSError:
            return []
        return sorted(folders, key=lambda folder: Version(folder.name), reverse=True)

    def _ask(self, path: str) -> Interpreter:
        lines: list[str] = []

        def take(stream: Stream, line: str) -> None:
            if stream == "stdout":
                lines.append(line)

        try:
            done = self._runner(
                [path, "-I", "-S", "-c", PROBE],
                cwd=Path.cwd(),
                env=dict(self._environ),
                on_line=take,
                timeout=PROBE_SECONDS,
            )
        except RuntimeMissing as error:
            raise self._unusable(path, error.found) from None
        except TimedOut as error:
            raise self._unusable(path, str(error)) from None
        interpreter = parse_probe("\n".join(lines))
        if done.code != 0 or interpreter is None:
            raise self._unusable(path, f"it ended with code {done.code}: {' '.join(done.tail[-3:])[:300]}")
        return interpreter

    def _unusable(self, path: str, found: str) -> RuntimeMissing:
        return RuntimeMissing(
            f"{path} is not a Python that works",
            found=f"{found}\ninstalled: {self._installed()}",
            fix="Name the path of an interpreter, or a version, with --runtime.",
        )

    def _recall(self, request: str) -> Interpreter | None:
        try:
            data = json.loads(read_plain(self._note(request), LARGEST_NOTE))
            known = data["version"] == MEMORY_VERSION and data["stamp"] == _stamp(data["path"])
            return parse_probe(json.dumps(data["python"])) if known else None
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            return None  # none, cut off, or its interpreter is gone

    def _remember(self, request: str, path: str, interpreter: Interpreter) -> None:
        record = {
            "version": MEMORY_VERSION,
            "request": request,
            "path": path,
            "stamp": _stamp(path),
            "python": interpreter.as_json(),
        }
        self._memory.mkdir(parents=True, exist_ok=True)
        write_atomically(self._note(request), json.dumps(record, indent=1).encode())

    def _note(self, request: str) -> Path:
        return self._memory / f"{hashlib.sha256(request.encode()).hexdigest()[:16]}.json"


def _stamp(path: str) -> list[int]:
    info = os.stat(path)
    return [info.st_mtime_ns, info.st_size]
