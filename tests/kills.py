"""Which process of a server is killed, and at which moment of a deployment: spread over all its phases."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import httpx
import psutil

from tests.live import Up
from tests.serving import Server
from webstead.site.store.deployments import list_deployments

__all__ = ["MODES", "PHASES", "Attempt", "Kill", "Mode", "Phase", "aims", "kill", "phase_of"]

Mode = Literal["all", "supervisor", "front", "management"]
MODES: tuple[Mode, ...] = ("all", "supervisor", "management", "front")
"""What dies: every process of the server at once, or one of them."""

Phase = Literal["upload", "receive", "build", "verify", "release", "switch", "end"]
PHASES: tuple[Phase, ...] = ("upload", "receive", "build", "verify", "release", "switch", "end")

_TYPICAL: dict[Phase, float] = {
    "upload": 0.0,
    "receive": 0.25,
    "build": 0.5,
    "verify": 0.2,
    "release": 0.2,
    "switch": 0.6,
    "end": 0.08,
}
"""Seconds that each takes, or a little more: a kill falls at a random moment of so long after its beginning.
What is kept is moved at the end of `build`; drain, and what the old instances wrote, belong to `switch`; what
is not needed any more is removed at the `end`."""

_BY_PROGRESS: dict[str, Phase] = {
    "Receiving the files.": "receive",
    "Building.": "build",
    "Verifying that it starts.": "verify",
    "Running the release step.": "release",
    "Switching to the new release.": "switch",
}


def phase_of(progress: str) -> Phase:
    """By what a deployment's record says of it."""
    return _BY_PROGRESS.get(progress, "receive")


_LOOK_SECONDS = 0.003
_PHASE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Kill:
    """after: seconds from the beginning of the phase. part: of the body that is sent, in an upload that is
    never ended."""

    mode: Mode
    phase: Phase
    after: float
    part: float


def aims(number: int, chance: random.Random) -> list[Kill]:
    """So many, each pair of what and when as often as any other, in random order."""
    pairs = [(mode, phase) for mode in MODES for phase in PHASES]
    rounds = [pair for _ in range(number // len(pairs) + 1) for pair in chance.sample(pairs, len(pairs))]
    return [
        Kill(mode, phase, chance.uniform(0.0, _TYPICAL[phase]), chance.uniform(0.0, 1.0))
        for mode, phase in rounds[:number]
    ]


@dataclass
class Attempt:
    """A deployment that somebody kills. status: what the client was answered; 0 when the connection was cut.
    hit: where it was when the process had died."""

    server: Server
    content: bytes
    message: str
    status: int = 0
    hit: Counter[str] = field(default_factory=Counter)

    def run(self, aim: Kill) -> None:
        """Returns when the client has its answer, or its end."""
        self._dead = threading.Event()
        client = threading.Thread(target=self._deploy, args=(aim,))
        client.start()
        self._wait_for(aim.phase)
        time.sleep(aim.after)
        self.hit[self.phase() or "upload"] += 1
        kill(self.server.up, aim.mode)
        self._dead.set()
        client.join()

    def phase(self) -> Phase | None:
        """Where the deployment is now; None before it is recorded."""
        for each in list_deployments(self.server.store, "shop"):
            if each.message == self.message:
                return "end" if each.complete else phase_of(each.progress)
        return None

    def _wait_for(self, phase: Phase) -> None:
        if phase == "upload":
            return
        end, wanted = time.monotonic() + _PHASE_SECONDS, PHASES.index(phase)
        while (now := self.phase()) is None or PHASES.index(now) < wanted:
            assert time.monotonic() < end, f"never came to {phase}, but to {now}"
            time.sleep(_LOOK_SECONDS)

    def _deploy(self, aim: Kill) -> None:
        body = self._part(aim.part) if aim.phase == "upload" else self.content
        try:
            with httpx.Client(timeout=60) as http:
                answer = http.post(
                    f"{self.server.note.url}/api/zipdeploy",
                    params={"build": "true", "message": self.message},
                    headers=self.server.headers,
                    content=body,
                )
            self.status = answer.status_code
        except httpx.HTTPError:
            return  # it was killed

    def _part(self, part: float) -> Iterator[bytes]:
        size = int(len(self.content) * part)
        yield self.content[:size]
        self._dead.wait(20)
        yield self.content[size:]


def kill(up: Up, mode: Mode) -> None:
    """SIGKILL; returns when what is to die with it has died."""
    family = up.family()
    if mode == "all":
        doomed, goes = family, family
    elif mode == "supervisor":
        doomed, goes = [], family
    else:
        doomed = goes = [process for process in family if _is(process, mode)]
        assert len(doomed) == 1, f"{mode}: {doomed}"
    if mode in ("all", "supervisor"):
        up.process.kill()
    for process in doomed:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    if mode in ("all", "supervisor"):
        up.process.wait(10)
    _, alive = psutil.wait_procs(goes, timeout=10)
    assert not alive, f"outlived it: {alive}"


_MODULES = {"front": "webstead.front", "management": "webstead.services"}


def _is(process: psutil.Process, mode: Mode) -> bool:
    try:
        return any(_MODULES[mode] in word for word in process.cmdline())
    except psutil.Error:  # it has just ended
        return False
