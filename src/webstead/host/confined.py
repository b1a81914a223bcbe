"""Programs that run to their end, held as the processes of a site are."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.processes import Completed, OnLine, Runner, Start, run
from webstead.host.confinement import FREE, Confinement, check, entrance, identity, keeps_out
from webstead.host.isolation import on_fork

__all__ = ["confined"]


def confined(confinement: Confinement) -> Runner:
    """Raises StartError, too, when a process cannot be held so."""
    return run if confinement == FREE else _Confined(confinement)


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
        check(self.confinement)
        return run(
            words, cwd=cwd, env=env, on_line=on_line, timeout=timeout, keep=keep, starting=self._starting
        )

    @contextmanager
    def _starting(self) -> Iterator[Start]:
        with entrance(self.confinement) as group:
            try:
                yield {**identity(self.confinement), "preexec_fn": on_fork(group)}
            except subprocess.SubprocessError as error:
                if self.confinement.cgroup is None:
                    raise
                raise keeps_out(self.confinement.cgroup, str(error)) from None
