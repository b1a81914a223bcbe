"""Where a run finds and leaves things: the repository, the contenders' environment, a temporary folder."""

from __future__ import annotations

import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "APP",
    "DOWNLOAD_BODY",
    "DOWNLOAD_NAME",
    "FILE_BODY",
    "FILE_NAME",
    "HELLO_BODY",
    "ROOT",
    "Workplace",
    "free_port",
    "tool",
]

ROOT = Path(__file__).resolve().parent.parent
APP = "hello:application"
HELLO_BODY = b"Hello, world!\n"  # what bench/site/hello.py answers: the readiness check compares it

_ECHO_PINS = ("uvicorn==", "uvloop==", "websockets==")
FILE_NAME = "page.css"
FILE_BODY = (b"/* 27 kB, the size of a usual style sheet */\n" * 700)[: 27 * 1024]
DOWNLOAD_NAME = "download.zip"
DOWNLOAD_BODY = b"ten megabytes, of a download\n" * (10_000_000 // 29)


def tool(name: str) -> str:
    """A program of the contenders' environment, which `scripts/bench` makes."""
    return str(ROOT / ".cache" / "bench" / "bin" / name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Workplace:
    """A temporary folder: `site` holds the app, `run` the sockets, settings and logs of the contenders.

    runtime: the interpreter that all contenders run on, outside of any environment.
    """

    folder: Path
    runtime: Path

    @classmethod
    def at(cls, folder: Path) -> Workplace:
        place = cls(folder, Path(sys.executable).resolve())
        place.run.mkdir()
        shutil.copytree(ROOT / "bench" / "site", place.site, ignore=shutil.ignore_patterns("__pycache__"))
        (place.site / "static" / FILE_NAME).write_bytes(FILE_BODY)
        (place.site / "static" / DOWNLOAD_NAME).write_bytes(DOWNLOAD_BODY)
        return place

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    def site_with(self, name: str, web_config: str) -> Path:
        """The app's folder once more, with a `web.config`."""
        target = Path(shutil.copytree(self.site, self.folder / name))
        (target / "web.config").write_text(web_config, encoding="utf-8")
        return target

    def site_of_echoes(self) -> Path:
        """The WebSocket app alone, with what serves it: the contender's versions."""
        site = self.folder / "echoes"
        site.mkdir()
        shutil.copy(self.site / "echo.py", site)
        pins = (ROOT / "bench" / "requirements.txt").read_text().splitlines(keepends=True)
        (site / "requirements.txt").write_text("".join(pin for pin in pins if pin.startswith(_ECHO_PINS)))
        return site

    def copy_of_example(self, name: str) -> Path:
        """A copy, so that a run leaves nothing in the repository."""
        target = self.folder / name
        ignored = shutil.ignore_patterns("__pycache__", "instance", "*.sqlite3")
        return Path(shutil.copytree(ROOT / "examples" / name, target, ignore=ignored))
