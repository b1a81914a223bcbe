"""The process of a job: begun, its lines told, ended with all that it has started."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from webstead.host.confinement import Confinement, entrance, identity
from webstead.host.isolation import TAG, adopt_orphans, end_tagged, on_fork, signal_group, tag_of

__all__ = ["JobProcess", "Line", "spawn"]

Line = Callable[[str, str], None]
"""Told of the stream, `stdout` or `stderr`, and one line of it."""

_LONGEST_LINE = 1 << 16
_REST_SECONDS = 5.0
"""Until the last lines of an output are read."""


@dataclass(slots=True)
class JobProcess:
    """One that runs, in a session of its own. tag: all that it starts carries it, also what has left the
    session."""

    process: subprocess.Popen[bytes]
    readers: tuple[threading.Thread, ...]
    tag: str

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait(self) -> int:
        """The exit code; negative for a signal. What it left running ends with it; what has hidden itself
        from that (another session, and no variables) may hold its outputs, and is not waited for."""
        code = self.process.wait()
        self._end_rest()
        end = time.monotonic() + _REST_SECONDS
        for reader in self.readers:
            reader.join(max(0.0, end - time.monotonic()))
        return code

    def end(self, seconds: float) -> None:
        """SIGTERM to all of it, and SIGKILL so long after. Returns when it has ended."""
        signal_group(self.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        signal_group(self.pid, signal.SIGKILL)
        self.process.wait()
        self._end_rest()

    def _end_rest(self) -> None:
        signal_group(self.pid, signal.SIGKILL)
        end_tagged(self.tag)


def spawn(
    words: Sequence[str],
    *,
    folder: Path,
    variables: Mapping[str, str],
    confinement: Confinement,
    told: Line,
) -> JobProcess:
    """Begin it. The thread that calls has to live as long: the process ends with it. Raises OSError, and
    StartError when it cannot be held so."""
    tag = tag_of("job")
    adopt_orphans()  # what has left its session is found by its tag
    with entrance(confinement) as group:
        process = subprocess.Popen(
            list(words),
            cwd=folder,
            env={**variables, TAG: tag},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=on_fork(group),
            **identity(confinement),
        )
    streams = (("stdout", process.stdout), ("stderr", process.stderr))
    readers = tuple(
        threading.Thread(target=_read, args=(name, stream, told), daemon=True)
        for name, stream in streams
        if stream is not None
    )
    for reader in readers:
        reader.start()
    return JobProcess(process, readers, tag)


def _read(name: str, stream: IO[bytes], told: Line) -> None:
    with stream, contextlib.suppress(OSError):
        while line := stream.readline(_LONGEST_LINE):
            told(name, line.decode("utf-8", "replace").rstrip("\r\n"))
