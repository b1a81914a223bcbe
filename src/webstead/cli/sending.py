"""A file on its way to a server, with how far it has come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from webstead.client import Api
    from webstead.events import Emit

__all__ = ["Progress", "uploading"]

_PIECE = 1 << 18
_TELL_SECONDS = 0.25
"""Between two lines of progress."""


@contextmanager
def uploading(api: Api, file: IO[bytes], size: int, emit: Emit) -> Iterator[Iterator[bytes]]:
    """The step in which it is sent: its pieces, to be read once. size: of the file."""
    from webstead.events import StepDone, StepStarted

    began = time.monotonic()
    emit(StepStarted("upload", f"Uploading to {api.place.words}"))
    yield _pieces(file, Progress(emit, "upload", "Uploading", size))
    emit(StepDone("upload", time.monotonic() - began, True))


def _pieces(file: IO[bytes], progress: Progress) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
        progress(len(piece))
    progress.end()


class Progress:
    """Counts bytes, and tells of them a few times a second."""

    def __init__(self, emit: Emit, step: str, what: str, total: int) -> None:
        self._emit, self._step, self._what, self._total = emit, step, what, total
        self._began = time.monotonic()
        self._next = self._began + _TELL_SECONDS
        self._done = 0

    def __call__(self, size: int) -> None:
        self._done += size
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TELL_SECONDS
            self._tell()

    def end(self) -> None:
        self._tell()

    def _tell(self) -> None:
        from webstead.events import StepProgress

        passed = time.monotonic() - self._began
        rate = self._done / passed if passed > _TELL_SECONDS else None
        self._emit(StepProgress(self._step, self._what, self._done, self._total, "bytes", rate))
