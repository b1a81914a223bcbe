"""Apps that objects of the project hold, that its functions return, wrap or configure; and the bounds of
looking for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project import MemoryTree, Project, read_project

FASTAPI = "from fastapi import FastAPI\n"
FLASK = "from flask import Flask\n"


def read(files: dict[str, str]) -> Project:
    return read_project(MemoryTree(files))


def targets(code: str, **others: str) -> list[str]:
    files = {"m.py": code, **{f"{name}.py": text for name, text in others.items()}}
    return [candidate.target for candidate in read(files).candidates if candidate.module == "m"]


INIT = "class S:\n    def __init__(self):\n        self.api = FastAPI()\n"


@pytest.mark.parametrize(
    "code",
    [
        INIT + "server = S()\napp = server.api\n",
        "class S:\n    api = FastAPI()\napp = S.api\n",
        "class S:\n    def start(self):\n        self.api = FastAPI()\napp = S().api\n",
        "class S:\n    @property\n    def api(self):\n        return FastAPI()\napp = S().api\n",
        "class S:\n    def build(self, env):\n        return FastAPI()\napp = S().build(1)\n",
        INIT + "    def build(self):\n        return self.api\napp = S().build()\n",
        "def make():\n    return S()\n" + INIT + "app = make().api\n",
    ],
)
def test_an_app_that_an_object_holds(code: str) -> None:
    assert "m:app" in targets(FASTAPI + code)


@pytest.mark.parametrize(
    "code",
    [
        "class S:\n    def __init__(self):\n        self.api = object()\napp = S().api\n",
        "class S:\n    def __init__(self, api):\n        self.api = api\napp = S(FastAPI()).other\n",
        "class S:\n    def api(self):\n        return 1\napp = S().api()\n",
    ],
)
def test_what_an_object_holds_otherwise_is_no_app(code: str) -> None:
    assert "m:app" not in targets(FASTAPI + code)


def test_an_object_of_another_module_holds_it_too() -> None:
    core = FASTAPI + "class Server:\n    def __init__(self):\n        self.app = FastAPI()\n"
    assert targets("from core import Server\nserver = Server()\napp = server.app\n", core=core) == ["m:app"]


@pytest.mark.parametrize(
    ("code", "interface"),
    [
        ("def setup(a):\n    a.x = 1\n    return a\napp = setup(Flask(__name__))\n", "wsgi"),
        ("def setup(one, app):\n    return app\napp = setup(1, app=Flask(__name__))\n", "wsgi"),
        (
            "def wrap(a):\n    def f(environ, start_response): ...\n    return f\napp = wrap(Flask('x'))\n",
            "wsgi",
        ),
        (
            "def w(a):\n    async def f(scope, receive, send): ...\n    return f\napp = w(Flask('x'))\n",
            "asgi",
        ),
        ("from vendor import Cling\napp = Cling(Flask('x'))\n", "wsgi"),
        ("from functools import partial\nMake = partial(Flask, 'x')\napp = Make()\n", "wsgi"),
        ("if (app := Flask('x')):\n    pass\n", "wsgi"),
        ("app, other = Flask('x'), 1\n", "wsgi"),
        (
            "try:\n    import flask\nexcept Exception:\n    Flask = None\napp = Flask('x') if Flask else 0\n",
            "wsgi",
        ),
    ],
)
def test_an_app_that_goes_through_hands(code: str, interface: str) -> None:
    found = [c for c in read({"m.py": FLASK + code}).candidates if c.target == "m:app"]
    assert [(c.framework.name, c.framework.interface) for c in found] == [("Flask", interface)]


def test_a_factory_with_a_decorator_of_the_project_is_one() -> None:
    code = FLASK + "def timed(f):\n    return f\n@timed\ndef create_app():\n    return Flask('x')\n"
    assert targets(code) == ["m:create_app()"]


def test_two_apps_made_in_one_line_are_two() -> None:
    code = FASTAPI + "app, admin = FastAPI(), FastAPI()\napp.mount('/admin', admin)\n"
    assert targets(code) == ["m:app"]


@pytest.mark.parametrize(
    "code",
    [
        "def f(a):\n    return f(a)\napp = f(FastAPI())\n",
        "def f(a):\n    return g(a)\ndef g(a):\n    return f(a)\napp = f(FastAPI())\n",
        "class A:\n    def __init__(self):\n        self.a = A().a\napp = A().a\n",
        "class A:\n    @property\n    def a(self):\n        return self.a\napp = A().a\n",
    ],
)
def test_what_calls_itself_ends(code: str) -> None:
    targets(FASTAPI + code)


def test_a_long_chain_of_factories_ends() -> None:
    steps = "".join(f"def f{n}():\n    return f{n + 1}()\n" for n in range(2000))
    read({"m.py": FASTAPI + steps + "def f2000():\n    return FastAPI()\napp = f0()\n"})


def test_functions_that_call_the_next_twice_are_not_run_twice() -> None:
    steps = "".join(
        f"def f{n}(a):\n    f{n + 1}(a)\n    x = f{n + 1}(a)\n    return f{n + 1}(a)\n" for n in range(25)
    )
    read({"m.py": FASTAPI + steps + "def f25(a):\n    return a\napp = f0(FastAPI())\n"})


def test_a_long_chain_of_modules_ends() -> None:
    files = {f"m{n}.py": FASTAPI + f"from m{n + 1} import app\n" for n in range(1500)}
    read({**files, "m1500.py": FASTAPI + "app = FastAPI()\n"})


@pytest.mark.parametrize(
    "code",
    [
        "x = x" + ".a" * 900,
        "x = x" + ".a()" * 400,
        "x = x" + ".a" * 5000,
        "x = x" + "+ 'a'" * 5000,
        "if x:\n    pass\n" + "".join(f"elif x == {n}:\n    pass\n" for n in range(3000)),
    ],
)
def test_code_that_is_nested_too_deeply_is_told(code: str) -> None:
    found = read({"m.py": f"{FASTAPI}app = FastAPI()\n{code}\n"})
    assert [finding.text for finding in found.findings] == ["m.py is nested too deeply to be read."]


NAMES = st.sampled_from(["app", "make", "S", "self", "x", "FastAPI"])
STATEMENTS = st.sampled_from(
    [
        "{a} = {b}",
        "{a} = {b}()",
        "{a} = {b}({a})",
        "{a} = {b}.{a}",
        "{a}.{b} = {a}()",
        "{a}, {b} = {b}, {a}",
        "def {a}({b}):\n    return {b}",
        "class {a}({b}):\n    {b} = {a}\n    def {b}(self):\n        self.{a} = {b}",
        "if ({a} := {b}()):\n    pass",
        "from m import {a}",
        "from m import *",
        "@{a}.get('/')\ndef {b}(): ...",
    ]
)


@given(st.lists(st.tuples(STATEMENTS, NAMES, NAMES), max_size=12))
def test_no_statements_break_the_reader(statements: list[tuple[str, str, str]]) -> None:
    code = "\n".join(text.format(a=a, b=b) for text, a, b in statements)
    read({"m.py": FASTAPI + code + "\n", "app.py": "from m import app, make\n" + code + "\n"})
