"""The names that a module has, by its text."""

from __future__ import annotations

import ast

import pytest

from webstead.project.names import names_of


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("app = 1", {"app"}),
        ("app: int = 1", {"app"}),
        ("a, (b, *c) = x", {"a", "b", "c"}),
        ("import a.b, c as d\nfrom e import f as g", {"a", "d", "g"}),
        ("def app(): x = 1", {"app"}),
        ("class App:\n  y = 1", {"App"}),
        ("if x:\n  app = 1\nelse:\n  other = 2", {"app", "other"}),
        ("try:\n  import a\nexcept E as e:\n  a = None", {"a", "e"}),
        ("with f() as app: pass", {"app"}),
        ("for app in x: pass", {"app"}),
        ("(app := 1)", {"app"}),
        ("def f():\n  global app\n  app = 1", {"f", "app"}),
        ("match x:\n  case [a, *b]: pass\n  case _ as c: pass", {"a", "b", "c"}),
        ("", set()),
    ],
)
def test_what_binds_a_name(text: str, names: set[str]) -> None:
    assert names_of(ast.parse(text).body) == frozenset(names)


@pytest.mark.parametrize(
    "text",
    [
        "from x import *",
        "def __getattr__(name): ...",
        "globals()['app'] = 1",
        "exec(x)",
        "if y:\n  setattr(m, 'a', 1)",
    ],
)
def test_what_cannot_be_told(text: str) -> None:
    assert names_of(ast.parse(text).body) is None
