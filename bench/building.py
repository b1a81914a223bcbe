"""Building a Django project of 33 packages, beside the same steps done as Oryx does them."""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders import webstead
from bench.processes import ContenderError, run_to_end
from bench.report import CaseResult, Comparison, Failure, Quantity
from bench.workplace import ROOT, Workplace

__all__ = ["COLD_BAR", "COLD", "UNCHANGED_BAR_SECONDS", "WARM", "WARM_BAR", "measure_building"]

COLD, WARM = "build-cold", "build-warm"
COLD_BAR, WARM_BAR, UNCHANGED_BAR_SECONDS = 5.0, 15.0, 0.3
OURS, THEIRS, AGAIN = "webstead build", "venv, pip, collectstatic", "webstead build, a new release"
_TITLES = {
    COLD: "a Django project of 33 packages, nothing cached",
    WARM: "the same, packages cached and no environment there",
}
_ORYX = """
set -e
{python} -m venv --copies antenv
. antenv/bin/activate
python -m pip install --cache-dir {cache} --prefer-binary -r requirements.txt
python manage.py collectstatic --noinput
"""
"""The steps of Oryx's build script (Python, requirements.txt, virtualenv_name=antenv), one after another."""

_KEPT = ("environments", "static", "verified", "hooks")
"""What our cache keeps of built projects; its other folders are of packages and interpreters."""


@dataclass(slots=True)
class _Turns:
    """Speeds (builds a second) of each contender, turn by turn."""

    place: Workplace
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)

    @property
    def caches(self) -> Path:
        return self.place.folder / "caches"

    def project(self, name: str) -> Path:
        """The project in a folder where nothing was ever built."""
        folder = self.place.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        return Path(shutil.copytree(ROOT / "bench" / "project", folder))

    def turn(self, *, cold: bool) -> None:
        if cold:
            shutil.rmtree(self.caches, ignore_errors=True)
        for name in _KEPT:
            shutil.rmtree(self.caches / "webstead" / name, ignore_errors=True)
        theirs, ours = self.project("theirs"), self.project("ours")
        self.theirs.append(1 / _timed(lambda: self._oryx(theirs)))
        self.ours.append(1 / _timed(lambda: self._webstead(ours)))
        self.unchanged.append(_timed(lambda: self._webstead(ours)))
        again = self.project("again")
        self.again.append(1 / _timed(lambda: self._webstead(again)))

    def _oryx(self, project: Path) -> None:
        cache = shlex.quote(str(self.caches / "pip"))
        script = _ORYX.format(python=shlex.quote(str(self.place.runtime)), cache=cache)
        run_to_end(("sh", "-c", f"cd {shlex.quote(str(project))}\n{script}"))

    def _webstead(self, project: Path) -> None:
        caches = {
            "UV_CACHE_DIR": str(self.caches / "uv"),
            "WEBSTEAD_CACHE_DIR": str(self.caches / "webstead"),
            "WEBSTEAD_STATE_DIR": str(self.place.folder / "state"),
            "PYTHONDONTWRITEBYTECODE": "",
        }
        words = webstead("build", str(project), "--runtime", str(self.place.runtime))
        run_to_end(words, environment=caches)


def measure_building(name: str, place: Workplace, *, runs: int, say: Callable[[str], None]) -> CaseResult:
    title, cold = _TITLES[name], name == COLD
    turns = _Turns(place)
    try:
        if not cold:
            turns.turn(cold=True)  # fills the caches
            turns = _Turns(place)
        for number in range(runs):
            turns.turn(cold=cold)
            say(f"{name} {number + 1}/{runs}  {1 / turns.ours[-1]:.2f} s, {1 / turns.theirs[-1]:.2f} s")
    except (ContenderError, OSError) as error:
        return CaseResult(name, title, OURS, failures=(Failure(name, OURS, str(error)),))
    ours, theirs = tuple(turns.ours), tuple(turns.theirs)
    return CaseResult(
        name,
        title,
        OURS,
        ((OURS, ours), (THEIRS, theirs), (AGAIN, tuple(turns.again))),
        (Comparison(THEIRS, ours, theirs, COLD_BAR if cold else WARM_BAR),),
        (Quantity("unchanged, in all", "s", tuple(turns.unchanged), UNCHANGED_BAR_SECONDS),),
        unit=" builds",
        seconds=True,
    )


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
