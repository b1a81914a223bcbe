"""Loading what the frameworks make, Paste Deploy files and the virtual environments of old templates, each in
an interpreter that has the real packages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import pytest

from .conftest import APPS, SECONDS

SOURCE = Path(__file__).parents[3] / "src"
PACKAGES = ("aiohttp", "django", "falcon", "fastapi", "flask", "PasteDeploy", "quart")

DRIVER = """
import asyncio, json, os, sys
from wsgiref.util import setup_testing_defaults
sys.path[0] = os.getcwd()
from webstead.gateway.failure import StartFailure
from webstead.gateway.loading.loader import load_app

def body(loaded):
    if loaded.interface == "wsgi":
        environ = {}
        setup_testing_defaults(environ)
        return b"".join(loaded.app(environ, lambda status, headers, exc_info=None: None)).decode()
    sent = []
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    async def receive():
        return messages.pop() if messages else await asyncio.Event().wait()
    async def send(message):
        sent.append(message.get("body", b""))
    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
             "method": "GET", "scheme": "http", "path": "/", "raw_path": b"/", "query_string": b"",
             "root_path": "", "headers": [(b"host", b"localhost")], "client": None,
             "server": ("localhost", 80)}
    async def main():
        await loaded.app(scope, receive, send)
    asyncio.run(main())
    return b"".join(sent).decode()

target, interface, is_file = sys.argv[1:]
try:
    loaded = load_app(target, os.environ, interface, is_file=bool(is_file))
    print(json.dumps({"interface": loaded.interface, "body": body(loaded), "prefix": sys.prefix,
                      "path": sys.path, "environment": os.environ.get("VIRTUAL_ENV"),
                      "programs": os.environ["PATH"].split(os.pathsep)[0]}))
except StartFailure as failure:
    print(failure.as_json())
"""


class Told(TypedDict):
    """What the driver prints: of an app, or of a failure."""

    interface: str
    body: str
    prefix: str
    path: list[str]
    environment: str | None
    programs: str
    what: str
    found: str
    fix: str
    detail: str


class Loading:
    """What a process that loads a target tells."""

    def __init__(self, python: str) -> None:
        self._python = python

    def __call__(
        self,
        target: str,
        folder: Path,
        interface: str = "auto",
        env: Mapping[str, str] | None = None,
        *,
        is_file: bool = False,
    ) -> Told:
        done = subprocess.run(
            [self._python, "-c", DRIVER, target, interface, "1" if is_file else ""],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(SOURCE),
                "PYTHONDONTWRITEBYTECODE": "1",
                **(env or {}),
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.stdout, done.stderr
        told: Told = json.loads(done.stdout.splitlines()[-1])
        return told


def make_environment(folder: Path, packages: Sequence[str], python: str = sys.executable) -> Path:
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", python, str(folder)], check=True)
    if packages:
        made = str(folder / "bin" / "python")
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", made, *packages], check=True)
    return folder


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With every framework, and nothing of ours."""
    return make_environment(tmp_path_factory.mktemp("frameworks") / "env", PACKAGES)


@pytest.fixture
def loading(environment: Path) -> Loading:
    return Loading(str(environment / "bin" / "python"))


@pytest.fixture
def bare() -> Loading:
    """In the interpreter of the tests, which has none of the frameworks."""
    return Loading(sys.executable)


DJANGO = """
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"])
urlpatterns = [path("", lambda request: HttpResponse("hello"))]
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
wsgi, asgi = get_wsgi_application(), get_asgi_application()
"""
FLASK = """
import flask
app = flask.Flask(__name__)
app.route("/")(lambda: "hello")
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
class Endpoint(HTTPEndpoint):
    async def get(self, request):
        return PlainTextResponse("hello")
app = Starlette(routes=[Route("/", Endpoint)])
wrapped = CORSMiddleware(app)
"""
FASTAPI = """
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
app = FastAPI()
@app.get("/", response_class=PlainTextResponse)
async def root():
    return "hello"
"""
FALCON = """
import falcon, falcon.asgi
class Hello:
    def on_get(self, request, response):
        response.text = "hello"
class AsyncHello:
    async def on_get(self, request, response):
        response.text = "hello"
wsgi, asgi = falcon.App(), falcon.asgi.App()
wsgi.add_route("/", Hello())
asgi.add_route("/", AsyncHello())
"""
QUART = """
import quart
app = quart.Quart(__name__)
@app.get("/")
async def root():
    return "hello"
"""


@pytest.mark.parametrize(
    ("source", "name", "interface"),
    [
        (DJANGO, "wsgi", "wsgi"),
        (DJANGO, "asgi", "asgi"),
        (FLASK, "app", "wsgi"),
        (STARLETTE, "app", "asgi"),
        (STARLETTE, "wrapped", "asgi"),
        (STARLETTE, "Endpoint", "asgi"),
        (FASTAPI, "app", "asgi"),
        (FALCON, "wsgi", "wsgi"),
        (FALCON, "asgi", "asgi"),
        (QUART, "app", "asgi"),
    ],
    ids=lambda value: value.split()[1].partition(".")[0].strip(",") if "\n" in value else value,
)
def test_what_a_framework_makes(
    loading: Loading, tmp_path: Path, source: str, name: str, interface: str
) -> None:
    (tmp_path / "site_app.py").write_text(source)
    told = loading(f"site_app:{name}", tmp_path)
    assert (told["interface"], told["body"]) == (interface, "hello")


@pytest.mark.parametrize(("target", "wanted"), [("shapes:app", "asgi"), ("shapes:asgi", "wsgi")])
def test_an_interface_that_the_app_does_not_have(bare: Loading, target: str, wanted: str) -> None:
    assert f"{wanted.upper()} is asked for" in bare(target, APPS, wanted)["what"]


def test_a_framework_with_its_own_server_is_told_its_way(loading: Loading, tmp_path: Path) -> None:
    (tmp_path / "site_app.py").write_text("from aiohttp import web\napp = web.Application()\n")
    told = loading("site_app:app", tmp_path)
    assert "app of aiohttp, which is neither WSGI nor ASGI" in told["what"]
    assert "HttpPlatformHandler" in told["fix"]


def test_an_app_of_asgi_2_is_one_of_asgi_3(bare: Loading, tmp_path: Path) -> None:
    source = (
        "class App:\n"
        "    def __init__(self, scope): self.scope = scope\n"
        "    async def __call__(self, receive, send):\n"
        "        await send({'type': 'http.response.body', 'body': self.scope['path'].encode()})\n"
    )
    (tmp_path / "site_app.py").write_text(source)
    told = bare("site_app:App", tmp_path)
    assert (told["interface"], told["body"]) == ("asgi", "/")


def test_asgi_apps_are_among_the_names(bare: Loading) -> None:
    found = bare("shapes:aap", APPS)["found"]
    assert "shapes:app" in found
    assert "shapes:asgi" in found


# Paste Deploy

INI = """
[app:main]
paste.app_factory = site_app:make
greeting = %(here)s

[filter-app:loud]
paste.filter_app_factory = site_app:make_loud
next = main

[pipeline:piped]
pipeline = louder main

[filter:louder]
paste.filter_factory = site_app:make_filter

[app:failing]
paste.app_factory = site_app:fail

[app:missing]
paste.app_factory = broken_import:app

[app:egg]
use = egg:a_package_that_nobody_has

[app:nothing]
paste.app_factory = site_app:make_none

[server:main]
use = egg:iiswsgi#iis
"""
PASTE_APP = """
import logging
def make(global_conf, greeting):
    def app(environ, start_response):
        start_response("200 OK", [])
        return [greeting.encode(), b" ", logging.getLevelName(logging.getLogger("site").level).encode()]
    return app
def make_loud(app, global_conf):
    return lambda environ, start_response: [b"".join(app(environ, start_response)).upper()]
def make_filter(global_conf):
    return lambda app: make_loud(app, global_conf)
def fail(global_conf):
    raise KeyError("DATABASE_URL")
def make_none(global_conf):
    return None
"""
LOGGING = """
[loggers]
keys = root, site
[handlers]
keys =
[formatters]
keys =
[logger_root]
level = WARN
handlers =
[logger_site]
level = DEBUG
handlers =
qualname = site
"""


@pytest.fixture
def paste_folder(tmp_path: Path) -> Path:
    """With a name that a URI would take for a fragment. (A `%` is more than PasteDeploy itself can take.)"""
    folder = tmp_path / "C# sité"
    folder.mkdir()
    (folder / "site_app.py").write_text(PASTE_APP)
    (folder / "broken_import.py").write_text((APPS / "broken_import.py").read_text())
    (folder / "app.ini").write_text(INI)
    return folder


def test_the_main_app_of_a_file(loading: Loading, paste_folder: Path) -> None:
    """Its server section is not used, and names nothing that is there."""
    for target in (
        "app.ini",
        "app.ini#main",
        "config:app.ini",
        "config:app.ini#main",
        str(paste_folder / "app.ini"),
    ):
        told = loading(target, paste_folder)
        assert (told["interface"], told["body"]) == ("wsgi", f"{paste_folder} NOTSET")


def test_other_apps_of_a_file(loading: Loading, paste_folder: Path) -> None:
    for name in ("loud", "piped"):
        assert (
            loading(f"app.ini#{name}", paste_folder)["body"]
            == f"{paste_folder} NOTSET".encode().upper().decode()
        )


def test_a_file_with_another_ending(loading: Loading, paste_folder: Path) -> None:
    (paste_folder / "app.ini").rename(paste_folder / "production")
    told = loading("production#main", paste_folder, is_file=True)
    assert told["body"] == f"{paste_folder} NOTSET"


def test_the_files_loggers_are_set_up(loading: Loading, paste_folder: Path) -> None:
    (paste_folder / "app.ini").write_text(INI + LOGGING)
    assert loading("app.ini", paste_folder)["body"] == f"{paste_folder} DEBUG"


def test_without_pastedeploy_the_line_that_installs_it_is_told(bare: Loading, paste_folder: Path) -> None:
    told = bare("app.ini", paste_folder)
    assert "needs the package PasteDeploy" in told["what"]
    assert told["fix"] == f"{sys.executable} -m pip install PasteDeploy"


def test_a_file_that_is_not_there(bare: Loading, tmp_path: Path) -> None:
    told = bare("none.ini", tmp_path)
    assert "'none.ini' cannot be read" in told["what"]
    assert str(tmp_path) in told["found"]


def test_an_app_that_is_not_in_the_file(loading: Loading, paste_folder: Path) -> None:
    told = loading("app.ini#mian", paste_folder)
    assert "has no app 'mian'" in told["what"]
    assert "app.ini#main, app.ini#loud, app.ini#piped" in told["fix"]


@pytest.mark.parametrize(
    ("name", "found", "shown"),
    [
        ("failing", "KeyError: 'DATABASE_URL'", "site_app.py"),
        ("missing", "No module named 'a_package_that_nobody_has'", "broken_import.py"),
        ("egg", "a_package_that_nobody_has", "loadwsgi.py"),
    ],
)
def test_what_fails_behind_the_file_shows_its_own_traceback(
    loading: Loading, paste_folder: Path, name: str, found: str, shown: str
) -> None:
    told = loading(f"app.ini#{name}", paste_folder)
    assert found in told["found"]
    assert shown in told["detail"]
    assert "loading/loader.py" not in told["detail"]
    assert "gateway/paste.py" not in told["detail"]


def test_an_app_that_is_none(loading: Loading, paste_folder: Path) -> None:
    assert "is None" in loading("app.ini#nothing", paste_folder)["what"]


# Virtual environments of old templates

PROXY = "ptvs_virtualenv_proxy.get_virtualenv_handler()"


@pytest.fixture
def site(environment: Path, tmp_path: Path) -> Path:
    """A folder as the templates leave it: the proxy beside the app, and the environment in it."""
    (tmp_path / "env").symlink_to(environment)
    (tmp_path / "ptvs_virtualenv_proxy.py").write_text("raise RuntimeError('never imported')")
    (tmp_path / "site_app.py").write_text(FLASK)
    return tmp_path


@pytest.mark.parametrize(
    "named",
    [
        "env/bin/activate_this.py",
        "env/bin/python",
        "env\\bin\\python",
        "env",
        "{site}/env/bin/python",
        " env/bin/python3 ",
    ],
)
def test_the_environment_that_the_template_names_is_this_processs(
    bare: Loading, site: Path, named: str
) -> None:
    settings = {
        "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": named.format(site=site),
        "WSGI_ALT_VIRTUALENV_HANDLER": "site_app.app",
    }
    told = bare(PROXY, site, env=settings)
    assert told["body"] == "hello", told
    assert told["path"][0].startswith(f"{site}/env/lib/python")
    assert told["path"][0].endswith("/site-packages")
    assert told["prefix"] == told["environment"] == str(site / "env")
    assert told["programs"] == str(site / "env" / "bin")


def test_without_the_proxy_the_environment_is_who_starts_the_gateways(bare: Loading, site: Path) -> None:
    told = bare("site_app:app", site, env={"WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": "env/bin/python"})
    assert "No module named 'flask'" in told["found"]


def test_the_environments_own_python_needs_no_activation(loading: Loading, site: Path) -> None:
    settings = {"WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": "env", "WSGI_ALT_VIRTUALENV_HANDLER": "site_app.app"}
    told = loading(PROXY, site, env=settings)
    assert told["body"] == "hello"
    assert told["environment"] is None


@pytest.mark.parametrize(
    ("programs", "packages"),
    [("Scripts", "Lib/site-packages"), ("SCRIPTS", "LIB/Site-Packages"), ("", "lib/site-packages")],
)
def test_the_layout_of_windows_in_any_case(
    bare: Loading, tmp_path: Path, programs: str, packages: str
) -> None:
    """Also that of conda, with its Python at the top; and a .pth file that leads elsewhere."""
    root = tmp_path / "Env"
    (root / packages).mkdir(parents=True)
    (root / programs).mkdir(exist_ok=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "site_app.py").write_text((APPS / "shapes.py").read_text())
    (root / packages / "more.pth").write_text(f"{tmp_path / 'elsewhere'}\n")
    folder = tmp_path / "app"
    folder.mkdir()
    named = os.path.join(root, programs, "python.exe")
    settings = {"WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": named, "WSGI_ALT_VIRTUALENV_HANDLER": "site_app.app"}
    told = bare(PROXY, folder, env=settings)
    assert told["body"] == "shapes.app", told
    assert told["path"][:2] == [str(root / packages), str(tmp_path / "elsewhere")]


def failed(bare: Loading, folder: Path, named: str) -> Told:
    settings = {"WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": named, "WSGI_ALT_VIRTUALENV_HANDLER": "site_app.app"}
    return bare(PROXY, folder, env=settings)


def test_an_environment_of_another_python_is_an_error_that_says_which(bare: Loading, tmp_path: Path) -> None:
    root = tmp_path / "env"
    (root / "bin").mkdir(parents=True)
    (root / "pyvenv.cfg").write_text("home = /usr\nversion = 3.4.1\n")
    told = failed(bare, tmp_path, "env/bin/python")
    assert "was made for another Python" in told["what"]
    assert "it is for Python 3.4.1;" in told["found"]
    assert f"{sys.executable} is cpython {sys.version_info[0]}.{sys.version_info[1]}" in told["found"]
    (root / "pyvenv.cfg").unlink()
    (root / "lib" / "python2.7" / "site-packages").mkdir(parents=True)
    assert "it is for python2.7;" in failed(bare, tmp_path, "env/bin/activate_this.py")["found"]


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("none/bin/python", "there is no folder {folder}/none"),
        ("D:\\home\\site\\env\\Scripts\\python.exe", "there is no folder {folder}/D:/home/site/env"),
        ("empty", "{folder}/empty has neither Lib/site-packages nor lib/python3"),
    ],
)
def test_an_environment_that_is_not_there(bare: Loading, tmp_path: Path, named: str, found: str) -> None:
    (tmp_path / "empty").mkdir()
    told = failed(bare, tmp_path, named)
    assert "names no virtual environment" in told["what"]
    assert told["found"].startswith(found.format(folder=tmp_path))
    assert "bin/python" in told["fix"]
