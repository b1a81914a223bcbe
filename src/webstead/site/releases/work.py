"""The files of a release, written by two threads at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from webstead.site.releases.archive import Member
from webstead.site.releases.copying import copy_unchanged
from webstead.site.releases.inflate import Batch, batches_of, write_batch
from webstead.site.releases.manifest import Entry

__all__ = ["Told", "Work"]

Told = Callable[[int, int], None]
"""Is told of progress, by the thread that waits: files done, files in all. What it raises ends the work."""

_THREADS = 2
"""Inflating takes one, writing the other: more only wait for the disk."""

_COPIES_AT_ONCE = 64

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")


class Work:
    """root: the folder that is written. done: files that are there. total: of the whole."""

    def __init__(self, root: Path, told: Told, *, done: int, total: int) -> None:
        self._root = str(root)
        self._told = told
        self._done = done
        self._total = total

    def copy(self, folder: Path, files: Sequence[tuple[Member, Entry]]) -> dict[str, Entry]:
        """Copy those files of a release that are there as they were brought. Gives them. Raises OSError."""
        parts = [files[at : at + _COPIES_AT_ONCE] for at in range(0, len(files), _COPIES_AT_ONCE)]

        def one(path: str, entry: Entry, executable: bool) -> bool:
            source, target = f"{folder}/{path}", f"{self._root}/{path}"
            return copy_unchanged(source, target, entry, executable=executable)

        def some(part: Sequence[tuple[Member, Entry]]) -> list[tuple[str, Entry]]:
            return [(each.path, entry) for each, entry in part if one(each.path, entry, each.executable)]

        return {path: entry for part in self._all(some, parts, len) for path, entry in part}

    def inflate(self, file: Path, members: Sequence[Member], times: Mapping[str, int]) -> None:
        """members: of the zip `file`, in its order. times: of each path, in nanoseconds. Raises OSError,
        UsageError."""
        source = os.open(file, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))

        def write(batch: Batch) -> list[Member]:
            write_batch(source, batch, self._root, times)
            return list(batch.members)

        try:
            self._all(write, list(batches_of(members)), len)
        finally:
            os.close(source)

    def _all(
        self,
        work: Callable[[_Part], _Result],
        parts: Sequence[_Part],
        number: Callable[[_Result], int],
    ) -> list[_Result]:
        """The first error of a part ends all; parts that have begun are waited for. number: of files that a
        result stands for."""
        results: list[_Result] = []
        with ThreadPoolExecutor(_THREADS, "release") as pool:
            try:
                for future in as_completed([pool.submit(work, part) for part in parts]):
                    results.append(future.result())
                    self._done += number(results[-1])
                    self._told(self._done, self._total)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return results
