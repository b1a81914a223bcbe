"""What the two systems write about changes, read byte by byte; and the watch for Windows against a typed fake
of its calls.
"""

from __future__ import annotations

import queue
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.watch.inotify import Event, read_events
from webstead.gateway.watch.tree import OVERFLOW, Change, Tree
from webstead.gateway.watch.watch import Watch
from webstead.gateway.watch.windows import BUFFER_BYTES, FILTER, WindowsWatcher, read_notifications

SECONDS = 20
ADDED, REMOVED, MODIFIED, RENAMED_OLD, RENAMED_NEW = range(1, 6)


def notifications(*records: tuple[int, str]) -> bytes:
    """As ReadDirectoryChangesW writes them: each at a multiple of four bytes."""
    parts = []
    for number, (action, name) in enumerate(records):
        encoded = name.encode("utf-16-le", "surrogatepass")
        size = (12 + len(encoded) + 3) // 4 * 4
        last = number == len(records) - 1
        parts.append(
            (struct.pack("<III", 0 if last else size, action, len(encoded)) + encoded).ljust(size, b"\0")
        )
    return b"".join(parts)


def events(*records: tuple[int, int, bytes]) -> bytes:
    """As inotify writes them: names end with NULs."""
    return b"".join(
        struct.pack("iIII", watch, mask, 0, len(name) + 4 if name else 0)
        + (name + b"\0" * 4 if name else b"")
        for watch, mask, name in records
    )


NAMES = st.text(st.characters(exclude_characters="\0/\\"), min_size=1, max_size=8)


@given(st.lists(st.tuples(st.integers(1, 5), NAMES), min_size=1, max_size=6))
def test_notifications_are_read_as_written(records: list[tuple[int, str]]) -> None:
    assert list(read_notifications(notifications(*records))) == [
        Change(name, action != MODIFIED) for action, name in records
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 99), st.integers(0, 2**32 - 1), st.binary().map(lambda b: b.replace(b"\0", b""))
        )
    )
)
def test_events_are_read_as_written(records: list[tuple[int, int, bytes]]) -> None:
    assert list(read_events(events(*records))) == [Event(*record) for record in records]


@given(st.binary(max_size=64), st.booleans())
def test_any_bytes_are_records_or_refused(data: bytes, windows: bool) -> None:
    read: Callable[[bytes], Iterator[object]] = read_notifications if windows else read_events
    try:
        assert len(list(read(data))) <= len(data)
    except ValueError:
        return


def test_every_part_of_a_record_is_refused() -> None:
    for whole, read in (
        (notifications((ADDED, "abc")), read_notifications),
        (events((1, 8, b"abc")), read_events),
    ):
        for end in range(1, len(whole) - (2 if read is read_notifications else 0)):
            with pytest.raises(ValueError, match="cut short"):
                list(read(whole[:end]))


class WindowsFailed(OSError):
    """As ctypes.WinError makes them."""

    def __init__(self, number: int) -> None:
        super().__init__(f"winerror {number}")
        self.winerror = number


class FakeCalls:
    """Windows' calls. What `read` gives is put into `results`; cancel makes it raise
    ERROR_OPERATION_ABORTED."""

    def __init__(self) -> None:
        self.results: queue.SimpleQueue[bytes | OSError] = queue.SimpleQueue()
        self.opened: list[str] = []
        self.closed = threading.Event()
        self.fails = False

    def open(self, path: str) -> int:
        if self.fails:
            raise WindowsFailed(5)
        self.opened.append(path)
        return 42

    def read(self, handle: int, size: int, wanted: int) -> bytes:
        assert (handle, size, wanted) == (42, BUFFER_BYTES, FILTER)
        found = self.results.get(timeout=SECONDS)
        if isinstance(found, OSError):
            raise found
        return found

    def cancel(self, handle: int) -> None:
        assert handle == 42
        assert not self.closed.is_set()
        self.results.put(WindowsFailed(995))

    def close(self, handle: int) -> None:
        assert handle == 42
        self.closed.set()


def test_renames_creations_deletions_and_sizes_are_asked_for() -> None:
    assert FILTER == 0x1 | 0x2 | 0x8 | 0x10


def test_changes_come_as_they_are_told() -> None:
    calls = FakeCalls()
    watcher = WindowsWatcher("D:\\site", calls)
    assert calls.opened == ["D:\\site"]
    calls.results.put(notifications((MODIFIED, "pkg\\a.py"), (RENAMED_OLD, "b")))
    assert watcher.wait(SECONDS) == [Change("pkg/a.py", False), Change("b", True)]
    assert watcher.wait(0) == ()
    watcher.close()
    assert watcher.wait(SECONDS) == ()
    assert calls.closed.wait(SECONDS)
    watcher.close()


@pytest.mark.parametrize("result", [b"", WindowsFailed(1022)])
def test_too_many_changes_are_one_of_everything(result: bytes | OSError) -> None:
    calls = FakeCalls()
    watcher = WindowsWatcher("D:\\site", calls)
    calls.results.put(result)
    assert watcher.wait(SECONDS) == (OVERFLOW,)
    calls.results.put(notifications((ADDED, "a.py")))
    assert watcher.wait(SECONDS) == [Change("a.py", True)]
    watcher.close()


def test_a_folder_that_can_no_longer_be_watched_is_an_error() -> None:
    calls = FakeCalls()
    watcher = WindowsWatcher("D:\\site", calls)
    calls.results.put(WindowsFailed(64))
    with pytest.raises(OSError, match="winerror 64"):
        watcher.wait(SECONDS)
    assert calls.closed.wait(SECONDS)


def test_close_ends_a_wait_without_end() -> None:
    watcher = WindowsWatcher("D:\\site", FakeCalls())
    waiting = threading.Thread(target=watcher.wait, args=(None,))
    waiting.start()
    watcher.close()
    waiting.join(SECONDS)
    assert not waiting.is_alive()


def test_a_folder_that_cannot_be_opened_is_an_error() -> None:
    calls = FakeCalls()
    calls.fails = True
    with pytest.raises(OSError, match="winerror 5"):
        WindowsWatcher("D:\\site", calls)


def test_a_watch_of_windows_knows_what_went_with_a_folder(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "mod.py").touch()
    calls = FakeCalls()
    told: queue.SimpleQueue[str] = queue.SimpleQueue()

    def opener(tree: Tree, tell: Callable[[str], None]) -> WindowsWatcher:
        return WindowsWatcher(tree.root, calls)

    watch = Watch(str(tmp_path), r".*\.py", told.put, pytest.fail, opener, quiet=0.05)
    watch.start()
    (tmp_path / "pkg" / "mod.py").unlink()
    (tmp_path / "pkg").rmdir()
    calls.results.put(notifications((MODIFIED, "other"), (REMOVED, "pkg")))
    assert told.get(timeout=SECONDS) == "pkg/mod.py"
    watch.close()
    assert calls.closed.wait(SECONDS)
