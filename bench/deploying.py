"""Deployments of 5,000 files: a zip over HTTP, beside `unzip` of the same; with one file changed; and back.
Then the folder by `webstead deploy`, as people do, and again with one file changed."""

from __future__ import annotations

import os
import random
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders import webstead, webstead_environment
from bench.processes import ContenderError, run_to_end
from bench.report import CaseResult, Comparison, Failure, Quantity
from bench.sites import APP_BODY, Server, served
from bench.workplace import Workplace

__all__ = [
    "BYTES",
    "DEPLOY",
    "DEPLOY_BAR",
    "FILES",
    "REDEPLOY_BAR",
    "ROLLBACK_BAR_SECONDS",
    "measure_deploying",
]

DEPLOY = "deploy"
FILES, BYTES = 5_000, 200_000_000
DEPLOY_BAR, REDEPLOY_BAR, ROLLBACK_BAR_SECONDS = 1.3, 0.3, 1.0
OURS, THEIRS = "zipdeploy", "unzip"
_APP = f"def app(environ, start_response):\n    start_response('200 OK', [])\n    return [{APP_BODY!r}]\n"
_WORDS = 4000


@dataclass(slots=True)
class _Turns:
    place: Workplace
    server: Server
    first: Path
    second: Path
    unzip: list[float] = field(default_factory=list)
    deploy: list[float] = field(default_factory=list)
    redeploy: list[float] = field(default_factory=list)
    rollback: list[float] = field(default_factory=list)
    folder: list[float] = field(default_factory=list)

    def turn(self, number: int) -> None:
        """A site of its own each time; it serves while it is deployed to again, and back. What was written
        before is on the disk when the next is timed: who comes later is not to wait for it."""
        folder = self.place.folder / f"unzipped{number}"
        os.sync()
        began = time.perf_counter()
        run_to_end(("unzip", "-q", str(self.first), "-d", str(folder)))
        self.unzip.append(time.perf_counter() - began)
        shutil.rmtree(folder)
        site = f"turn{number}"
        self.server.create(site)
        os.sync()
        self.deploy.append(self.server.deploy(site, self.first))
        self.server.ask(site)
        os.sync()
        self.redeploy.append(self.server.deploy(site, self.second) / self.deploy[-1])
        self.server.ask(site)
        self.rollback.append(self.server.rollback(site))
        self.server.ask(site)
        self._folder_turn(number)

    def _folder_turn(self, number: int) -> None:
        """The first and the second time of one command, each from its start to its end."""
        site, project = f"folder{number}", self.place.folder / f"project{number}"
        with zipfile.ZipFile(self.first) as archive:
            archive.extractall(project)
        self.server.create(site)
        os.sync()
        first = self._command(site, project)
        self.server.ask(site)
        changed = next(path for path in sorted(project.rglob("*.txt")))
        changed.write_bytes(changed.read_bytes()[::-1])
        os.sync()
        self.folder.append(self._command(site, project) / first)
        self.server.ask(site)
        shutil.rmtree(project)

    def _command(self, site: str, project: Path) -> float:
        words = webstead("deploy", str(project), "--site", site, "--home", str(self.place.folder / "home"))
        began = time.perf_counter()
        run_to_end(words, environment=webstead_environment(self.place))
        return time.perf_counter() - began


def measure_deploying(place: Workplace, *, runs: int, quick: bool, say: Callable[[str], None]) -> CaseResult:
    """quick: a tenth of the files."""
    files = FILES // 10 if quick else FILES
    title = f"a zip of {files:,} files, {files * BYTES // FILES // 1_000_000} MB, to a site that serves"
    try:
        first, second = _packages(place.folder, files)
        with served(place) as server:
            turns = _Turns(place, server, first, second)
            for number in range(runs):
                turns.turn(number)
                say(f"{DEPLOY} {number + 1}/{runs}  {turns.deploy[-1]:.2f} s, {turns.unzip[-1]:.2f} s")
    except (ContenderError, OSError) as error:
        return CaseResult(DEPLOY, title, OURS, failures=(Failure(DEPLOY, OURS, str(error)),))
    ours, theirs = tuple(1 / each for each in turns.deploy), tuple(1 / each for each in turns.unzip)
    return CaseResult(
        *(DEPLOY, title, OURS, ((OURS, ours), (THEIRS, theirs))),
        comparisons=(Comparison(THEIRS, ours, theirs, 1 / DEPLOY_BAR),),
        quantities=(
            Quantity("with one file changed, in the first's time", "", tuple(turns.redeploy), REDEPLOY_BAR),
            Quantity("`webstead deploy` again, in its first time", "", tuple(turns.folder), REDEPLOY_BAR),
            Quantity("rollback", "s", tuple(turns.rollback), ROLLBACK_BAR_SECONDS),
        ),
        unit=" deployments",
        seconds=True,
    )


def _packages(folder: Path, files: int) -> tuple[Path, Path]:
    """The zip, and the same with one file changed. Text of few words, which packs to half."""
    chance = random.Random(1)
    words = [f"{chance.getrandbits(40):x}" for _ in range(_WORDS)]
    size = BYTES // FILES
    bodies = [" ".join(chance.choices(words, k=size // 10)).encode()[:size] for _ in range(files)]
    paths = [f"package{number % 50}/part{number % 7}/data{number}.txt" for number in range(files)]
    first, second = folder / "first.zip", folder / "second.zip"
    _pack(first, dict(zip(paths, bodies, strict=True)))
    bodies[0] = bodies[0][::-1]
    _pack(second, dict(zip(paths, bodies, strict=True)))
    return first, second


def _pack(file: Path, bodies: dict[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, body in {"app.py": _APP.encode(), **bodies}.items():
            info = zipfile.ZipInfo(path, (2026, 1, 1, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
