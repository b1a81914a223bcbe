"""Targets that a project's start files name."""

from __future__ import annotations

import pytest

from webstead.project.mentions import read_mentions
from webstead.project.tree import MemoryTree


@pytest.mark.parametrize(
    ("path", "line", "targets"),
    [
        ("Dockerfile", 'CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0"]', ["app.main:app"]),
        ("Dockerfile", "# CMD uvicorn old:app", []),
        ("Dockerfile", "FROM python:3.12", []),
        ("docker-compose.yml", "  command: gunicorn 'shop:create_app()'", ["shop:create_app()"]),
        ("start.sh", "exec gunicorn --bind :8000 shop.wsgi:application", ["shop.wsgi:application"]),
        ("README.md", "Run `uvicorn main:app`", ["main:app"]),
        (".flaskenv", "FLASK_APP=shop/web.py", ["shop.web"]),
        ("notes.txt", "uvicorn main:app", []),
        ("deep/er/and/deeper/start.sh", "uvicorn main:app", []),
    ],
)
def test_targets_in_start_files(path: str, line: str, targets: list[str]) -> None:
    tree = MemoryTree({path: line + "\n"})
    found = [target for target, _ in read_mentions(tree, tree.files()) if not target.startswith("python:")]
    assert found == targets
