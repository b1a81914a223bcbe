from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from webstead.site.reload import asks_for_reload


@pytest.mark.parametrize(
    ("path", "asks"),
    [
        ("app.py", True),
        ("pkg/views/page.py", True),
        ("templates/index.html", True),
        ("web.config", True),
        ("static/Web.Config", True),
        ("requirements.txt", True),
        ("requirements-web.txt", True),
        ("uv.lock", True),
        ("pyproject.toml", True),
        ("Procfile", True),
        ("notes.txt", False),
        ("db.sqlite3", False),
        ("data/state.json", False),
        ("static/site.css", False),
        ("__pycache__/app.cpython-311.pyc", False),
        (".venv/lib/python3.11/site-packages/flask/app.py", False),
        ("node_modules/x/index.html", False),
        (".git/config", False),
    ],
)
def test_what_asks_for_a_new_start(path: str, asks: bool) -> None:
    assert asks_for_reload(PurePosixPath(path)) is asks
