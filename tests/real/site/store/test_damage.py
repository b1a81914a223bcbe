"""What becomes of the records when a writer dies, the power fails, or the file is not what it was."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webstead.errors import ConfigError, HostError, WebsteadError
from webstead.site.store import Store, database, open_store
from webstead.site.store.activations import activations
from webstead.site.store.deployment_log import entries
from webstead.site.store.deployments import list_deployments, save_deployment, tagged_deployments
from webstead.site.store.hooks import list_hooks
from webstead.site.store.model import Deployment, SiteOptions, Status
from webstead.site.store.schema import MIGRATIONS
from webstead.site.store.settings import read_settings, write_settings
from webstead.site.store.sites import create_site, list_sites
from webstead.site.store.tokens import list_tokens, make_token

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

DIES_AT_STATEMENT = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from webstead.site.store import open_store
from webstead.site.store.deployment_log import add_entries
from webstead.site.store.deployments import save_deployment
from webstead.site.store.model import Deployment, EntryType, Status

store, left = open_store(Path(sys.argv[1])), int(sys.argv[2])

def count(statement):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

with store.read() as connection:
    connection.set_trace_callback(count)
now = datetime.now(UTC)
save_deployment(store, Deployment("shop", "d", Status.SUCCESS, "zip", now))
add_entries(store, "shop", "d", [(now, EntryType.MESSAGE, str(n)) for n in range(5)])
with store.write() as connection:
    connection.execute("UPDATE sites SET stopped = 1")
    connection.execute("DELETE FROM deployments")
print("all")
"""

FILLS_A_SMALL_FILE = """
import resource, signal, sys
from pathlib import Path
from webstead.errors import HostError
from webstead.site.store import open_store
from webstead.site.store.settings import read_settings, write_settings

store = open_store(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
for number in range(100):
    try:
        write_settings(store, "shop", "app", {f"N{number}": "x" * 20_000})
    except HostError as error:
        print(number, len(read_settings(store, "shop", "app")), error.what, error.found, error.fix)
        break
"""


def a_store(folder: Path) -> Store:
    store = open_store(folder / "server.sqlite")
    create_site(store, "shop", now=NOW, options=SiteOptions(memory_mb=100))
    return store


def run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


def test_one_that_dies_within_any_statement_leaves_all_of_a_change_or_nothing(tmp_path: Path) -> None:
    ended = False
    for number in range(1, 40):
        folder = tmp_path / str(number)
        store = a_store(folder)
        done = run(DIES_AT_STATEMENT, str(store.path), str(number))
        ended = done.stdout == "all\n"
        assert ended or done.returncode == -signal.SIGKILL, done.stderr
        with store.read() as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        (site,) = list_sites(store)
        deployments = list_deployments(store, "shop")
        logged = len(entries(store, "shop", "d"))
        assert logged in (0, 5)
        assert (site.stopped, len(deployments), logged) in (
            (False, 0, 0),
            (False, 1, 0),
            (False, 1, 5),
            (True, 0, 0),
        )
        store.close()
        if ended:
            break
    assert ended, "the last round is the one in which nobody died"
    assert number > 10


def test_a_log_that_was_cut_anywhere_is_read_to_its_last_whole_change(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for number in range(12):
        write_settings(store, "shop", "app", {"A": str(number), "B": str(number)})
    log = (tmp_path / "server.sqlite-wal").read_bytes()
    seen = set()
    for cut in sorted({*range(0, len(log), 1021), len(log)}):
        other = tmp_path / "other"
        shutil.rmtree(other, ignore_errors=True)
        other.mkdir()
        shutil.copy(store.path, other)
        (other / "server.sqlite-wal").write_bytes(log[:cut])
        cut_store = open_store(other / "server.sqlite")
        values = read_settings(cut_store, "shop", "app")
        assert values.get("A") == values.get("B")
        seen.add(values.get("A"))
        cut_store.close()
    assert seen >= {None, "0", "11"}
    store.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_damage_is_an_error_with_words_or_nothing(tmp_path: Path, seed: int) -> None:
    whole = tmp_path / "whole.sqlite"
    if not whole.exists():
        store = a_store(tmp_path)
        save_deployment(store, Deployment("shop", "d", Status.SUCCESS, "zip", NOW, ended=NOW))
        make_token(store, "ci", now=NOW)
        write_settings(store, "shop", "app", {"A": "1"})
        store.close()
        shutil.copy(store.path, whole)
    chance = random.Random(seed)
    data = bytearray(whole.read_bytes())
    for _ in range(chance.randint(1, 40)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(data if chance.random() < 0.8 else data[: chance.randrange(len(data))])
    for log in tmp_path.glob("broken.sqlite-*"):
        log.unlink()
    errors = [error for error in map(of_asking, [broken] * len(QUESTIONS), QUESTIONS) if error is not None]
    assert all(error.found and error.fix for error in errors)


QUESTIONS: tuple[Callable[[Store], object], ...] = (
    list_sites,
    list_tokens,
    lambda store: list_deployments(store, "shop"),
    lambda store: list_hooks(store, "shop"),
    lambda store: activations(store, "shop"),
    lambda store: tagged_deployments(store, "shop"),
    lambda store: entries(store, "shop", "d"),
    lambda store: write_settings(store, "shop", "app", {"A": "2"}),
)


def of_asking(path: Path, question: Callable[[Store], object]) -> WebsteadError | None:
    try:
        store = open_store(path)
        try:
            question(store)
        finally:
            store.close()
    except WebsteadError as error:
        return error
    return None


def test_a_record_that_is_none_is_damage(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    with store.write() as connection:
        connection.execute("UPDATE sites SET options = '[]'")
    with pytest.raises(HostError, match="are damaged") as raised:
        list_sites(store)
    assert str(store.path) in raised.value.found
    store.close()


def test_a_file_system_that_takes_no_more_is_said(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    done = run(FILLS_A_SMALL_FILE, str(store.path))
    number, there, words = done.stdout.split(" ", 2)
    assert number == there, "what was answered as done is there, and nothing else"
    assert int(number) > 2
    assert "MB are free on the disk of" in words
    write_settings(store, "shop", "app", {"A": "1"})
    store.close()


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "server.sqlite"
    for version in (0, 1):
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS auth_user (id)")
            connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        with pytest.raises(ConfigError, match="something else") as raised:
            open_store(path)
        assert "auth_user" in raised.value.found


def test_one_that_was_removed_is_not_made_again_for_everybody_to_read(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.close()
    store.path.unlink()
    with pytest.raises(HostError, match="cannot be opened"):
        list_sites(store)
    assert not store.path.exists()


def test_a_file_that_others_could_read_becomes_its_owners(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.close()
    store.path.chmod(0o644)
    open_store(store.path).close()
    assert store.path.stat().st_mode & 0o777 == 0o600


def test_an_old_one_is_brought_to_this_version_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_store(tmp_path).close()
    added = ("ALTER TABLE sites ADD COLUMN colour TEXT NOT NULL DEFAULT 'green'",)
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, added))
    for _ in range(2):
        store = open_store(tmp_path / "server.sqlite")
        with store.read() as connection:
            assert connection.execute("SELECT name, colour FROM sites").fetchone()[:] == ("shop", "green")
            assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS) + 1
        store.close()


def test_a_migration_that_fails_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_store(tmp_path).close()
    broken = ("DROP TABLE tokens", "ALTER TABLE nothing ADD COLUMN x")
    monkeypatch.setattr(database, "MIGRATIONS", (*MIGRATIONS, broken))
    with pytest.raises(HostError):
        open_store(tmp_path / "server.sqlite")
    monkeypatch.undo()
    store = open_store(tmp_path / "server.sqlite")
    assert list_tokens(store) == ()
    store.close()
