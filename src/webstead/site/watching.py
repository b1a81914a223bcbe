"""Changes of files, as the system tells them: of a folder with all below it, and of some folders besides."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from watchfiles import Change, watch

from webstead.project.tree import IGNORED_FOLDERS

__all__ = ["Watching"]

STEP_MS = 50
"""Changes that follow each other within this time come together."""

LONGEST_MS = 200
"""They are not held back longer than this, however many follow."""

POLL_MS = 300
"""How often files are looked at where the system has no more room for watches."""

LOOK_MS = 500
_MOST_FOLDERS = 256

Stamp = tuple[int, int] | None
"""The time and size of a file; None when it is not there."""


class Watching:
    """What has changed below the root, and in the other folders. wanted: which files matter. cannot: told the
    reason when the system cannot watch, and files are looked at from time to time instead."""

    def __init__(self, root: Path, wanted: Callable[[Path], bool], cannot: Callable[[str], None]) -> None:
        self._wanted = wanted
        self._cannot = cannot
        self._queue: asyncio.Queue[frozenset[Path]] = asyncio.Queue()
        self._root = root
        # One for each folder: to tell the system of ten thousand folders takes half a second.
        self._threads = ThreadPoolExecutor(_MOST_FOLDERS, "watch")
        self._tasks: dict[Path, asyncio.Task[None]] = {}
        self._begin(root, True, {})

    def others(self, files: Collection[Path]) -> None:
        """Watch these files too, where they lie elsewhere, and no others."""
        outside = {file: file.parent for file in files if not file.is_relative_to(self._root)}
        folders = set(outside.values())
        for folder in self._tasks.keys() - folders - {self._root}:
            self._tasks.pop(folder).cancel()
        for folder in folders - self._tasks.keys():
            if folder.is_dir():
                stamps = {file: _stamp(file) for file, parent in outside.items() if parent == folder}
                self._begin(folder, False, stamps)

    async def next(self, within: float | None = None) -> frozenset[Path]:
        """The files that have changed since; none when nothing has within so many seconds. The first answer
        may be empty, and says that changes are noticed from now on."""
        try:
            async with asyncio.timeout(within):
                found = set(await self._queue.get())
        except TimeoutError:
            return frozenset()
        while not self._queue.empty():
            found |= self._queue.get_nowait()
        return frozenset(found)

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.to_thread(self._threads.shutdown)

    def _begin(self, folder: Path, recursive: bool, stamps: Mapping[Path, Stamp]) -> None:
        self._tasks[folder] = asyncio.create_task(self._watch(folder, recursive, stamps))

    async def _watch(self, folder: Path, recursive: bool, stamps: Mapping[Path, Stamp]) -> None:
        try:
            await self._follow(folder, recursive, stamps, polling=None)
        except (OSError, RuntimeError) as error:
            if _is_there(folder):
                self._cannot(str(error))
                await self._follow(folder, recursive, stamps, polling=True)

    async def _follow(
        self, folder: Path, recursive: bool, stamps: Mapping[Path, Stamp], polling: bool | None
    ) -> None:
        loop, stop = asyncio.get_running_loop(), threading.Event()

        def follow() -> None:
            first = True
            for changes in watch(
                folder,
                watch_filter=None,
                debounce=LONGEST_MS,
                step=STEP_MS,
                stop_event=stop,
                rust_timeout=LOOK_MS,
                yield_on_timeout=True,
                force_polling=polling,
                poll_delay_ms=POLL_MS,
                recursive=recursive,
                ignore_permission_denied=True,
            ):
                paths = _with_new_folders(changes, recursive)
                if first:  # it is watched from now on: what has changed before?
                    paths += [file for file, stamp in stamps.items() if _stamp(file) != stamp]
                loop.call_soon_threadsafe(self._hear, paths, first and recursive)
                first = False

        try:
            await loop.run_in_executor(self._threads, follow)
        finally:
            stop.set()

    def _hear(self, paths: list[Path], tell: bool) -> None:
        found = frozenset(path for path in paths if self._wanted(path))
        if found or tell:
            self._queue.put_nowait(found)


def _stamp(file: Path) -> Stamp:
    try:
        info = file.stat()
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size


def _with_new_folders(changes: set[tuple[Change, str]], recursive: bool) -> list[Path]:
    """What has changed, with the files of folders that are new: those may have been written before the system
    was told to watch the folder."""
    paths = [Path(name) for _, name in changes]
    new = {name for change, name in changes if change == Change.added and recursive}
    for top in new - {name for name in new if any(str(above) in new for above in Path(name).parents)}:
        for folder, below, files in os.walk(top):
            below[:] = [name for name in below if name not in IGNORED_FOLDERS]
            paths += [Path(folder, name) for name in files]
    return paths


def _is_there(folder: Path) -> bool:
    return folder.is_dir()
