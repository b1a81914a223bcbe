"""SQLite databases in wwwroot, written to by real processes while the site is deployed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.site_homes import Site
from webstead.errors import WebsteadError
from webstead.site.releases import databases
from webstead.site.releases.databases import is_database, main_name

WRITER = """
import sqlite3, sys
path, mode, keep_open, number = sys.argv[1], sys.argv[2], sys.argv[3] == "open", int(sys.argv[4])
def connect():
    c = sqlite3.connect(path, timeout=60, isolation_level=None)
    c.execute("PRAGMA synchronous=OFF")
    return c
c = connect()
print("ready", flush=True)
row = 0
for line in sys.stdin:   # each line: go on writing for a while; the count so far is the answer
    for _ in range(20):
        if not keep_open:
            c.close()
            c = connect()
        c.execute("BEGIN IMMEDIATE")
        c.execute("INSERT INTO rows VALUES (?, ?)", (number, row))
        c.execute("COMMIT")
        row += 1
    print(row, flush=True)
"""
"""Each acknowledges how many rows it has committed."""


@contextmanager
def writing(path: Path, mode: str, how: str, number: int) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-c", WRITER, str(path), mode, how, str(number)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def done(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize("folder", ["", "data/"])
@pytest.mark.parametrize("mode", ["WAL", "DELETE", "TRUNCATE", "PERSIST"])
def test_no_row_is_lost_while_it_is_written_to(site: Site, mode: str, folder: str) -> None:
    """One writer keeps its connection from before the first deployment; others begin after each switch."""
    site.deploy({"app.py": "0"})
    path = site.www / f"{folder}app.db"
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
        connection.execute("CREATE TABLE rows (writer, row)")
        connection.commit()
    written: dict[int, int] = {}
    with writing(path, mode, "open", 0) as first, writing(path, mode, "anew", 1) as second:
        for turn in range(20):
            with writing(path, mode, "open", turn + 2) as third:
                for each in (first, second, third):
                    begin(each)
                site.deploy({"app.py": str(turn)})
                written |= {0: done(first), 1: done(second), turn + 2: done(third)}
    assert (site.home.kept / f"{folder}app.db").is_file()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        counted = dict(connection.execute("SELECT writer, count(DISTINCT row) FROM rows GROUP BY writer"))
    assert counted == written


def test_a_database_that_is_replaced_takes_no_log_of_the_one_before(site: Site) -> None:
    site.deploy({"app.py": "1"})
    path = site.www / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE old (x)")
        connection.commit()
        site.deploy({"app.py": "2"})
        connection.execute("INSERT INTO old VALUES (1)")
        connection.commit()
        with closing(sqlite3.connect(site.home.root / "new.db")) as other:
            other.execute("CREATE TABLE new (x)")
            other.commit()
        (site.home.root / "new.db").replace(path)
        site.deploy({"app.py": "3"})
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("new",)]


def test_a_transaction_that_does_not_end_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "WAIT_SECONDS", 0.1)
    site.deploy({"app.py": "1"})
    with closing(sqlite3.connect(site.www / "app.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(WebsteadError) as caught:
            site.deploy({"app.py": "2"})
        assert "app.db" in caught.value.what
        assert site.home.release == "r1"
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("COMMIT")
    site.deploy({"app.py": "3"})
    with closing(sqlite3.connect(site.www / "app.db")) as connection:
        assert connection.execute("SELECT x FROM t").fetchall() == [(1,)]


@pytest.mark.parametrize("content", [b"SQLite format 3\0", b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_only_looks_like_one_is_kept(site: Site, content: bytes) -> None:
    site.deploy({"app.py": "1"})
    (site.www / "odd.db").write_bytes(content)
    site.deploy({"app.py": "2"})
    assert (site.www / "odd.db").read_bytes() == content
    assert is_database(site.home.kept / "odd.db")


@pytest.mark.parametrize(
    ("name", "main"),
    [("a.db-wal", "a.db"), ("a.db-shm", "a.db"), ("a-journal", "a"), ("-wal", None), ("a.db", None)],
)
def test_companions_are_known_by_their_names(name: str, main: str | None) -> None:
    assert main_name(name) == main
