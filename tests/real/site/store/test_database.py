"""The file of the records: its version, its mode, and what becomes of it when something goes wrong."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from webstead.errors import ConfigError, HostError, UsageError
from webstead.site.store import Store, database, open_store
from webstead.site.store.schema import MIGRATIONS
from webstead.site.store.settings import read_settings, write_settings
from webstead.site.store.sites import create_site

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from webstead.site.store import open_store
from webstead.site.store.settings import write_settings

store = open_store(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 1_000_000):
    write_settings(store, "shop", "app", {"A": str(number), "B": str(number)})
    print(number, flush=True)
"""

OPENER = """
import sys
from pathlib import Path
from webstead.site.store import open_store
from webstead.site.store.sites import list_sites

print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    list_sites(open_store(Path(sys.argv[1], str(number), "server.sqlite")))
"""


def a_store(tmp_path: Path) -> Store:
    store = open_store(tmp_path / "server.sqlite")
    create_site(store, "shop", now=NOW)
    return store


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert set(modes) == {"server.sqlite", "server.sqlite-wal", "server.sqlite-shm"}
    assert set(modes.values()) == {0o600}
    store.close()


def test_it_is_opened_again_with_all_that_is_in_it(tmp_path: Path) -> None:
    a_store(tmp_path).close()
    store = open_store(tmp_path / "server.sqlite")
    write_settings(store, "shop", "app", {"A": "1"})
    assert read_settings(store, "shop", "app") == {"A": "1"}
    store.close()


def test_one_of_a_newer_webstead_is_left_alone(tmp_path: Path) -> None:
    a_store(tmp_path).close()
    with sqlite3.connect(tmp_path / "server.sqlite") as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(ConfigError, match="newer Webstead"):
        open_store(tmp_path / "server.sqlite")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "server.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(ConfigError, match="file of the records is none") as raised:
        open_store(tmp_path / "server.sqlite")
    assert "server.sqlite" in raised.value.path


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HostError, match="cannot be written"):
        open_store(tmp_path / "file" / "server.sqlite")


def test_a_full_disk_is_said_and_leaves_what_was_there(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    write_settings(store, "shop", "app", {"A": "1"})
    with store.read() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(HostError, match="disk is full") as raised:
        write_settings(store, "shop", "app", {"A": "2", "B": "x" * 1_000_000})
    assert "Free some space" in raised.value.fix
    assert read_settings(store, "shop", "app") == {"A": "1"}
    store.close()


def test_a_change_that_raises_is_no_change(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    with pytest.raises(ZeroDivisionError):
        _delete_all_and_fail(store)
    assert read_settings(store, "shop", "app") == {}
    write_settings(store, "shop", "app", {"A": "1"})
    store.close()


def test_two_processes_write_and_others_read_without_waiting(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    writers = [writer(store, start) for start in (0, 500_000)]
    seen: set[str] = set()
    while len(seen) < 60:
        values = read_settings(store, "shop", "app")
        if values:
            assert values["A"] == values["B"], "a half change was read"
            seen.add(values["A"])
    end(writers)
    assert (tmp_path / "server.sqlite-wal").stat().st_size < 8_000_000
    store.close()


def test_a_writer_that_is_killed_leaves_a_whole_change(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for round_ in range(8):
        killed = writer(store, round_ * 1000)
        assert killed.stdout is not None
        for _ in range(round_ * 3 + 1):
            last = int(killed.stdout.readline())
        end([killed])
        values = read_settings(store, "shop", "app")
        assert values["A"] == values["B"]
        assert int(values["A"]) >= last, "what was answered as done is there"
    store.close()


def test_processes_that_begin_at_once_make_it_together(tmp_path: Path) -> None:
    words = [sys.executable, "-c", OPENER, str(tmp_path)]
    openers = [
        subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for each in openers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in openers:
        assert each.stdin is not None
        each.stdin.write("now\n")
        each.stdin.flush()
    assert [each.communicate()[1] for each in openers] == ["", "", ""]
    assert [each.returncode for each in openers] == [0, 0, 0]


def test_threads_write_at_once(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(30):
                write_settings(store, "shop", "app", {name: str(number)})
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failures.append(error)
        store.close()

    threads = [threading.Thread(target=work, args=(f"T{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert read_settings(store, "shop", "app") == {f"T{number}": "29" for number in range(4)}
    store.close()


def _delete_all_and_fail(store: Store) -> None:
    with store.write() as connection:
        connection.execute("DELETE FROM sites")
        raise ZeroDivisionError


def writer(store: Store, start: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", WRITER, str(store.path), str(start)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def end(writers: list[subprocess.Popen[str]]) -> None:
    for each in writers:
        each.send_signal(signal.SIGKILL)
        each.wait()
        assert each.stdout is not None
        each.stdout.close()


def test_the_log_stays_small_under_readers_that_overlap_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LARGEST_LOG", 200_000)
    store = a_store(tmp_path)
    done = threading.Event()
    read = threading.Semaphore(0)

    def look() -> None:
        while not done.is_set():
            with store.read() as connection:
                for _ in range(5):
                    connection.execute("SELECT * FROM settings").fetchall()
            read.release()

    readers = [threading.Thread(target=look) for _ in range(2)]
    for each in readers:
        each.start()
    largest = 0
    for number in range(150):
        write_settings(store, "shop", "app", {"A": f"{number:03}" * 3000})
        largest = max(largest, (tmp_path / "server.sqlite-wal").stat().st_size)
    done.set()
    for each in readers:
        each.join()
        assert read.acquire(timeout=0)
    assert largest < 1_000_000, "of 2 MB that were written"
    store.close()


def test_a_transaction_within_a_transaction_is_a_mistake_that_is_seen(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    with pytest.raises(RuntimeError, match="wait for itself"), store.write():
        read_settings(store, "shop", "app")
    assert read_settings(store, "shop", "app") == {}
    store.close()


def test_what_no_text_file_holds_cannot_be_a_setting(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for name, value in (("A", "\0"), ("A", "\ud800"), ("", "x"), ("A=B", "x")):
        with pytest.raises(UsageError, match="cannot be a variable"):
            write_settings(store, "shop", "app", {"FINE": "1", name: value})
    assert read_settings(store, "shop", "app") == {}
    store.close()
