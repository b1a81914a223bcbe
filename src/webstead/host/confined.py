"""Programs that run to their end, held as the processes of a site are."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.processes import Completed, OnLine, Runner, Start, Starting, as_we_are, run
from webstead.host.confinement import FREE, Confinement, check, entrance, identity, keeps_out
from webstead.host.isolation import on_fork

__all__ = ["confined", "starting_as"]


def confined(confinement: Confinement) -> Runner:
    """Raises StartError, too, when a process cannot be held so."""
    return run if confinement == FREE else _Confined(confinement)


def starting_as(confinement: Confinement) -> Starting:
    """How a program begins that is held so. Raises StartError when it is used."""
    return as_we_are if confinement == FREE else _Confined(confinement).starting


@dataclass(frozen=True, slots=True)
class _Confined:
    confinement: Confinement

    def __call__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: OnLine | None = None,
        timeout: float | None = None,
        keep: Sequence[int] = (),
    ) -> Completed:
        return run(
            words, cwd=cwd, env=env, on_line=on_line, timeout=timeout, keep=keep, starting=self.starting
        )

    @contextmanager
    def starting(self) -> Iterator[Start]:
        check(self.confinement)
        with entrance(self.confinement) as group:
            try:
                yield {**identity(self.confinement), "preexec_fn": on_fork(group)}
            except subprocess.SubprocessError as error:
                if self.confinement.cgroup is None or isinstance(error, subprocess.TimeoutExpired):
                    raise
                raise keeps_out(self.confinement.cgroup, str(error)) from None
