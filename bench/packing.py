"""Packing what was built as one archive, beside `tar -zcf` of the same files, as Oryx packs a destination."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders import webstead, webstead_environment
from bench.processes import ContenderError, run_to_end
from bench.report import CaseResult, Comparison, Failure, Quantity
from bench.workplace import ROOT, Workplace

__all__ = ["PACK", "PACK_BAR", "SIZE_BAR", "measure_packing"]

PACK = "pack"
PACK_BAR, SIZE_BAR = 5.0, 1.0
OURS, THEIRS = "webstead build -o … --compress", "tar -zcf"
_TITLE = "a Django project of 33 packages and its environment as one archive"


@dataclass(slots=True)
class _Turns:
    place: Workplace
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    def begin(self) -> None:
        """Builds, and writes the files that tar packs."""
        self._build(self.place.folder / "plain")

    def turn(self) -> None:
        """Ours from the start of the command to its end; what was built is found unchanged."""
        packed, tar = self.place.folder / "packed", self.place.folder / "theirs.tar.gz"
        self.ours.append(_timed(lambda: self._build(packed, "--compress")))
        words = ("tar", "-zcf", str(tar), "-C", str(self.place.folder / "plain"), ".")
        self.theirs.append(_timed(lambda: run_to_end(words)))
        self.sizes.append((packed / "output.tar.zst").stat().st_size / tar.stat().st_size)

    def _build(self, output: Path, *more: str) -> None:
        project = str(ROOT / "bench" / "project")
        words = webstead("build", project, "--runtime", str(self.place.runtime), "-o", str(output), *more)
        run_to_end(words, environment=webstead_environment(self.place))


def measure_packing(place: Workplace, *, runs: int, say: Callable[[str], None]) -> CaseResult:
    turns = _Turns(place)
    try:
        turns.begin()
        for number in range(runs):
            turns.turn()
            say(f"{PACK} {number + 1}/{runs}  {turns.ours[-1]:.2f} s, {turns.theirs[-1]:.2f} s")
    except (ContenderError, OSError) as error:
        return CaseResult(PACK, _TITLE, OURS, failures=(Failure(PACK, OURS, str(error)),))
    ours, theirs = tuple(1 / each for each in turns.ours), tuple(1 / each for each in turns.theirs)
    return CaseResult(
        PACK,
        _TITLE,
        OURS,
        ((OURS, ours), (THEIRS, theirs)),
        (Comparison(THEIRS, ours, theirs, PACK_BAR),),
        (Quantity("size, in that of tar's", "", tuple(turns.sizes), SIZE_BAR),),
        unit=" archives",
        seconds=True,
    )


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
