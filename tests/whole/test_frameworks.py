"""Each framework, built from the package index and served as a user does it: `webstead up`, nothing more."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from tests.corpus_trees import shown
from tests.framework_apps import APPS, FOLDER, FrameworkApp
from tests.live import REPOSITORY, Up, live
from webstead.effects import DiskTree
from webstead.plan import make_plan

pytestmark = pytest.mark.spread

USUAL_PORTS = frozenset({5000, 5006, 6543, 7860, 8000, 8050, 8080, 8501, 8888})
"""Those that the apps name, or their frameworks: the host gives others."""


@pytest.mark.parametrize("app", APPS, ids=[app.folder for app in APPS])
def test_an_app_is_served(app: FrameworkApp, tmp_path: Path) -> None:
    folder = tmp_path / app.folder
    shutil.copytree(FOLDER / app.folder, folder)
    before = files_of(folder)
    assert shown(make_plan(DiskTree(folder))) == app.start
    with live(folder) as up:
        url = up.ready()
        assert up.lines[-1].startswith("Ready: "), up.output
        try:
            for proof in app.proofs:
                proof(url)
        except (AssertionError, OSError) as error:
            up.drain_lines()
            raise AssertionError(f"{error}\n{up.output}") from error
        if app.says:
            said_by(up, app.says)
        assert not listened(up) & USUAL_PORTS
        assert up.interrupt() == 0, up.output
    assert "Traceback" not in up.output
    assert files_of(folder) - before <= {"db.sqlite3"}


def said_by(up: Up, part: str) -> None:
    if not any(part in line for line in up.lines):
        up.wait_for(lambda line: part in line, seconds=20)


def listened(up: Up) -> set[int]:
    return {
        connection.laddr.port
        for process in up.family()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def files_of(folder: Path) -> set[str]:
    """But for the byte code that Python itself writes beside what it imports."""
    paths = (path.relative_to(folder) for path in folder.rglob("*"))
    return {path.as_posix() for path in paths if "__pycache__" not in path.parts}


def test_the_reference_has_each_of_them() -> None:
    text = (REPOSITORY / "docs" / "reference" / "frameworks.md").read_text()
    rows = [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")]
    assert rows[2:] == list(dict.fromkeys(app.framework for app in APPS))
