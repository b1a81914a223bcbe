"""Which module a file is, and the folder that must be on the module path."""

from __future__ import annotations

import pytest

from webstead.project.modules import Layout
from webstead.project.source import Source, parse_source


def named(path: str, code: str = "", *others: str) -> tuple[str, str]:
    source = parse_source(path, code.encode())
    assert isinstance(source, Source)
    found = Layout([path, *others]).name(source)
    return found.directory, found.name


@pytest.mark.parametrize(
    ("path", "code", "others", "expected"),
    [
        ("app.py", "", [], (".", "app")),
        ("shop/__init__.py", "", [], (".", "shop")),
        ("shop/web.py", "", ["shop/__init__.py"], (".", "shop.web")),
        ("src/shop/web.py", "", ["src/shop/__init__.py"], ("src", "shop.web")),
        ("backend/main.py", "", [], ("backend", "main")),
        ("backend/main.py", "from routers import x", ["backend/routers/x.py"], ("backend", "main")),
        ("app/main.py", "from app.db import x", ["app/db.py"], (".", "app.main")),
        ("app/main.py", "from .db import x", ["app/db.py"], (".", "app.main")),
        ("a/b/main.py", "from ..c import x", ["a/c.py"], (".", "a.b.main")),
        ("app/main.py", "from models import x", ["app/__init__.py", "app/models.py"], ("app", "main")),
        ("app/main.py", "import logging, json", ["logging/x.py"], ("app", "main")),
        ("x/app/main.py", "import app.db", ["x/app/db.py", "x/README.md"], ("x", "app.main")),
        ("services/api/main.py", "from shared.db import x", ["shared/db.py"], (".", "services.api.main")),
    ],
)
def test_the_import_root_is_where_the_imports_work(
    path: str, code: str, others: list[str], expected: tuple[str, str]
) -> None:
    assert named(path, code, *others) == expected
