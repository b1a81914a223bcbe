"""An app that does nothing but write into its folder, until its input ends: `python -m tests.writing_app
FOLDER SEED NAMES FILES WAYS`. It says what it left: by path, the text, None where it removed it. Each text is
the time, in nanoseconds since 1970.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

__all__ = ["DEPLOYED", "WritingApp"]

DEPLOYED = "pkg"
"""A folder that deployments bring, in which it writes, too."""


class WritingApp:
    """The process. names: what those of its files begin with. ways: how many of the ways that apps have are
    used; 1 for those that two may have for one file. It writes when this is made, and ends with `left`, or
    else with the block."""

    def __init__(self, folder: Path, seed: int, names: str, files: int, ways: int) -> None:
        words = (str(folder), str(seed), names, str(files), str(ways))
        command = [sys.executable, "-m", "tests.writing_app", *words]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise AssertionError(self._process.communicate()[1])

    def left(self) -> dict[str, str | None]:
        """After its last write."""
        output, errors = self._process.communicate()
        assert self._process.returncode == 0, errors
        left: dict[str, str | None] = json.loads(output)
        return left

    def __enter__(self) -> WritingApp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


class _Writing:
    """In the folder that the process is in."""

    def __init__(self, seed: int, names: str, files: int, ways: int) -> None:
        self.left: dict[str, str | None] = {}
        self._random = random.Random(seed)
        self._names = names
        self._files = files
        self._ways = ways

    def once(self) -> None:
        text = f"{time.time_ns()}"
        file = f"{self._names}-{self._random.randrange(self._files)}.txt"
        folder = f"{self._names}-{self._random.randrange(4)}"
        match self._random.randrange(self._ways):
            case 0 | 1:
                self._replace(file, text)
            case 2:
                self._write(file, text)
            case 3:
                self._remove(file)
            case 4:
                self._remove(file)
                self._write(file, text)
            case 5:
                self._write(f"{DEPLOYED}/{file}", text)
            case 6:
                os.makedirs(folder, exist_ok=True)
                self._replace(f"{folder}/{file}", text)
            case 7:
                self._remove(f"{folder}/{file}")
            case _:
                self._rename(folder, f"{folder}.old")

    def _replace(self, path: str, text: str) -> None:
        """As careful apps do."""
        Path(f"{path}.new").write_text(text)
        os.replace(f"{path}.new", path)
        self.left[path] = text

    def _write(self, path: str, text: str) -> None:
        Path(path).write_text(text)
        self.left[path] = text

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(path)
        self.left[path] = None

    def _rename(self, folder: str, target: str) -> None:
        """As logs and caches are rotated."""
        if not os.path.lexists(folder):
            return
        while os.path.lexists(target):
            if os.path.islink(target):
                os.unlink(target)
            else:
                shutil.rmtree(target, ignore_errors=True)  # it may become a link meanwhile
        os.rename(folder, target)
        was = {
            path: text for path, text in self.left.items() if path.startswith((f"{folder}/", f"{target}/"))
        }
        self.left |= dict.fromkeys(was)
        self.left |= {
            f"{target}{path.removeprefix(folder)}": text
            for path, text in was.items()
            if path.startswith(f"{folder}/")
        }


def _main(folder: str, seed: str, names: str, files: str, ways: str) -> None:
    os.chdir(folder)
    writing = _Writing(int(seed), names, int(files), int(ways))
    print("it writes", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        writing.once()
    print(json.dumps(writing.left))


if __name__ == "__main__":
    _main(*sys.argv[1:])
