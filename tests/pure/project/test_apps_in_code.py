"""Finding apps by the syntax tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project import Candidate, MemoryTree, Project, read_project

FLASK = "from flask import Flask\n"


def project(**files: str) -> Project:
    return read_project(MemoryTree({f"{name}.py": text for name, text in files.items()}))


def only(text: str) -> Candidate:
    (candidate,) = project(m=text).candidates
    return candidate


@pytest.mark.parametrize(
    ("code", "framework", "interface"),
    [
        ("from flask import Flask\nx = Flask(__name__)", "Flask", "wsgi"),
        ("from flask import Flask as F\nx = F(__name__)", "Flask", "wsgi"),
        ("import flask\nx = flask.Flask(__name__)", "Flask", "wsgi"),
        ("import flask as f\nx: object = f.Flask(__name__)", "Flask", "wsgi"),
        ("import os, flask\nx = flask.Flask(__name__)", "Flask", "wsgi"),
        ("from fastapi import FastAPI\nx = FastAPI()", "FastAPI", "asgi"),
        ("from starlette.applications import Starlette\nx = Starlette()", "Starlette", "asgi"),
        ("import starlette.applications\nx = starlette.applications.Starlette()", "Starlette", "asgi"),
        ("from quart import Quart\nx = Quart(__name__)", "Quart", "asgi"),
        ("from litestar import Litestar\nx = Litestar([])", "Litestar", "asgi"),
        ("import falcon\nx = falcon.App()", "Falcon", "wsgi"),
        ("import falcon.asgi\nx = falcon.asgi.App()", "Falcon", "asgi"),
        ("import bottle\nx = bottle.default_app()", "Bottle", "wsgi"),
        ("from pyramid.config import Configurator\nx = Configurator().make_wsgi_app()", "Pyramid", "wsgi"),
        ("import web\nx = web.application((), {}).wsgifunc()", "web.py", "wsgi"),
        ("from django.core.wsgi import get_wsgi_application\nx = get_wsgi_application()", "Django", "wsgi"),
        ("from django.core.asgi import get_asgi_application\nx = get_asgi_application()", "Django", "asgi"),
        ("from fasthtml.common import *\nx = FastHTML()", "FastHTML", "asgi"),
        ("def x(environ, start_response):\n    return []", "WSGI", "wsgi"),
        ("async def x(scope, receive, send):\n    pass", "ASGI", "asgi"),
        (
            "from werkzeug.wrappers import Request\n@Request.application\ndef x(request): ...",
            "Werkzeug",
            "wsgi",
        ),
        ("class A:\n    def __call__(self, environ, start_response): ...\nx = A()", "WSGI", "wsgi"),
        ("class A:\n    async def __call__(self, scope, receive, send): ...\nx = A()", "ASGI", "asgi"),
        ("from flask import Flask\nclass Shop(Flask): ...\nx = Shop('shop')", "Flask", "wsgi"),
        ("import socketio\nx = socketio.WSGIApp(socketio.Server())", "Socket.IO", "wsgi"),
    ],
)
def test_each_way_to_make_an_app(code: str, framework: str, interface: str) -> None:
    found = only(code)
    assert (found.framework.name, found.framework.interface, found.target) == (framework, interface, "m:x")


@pytest.mark.parametrize(
    "code",
    [
        "# app = Flask(__name__)",
        "text = 'from flask import Flask; app = Flask()'",
        "from flask import Blueprint\napp = Blueprint('x', __name__)",
        "class Flask: ...\napp = Flask()",
        "from shop.flask import Flask\napp = Flask()",
        "from flask import Flask\nclass A:\n    app = Flask(__name__)",
        "from flask import Flask\nFlask = None\napp = Flask()",
        "def app(request, response): ...",
        "def app(scope, receive, send): ...",
        "from flask import Flask\nif __name__ == '__main__':\n    app = Flask(__name__)",
        "from flask import Flask\nif TYPE_CHECKING:\n    app = Flask(__name__)",
        "def x(name, start): ...  # import flask",
    ],
)
def test_what_only_looks_like_an_app_is_none(code: str) -> None:
    assert project(app=code).candidates == ()


@pytest.mark.parametrize(
    "block",
    [
        "if True:\n    app = Flask(__name__)\nelse:\n    app = None",
        "try:\n    app = Flask(__name__)\nexcept Exception:\n    app = None",
        "with open('x') as f:\n    app = Flask(__name__)",
        "app = None or Flask(__name__)",
        "app = Flask('a') if True else Flask('b')",
    ],
)
def test_blocks_at_module_level_count(block: str) -> None:
    assert only(FLASK + block).attribute == "app"


def test_extensions_that_take_the_app_are_no_apps() -> None:
    code = FLASK + "from flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\ndb = SQLAlchemy(app)\n"
    assert [c.attribute for c in project(m=code).candidates] == ["app"]


def test_a_name_that_is_wrapped_stays_an_app() -> None:
    code = FLASK + "from vendor import Anything\napp = Flask(__name__)\napp = Anything(app)\n"
    assert (only(code).attribute, only(code).line) == ("app", 4)


def test_own_middleware_wraps_its_argument() -> None:
    code = (
        FLASK
        + "class Prefix:\n    def __init__(self, app): ...\n"
        + "    def __call__(self, environ, start_response): ...\n"
        + "app = Flask(__name__)\napplication = Prefix(app)\n"
    )
    outer, inner = sorted(project(m=code).candidates, key=lambda c: c.attribute, reverse=True)
    assert (outer.attribute, outer.framework.name) == ("application", "Flask")
    assert inner.place in outer.contains


def test_an_adapter_changes_the_interface() -> None:
    code = FLASK + "from asgiref.wsgi import WsgiToAsgi\napp = Flask('x')\nasgi = WsgiToAsgi(app)\n"
    assert {c.attribute: c.framework.interface for c in project(m=code).candidates} == {
        "app": "wsgi",
        "asgi": "asgi",
    }


def test_factories_with_optional_arguments_are_candidates() -> None:
    found = only(
        FLASK + "def build(config=None, *, debug=False, **more):\n    app = Flask('x')\n    return app\n"
    )
    assert (found.target, found.factory) == ("m:build()", True)


@pytest.mark.parametrize(
    ("signature", "part"),
    [
        ("def f(a, b=1):", "needs a"),
        ("def f(*, a):", "needs a"),
        ("def f(a, /):", "needs a"),
        ("async def f():", "coroutine"),
    ],
)
def test_factories_that_cannot_be_called_are_near_misses(signature: str, part: str) -> None:
    read = project(m=FLASK + f"{signature}\n    return Flask('x')\n")
    assert read.candidates == ()
    assert part in read.near[0].text
    assert read.near[0].evidence.where == "m.py:2"


def test_an_object_made_by_an_imported_factory_is_the_same_app() -> None:
    factory = FLASK + "def create_app():\n    return Flask('x')\n"
    files = {"shop/__init__.py": factory, "wsgi.py": "from shop import create_app\napp = create_app()\n"}
    read = read_project(MemoryTree(files))
    assert len({c.place for c in read.candidates}) == 1
    assert [c.target for c in read.candidates] == ["wsgi:app", "shop:create_app()"]


def test_decorated_functions_are_no_factories() -> None:
    code = FLASK + "import pytest\n@pytest.fixture\ndef client():\n    return Flask('x')\n"
    assert project(m=code).candidates == ()


def test_functions_that_call_each_other_end() -> None:
    code = FLASK + "def a():\n    return b()\ndef b():\n    return a() or Flask('x')\n"
    assert {c.attribute for c in project(m=code).candidates} == {"a()", "b()"}


def test_modules_that_import_each_other_end() -> None:
    read = project(
        a="from b import app\nfrom flask import Flask\n", b="from a import Flask\napp = Flask('x')\n"
    )
    assert read.near == ()


def test_a_mounted_app_is_no_candidate() -> None:
    code = "from fastapi import FastAPI\napi = FastAPI()\napp = FastAPI()\napp.mount('/api', api)\n"
    assert [c.attribute for c in project(m=code).candidates] == ["app"]


def test_an_app_made_only_under_the_main_guard_is_a_near_miss() -> None:
    code = FLASK + "if __name__ == '__main__':\n    site = Flask('shop')\n    site.run()\n"
    (miss,) = project(app=code).near
    assert "app.py:3: site is a Flask app" in miss.text
    assert "Move what makes site above" in miss.fix
    made_above = (
        FLASK + "def make():\n    return Flask('a')\nx = make()\nif __name__ == '__main__':\n    x.run()\n"
    )
    assert project(app=made_above).near == ()


@pytest.mark.parametrize(
    ("path", "fix"),
    [
        ("my-app.py", "mv my-app.py my_app.py"),
        ("my app.py", "mv 'my app.py' my_app.py"),
        ("app.v2.py", "mv app.v2.py app_v2.py"),
        ("web/2nd.py", "mv web/2nd.py"),
    ],
)
def test_a_file_that_no_server_can_import_is_a_near_miss(path: str, fix: str) -> None:
    found = read_project(MemoryTree({path: FLASK + "app = Flask('a')\n"}))
    assert found.candidates == ()
    (miss,) = found.near
    assert f"{path}:2: app is a Flask app" in miss.text
    assert fix in miss.fix


def test_a_folder_on_the_way_may_have_any_name() -> None:
    found = read_project(MemoryTree({"my-site/app.py": FLASK + "app = Flask('a')\n"}))
    assert [(c.target, c.directory) for c in found.candidates] == [("app:app", "my-site")]


def test_bottles_unnamed_app_is_a_near_miss() -> None:
    (miss,) = project(app="from bottle import route, run\nrun(port=8080)\n").near
    assert "app.py:2: bottle.run()" in miss.text
    assert "app = default_app()" in miss.fix
    assert project(app="import bottle\napp = bottle.Bottle()\nbottle.run(app)\n").near == ()


def test_the_first_of_several_results_is_the_app() -> None:
    found = only("from fasthtml.common import *\nsite, route = fast_app()\n")
    assert (found.framework.name, found.target) == ("FastHTML", "m:site")


def test_a_name_that_is_no_text_is_left_out_and_told() -> None:
    found = read_project(MemoryTree({"caf\udce9.py": FLASK + "app = Flask('a')\n"}))
    assert found.files == ()
    assert "caf\\xe9.py is not UTF-8" in found.findings[0].text


def test_a_server_under_the_main_guard_is_evidence() -> None:
    found = only(FLASK + "app = Flask('x')\nif __name__ == '__main__':\n    app.run()\n")
    assert [evidence.line for evidence in found.evidence] == [2, 4]
    assert found.runs == 0


def test_a_server_without_guard_is_a_danger() -> None:
    assert only(FLASK + "app = Flask('x')\napp.run()\n").runs == 3


def test_a_target_in_a_string_is_a_mention() -> None:
    read = project(
        web="from fastapi import FastAPI\napi = FastAPI()\n", start="import uvicorn\nuvicorn.run('web:api')\n"
    )
    assert [(mention.target, mention.evidence.where) for mention in read.mentions] == [
        ("web:api", "start.py:2")
    ]


@pytest.mark.parametrize(
    "path", ["tests/web.py", "docs/app.py", "conftest.py", "test_web.py", "examples/x/app.py"]
)
def test_tests_docs_and_examples_are_aside(path: str) -> None:
    read = read_project(MemoryTree({path: FLASK + "app = Flask('x')\n"}))
    assert all(candidate.aside for candidate in read.candidates)
    assert read.candidates


def test_a_large_file_is_named_and_not_parsed() -> None:
    read = project(app=FLASK + "#" * (1 << 20))
    assert "1 MiB large" in read.findings[0].text


@pytest.mark.parametrize(
    "data", [b"\x00", b"\xff\xfe\x00", b"app = (" * 500, b"x = " + b"-" * 9000 + b"1 # create_app"]
)
def test_bytes_that_do_not_parse_are_a_finding(data: bytes) -> None:
    read = read_project(MemoryTree({"app.py": data}))
    assert read.candidates == ()
    assert [finding.evidence[0].path for finding in read.findings] == ["app.py"]


@given(st.text(alphabet="apF=(): \n\tlsk'\"@_.,0", max_size=80))
def test_no_code_breaks_the_reader(code: str) -> None:
    read = read_project(MemoryTree({"app.py": FLASK + code}))
    assert read.python_files == 1
