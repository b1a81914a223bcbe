"""Every command in the docs is run, and prints what the docs say.

A page is one session in one folder. A fence that opens with a language and a file's name writes that file. In
a `console` fence a line that begins with `$ ` is typed; the lines below it must appear in what it prints, in
order, where `…` is anything. `webstead up`, `webstead serve`, `webstead gateway run` and the start of an
output run until the next one, or the end of the page, and end by Ctrl+C. The ports 8000, 8443 and 9100
stand for free ones.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live import REPOSITORY, Up
from tests.ports import free_port

pytestmark = pytest.mark.needs("curl", "cgi-fcgi", "php-cgi")

pytestmark = pytest.mark.spread

PAGES = [
    path
    for path in sorted(
        [REPOSITORY / "README.md", *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("examples/*/*.md")]
    )
    if "```console" in path.read_text()
]
FENCE = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
IN_A_FRESH_CLONE = ("scripts/demo", "scripts/test")
"""Run by test_fresh_clone.py."""
WRITTEN_PORTS = (8000, 8443, 9100)
STARTS = ("/start", "/run.sh")
"""Of an output, and the one that `oryx create-script` writes."""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Typed:
    command: str
    printed: tuple[str, ...]


def session(page: Path) -> Iterator[File | Typed]:
    for language, name, text in FENCE.findall(page.read_text()):
        if name:
            yield File(name, text)
        elif language == "console":
            yield from typed(text)


def typed(text: str) -> Iterator[Typed]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *printed = part.splitlines()
        yield Typed(command, tuple(printed))


class Terminal:
    """One folder, at most one program that runs until Ctrl+C."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.ports = {f"127.0.0.1:{port}": f"127.0.0.1:{free_port()}" for port in WRITTEN_PORTS}
        self.ports |= {
            written.replace("127.0.0.1", "localhost"): real.replace("127.0.0.1", "localhost")
            for written, real in self.ports.items()
        }
        self.environment = {
            "WEBSTEAD_STATE_DIR": str(folder / ".state"),
            "WEBSTEAD_PORT": self.ports["127.0.0.1:8000"].partition(":")[2],
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        }
        self.up: Up | None = None

    def type(self, line: Typed) -> None:
        words = [self.number(word) for word in shlex.split(self.real(line.command))]
        if words[:2] in (["webstead", "up"], ["webstead", "serve"]):
            output = self.start(line, words[1:2], words[2:])
        elif words[:3] == ["webstead", "gateway", "run"]:
            output = self.start(line, words[1:3], words[3:])
        elif words[-1].endswith(STARTS):
            output = self.start_output(words[:-1], words[-1])
        else:
            output = self.run(line)
        for written, real in self.ports.items():
            output = output.replace(real, written)
        self.compare(line, output)

    def number(self, word: str) -> str:
        """A port that stands alone, as in `--https-port 8443`."""
        real = self.ports.get(f"127.0.0.1:{word}")
        return word if real is None else real.rpartition(":")[2]

    def real(self, text: str) -> str:
        for written, real in self.ports.items():
            text = text.replace(written, real)
        return text

    def start(self, line: Typed, verb: list[str], words: list[str]) -> str:
        self.end()
        up = self.up = self.stack.enter_context(Up(words, cwd=self.folder, env=self.environment, verb=verb))
        if any(printed.startswith("error:") for printed in line.printed):
            assert up.end() != 0
            self.up = None
        elif verb == ["up"]:
            up.ready()
        elif verb == ["serve"]:
            up.wait_for(lambda text: text.startswith("Management: "))
        else:
            up.wait_for(lambda text: text.endswith(" serves"))
        return up.output

    def start_output(self, variables: list[str], start: str) -> str:
        """The start of an output, with `PORT=8000` in front of it."""
        self.end()
        given = dict(variable.split("=", 1) for variable in variables)
        given["PORT"] = self.ports[f"127.0.0.1:{given['PORT']}"].partition(":")[2]
        environment = {**self.environment, **given}
        up = Up([], cwd=self.folder, env=environment, verb=(), program=[str(self.folder / start)])
        self.up = self.stack.enter_context(up)
        up.wait_for(lambda text: "Listening at" in text)
        return up.output

    def run(self, line: Typed) -> str:
        command = self.real(line.command)
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def compare(self, line: Typed, output: str) -> None:
        pattern = ".*".join(re.escape(part) for part in "\n".join(line.printed).split("…"))
        assert re.search(pattern, output, re.DOTALL), (
            f"{line.command}\nprinted\n{output}\nnot\n{line.printed}"
        )

    def end(self) -> None:
        if self.up is not None:
            assert self.up.interrupt() == 0
            self.up = None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_command_prints_what_the_page_says(page: Path, tmp_path: Path) -> None:
    shutil.copytree(
        REPOSITORY / "examples",
        tmp_path / "examples",
        ignore=shutil.ignore_patterns("instance", "*.sqlite3", "LogFiles", "data"),
    )
    with ExitStack() as stack:
        terminal = Terminal(tmp_path, stack)
        for line in session(page):
            if isinstance(line, File):
                (tmp_path / line.name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / line.name).write_text(line.text)
            elif line.command not in IN_A_FRESH_CLONE:
                terminal.type(line)
        terminal.end()


def test_pages_are_found_and_have_commands() -> None:
    assert len(PAGES) >= 8
    assert all(any(isinstance(line, Typed) for line in session(page)) for page in PAGES)


def test_the_reference_is_not_stale() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")]))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
