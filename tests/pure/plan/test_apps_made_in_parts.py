"""Apps that one file makes and others complete, doors that settings name, and what a start file says of
them."""

from __future__ import annotations

import pytest

from webstead.plan import Overrides, Plan, make_plan
from webstead.project import MemoryTree

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FACTORY = "from flask import Flask\ndef make():\n    return Flask('x')\n"
ROUTE = "from core import app\n@app.route('/')\ndef index(): ...\n"
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{0}')\n"
DOOR = MANAGE + "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"


CLI = """import typer, uvicorn
cli = typer.Typer()
@cli.command()
def serve_all(port: int = 1):
    uvicorn.run(build(), port=port)
@cli.command()
def other(): ...
"""


def planned(files: dict[str, str]) -> Plan:
    return make_plan(MemoryTree(files), Overrides(running="3.12"))


def start(files: dict[str, str]) -> tuple[str, str]:
    plan = planned(files)
    assert plan.start is not None, plan.questions
    return plan.start.target or " ".join(plan.start.command), plan.start.directory


def said(files: dict[str, str]) -> str:
    return "\n".join(f"{warning.text} {warning.fix}" for warning in planned(files).warnings)


@pytest.mark.parametrize(
    ("files", "target"),
    [
        ({"core.py": FLASK, "views.py": ROUTE}, "views:app"),
        ({"core.py": FLASK, "run.py": "from core import app\nimport views\n", "views.py": ROUTE}, "run:app"),
        ({"core.py": FLASK + "import views\n", "views.py": ROUTE}, "core:app"),
        ({"core.py": FLASK, "tests/views.py": ROUTE}, "core:app"),
        (
            {
                "core.py": "from dash import Dash\napp = Dash()\nserver = app.server\n",
                "pages.py": "from core import app, server\napp.layout = 1\n",
            },
            "pages:server",
        ),
        ({"core.py": FACTORY, "seed.py": "from core import make\napp = make()\n"}, "core:make()"),
        ({"core.py": FACTORY, "wsgi.py": "from core import make\napp = make()\n"}, "wsgi:app"),
        (
            {
                "core.py": FACTORY,
                "a.py": "from core import make\napp = make()\n",
                "Dockerfile": "CMD gunicorn a:app",
            },
            "a:app",
        ),
        (
            {
                "core.py": FACTORY,
                "wsgi.py": "from core import make\napp = make()\n",
                "run.sh": "gunicorn 'core:make()'",
            },
            "core:make()",
        ),
        (
            {"core.py": FASTAPI, "main.py": "from core import app\nfrom r import r\napp.include_router(r)\n"},
            "main:app",
        ),
    ],
)
def test_the_name_with_all_routes_is_served(files: dict[str, str], target: str) -> None:
    assert start(files) == (target, ".")


def test_a_name_is_matched_by_its_file_in_the_folder_that_is_named() -> None:
    door = "if __package__:\n    from .core import app\nelse:\n    from core import app\napplication = app\n"
    files = {
        "web/core.py": FASTAPI,
        "web/door.py": door,
        "render.yaml": "rootDir: web\ncmd: uvicorn door:application\n",
    }
    assert start(files) == ("web.door:application", ".")


@pytest.mark.parametrize(
    ("code", "words", "target"),
    [
        ("app = APPS['x']\n", "gunicorn m:app", "m:app"),
        ("app = APPS['x']\n", "gunicorn -k uvicorn.workers.UvicornWorker m:app", "m:app"),
        ("application = APPS['x']\n", "gunicorn web.m", "web.m:application"),
        ("make = APPS['x']\n", "uvicorn m:make --factory", "m:make()"),
        ("from x import *\n", "gunicorn m:app", "m:app"),
        ("app = APPS['x']\n", "gunicorn m:other", ""),
        ("app = APPS['x']\n", "celery -A m:app", ""),
    ],
)
def test_what_deploys_an_app_makes_it_one(code: str, words: str, target: str) -> None:
    path = "web/m.py" if "web.m" in words else "m.py"
    plan = planned({path: f"from y import APPS\n{code}", "Dockerfile": f"CMD {words}\n"})
    assert (plan.start.target if plan.start else "") == target
    if plan.start is not None:
        assert plan.start.interface == ("asgi" if "uvicorn" in words.lower() else "wsgi")
        assert [evidence.where for evidence in plan.start.evidence] == ["Dockerfile:1"]


def test_a_readme_makes_no_app_of_a_name() -> None:
    assert planned({"m.py": "app = X['x']\n", "README.md": "`gunicorn m:app`\n"}).start is None


def test_an_entry_point_goes_before_the_words_of_the_command() -> None:
    text = 'ENTRYPOINT ["gunicorn", "-w", "4"]\nCMD ["b:app"]\n'
    assert start({"a.py": FLASK, "b.py": FLASK, "Dockerfile": text}) == ("b:app", ".")


def test_a_file_that_an_app_mounts_by_its_name_is_a_part_of_it() -> None:
    code = FASTAPI + "from chainlit.utils import mount_chainlit\nmount_chainlit(app=app, target='chat.py')\n"
    assert start({"main.py": code, "chat.py": "import chainlit\n"}) == ("main:app", ".")


def test_routes_that_nothing_loads_are_told() -> None:
    text = said({"core.py": FLASK, "one.py": ROUTE, "two.py": ROUTE})
    assert "adds to" in text
    assert "does not import it" in text


def test_the_setting_names_the_door() -> None:
    files = {
        "manage.py": MANAGE.format("shop.settings"),
        "shop/settings.py": "WSGI_APPLICATION = 'shop.wsgi_web.application'\n",
        "shop/wsgi_admin.py": DOOR.format("shop.settings"),
        "shop/wsgi_web.py": DOOR.format("shop.settings"),
    }
    assert start(files) == ("shop.wsgi_web:application", ".")


def test_the_folder_is_the_one_that_the_settings_are_imported_from() -> None:
    files = {
        "desk/__init__.py": "",
        "desk/manage.py": MANAGE.format("core.settings"),
        "desk/core/__init__.py": "",
        "desk/core/settings.py": "",
        "desk/core/wsgi.py": DOOR.format("core.settings"),
    }
    assert start(files) == ("core.wsgi:application", "desk")


@pytest.mark.parametrize(
    ("chosen", "files", "told"),
    [
        ("'s.dev'", ("dev", "prod"), "--env DJANGO_SETTINGS_MODULE=s.prod"),
        ("'s.local'", ("local", "production"), "--env DJANGO_SETTINGS_MODULE=s.production"),
        ("'s.prod' if 'X' in os.environ else 's.base'", ("base", "prod"), "and s.prod where its condition"),
        ("'s.prod'", ("dev", "prod"), ""),
        ("'s.dev'", ("dev",), ""),
    ],
)
def test_better_settings_are_told(chosen: str, files: tuple[str, ...], told: str) -> None:
    code = f"import os\nmodule = {chosen}\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', module)\n"
    text = said({"manage.py": code, "s/__init__.py": "", **{f"s/{name}.py": "" for name in files}})
    assert told in text
    assert bool(told) == ("settings" in text)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"appsvc.yaml": "run: gunicorn b:app\n"}, ("gunicorn b:app", ".")),
        ({"appsvc.yaml": "run: cd api && gunicorn b:app\n", "api/b.py": FLASK}, ("gunicorn b:app", "api")),
        ({"appsvc.yaml": "run: |\n  if x; then\n  fi\n"}, ("sh -c if x; then\nfi", ".")),
        (
            {"appsvc.yaml": "run: gunicorn b:app\n", "Procfile": "web: gunicorn a:app\n"},
            ("gunicorn a:app", "."),
        ),
        ({"appsvc.yaml": "run: gunicorn b:app\n", "startup.sh": "gunicorn a:app\n"}, ("gunicorn b:app", ".")),
        ({"Procfile": "web: gunicorn a:app\nweb: gunicorn b:app\n"}, ("gunicorn b:app", ".")),
    ],
)
def test_commands_of_the_project(files: dict[str, str], words: tuple[str, str]) -> None:
    own = {"a.py": FLASK, "b.py": FLASK, "requirements.txt": "flask\ngunicorn\n"}
    assert start({**own, **files}) == words


def test_a_run_that_cannot_be_read_is_told() -> None:
    files = {"a.py": FLASK, "appsvc.yaml": 'run: gunicorn "a:app\n'}
    assert "appsvc.yaml:1 cannot be read" in said(files)


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("railway.json", '{"startCommand": "cd b && uvicorn main:app"}', ("main:app", "b")),
        ("Dockerfile", "CMD sh -c 'cd a; uvicorn main:app'", ("main:app", "a")),
        ("nixpacks.toml", 'cmd = "uvicorn a.main:app"', ("a.main:app", ".")),
    ],
)
def test_a_start_file_says_from_where(file: str, text: str, found: tuple[str, str]) -> None:
    assert start({"a/main.py": FASTAPI, "b/main.py": FASTAPI, file: text + "\n"}) == found


def test_a_file_with_imports_beside_it_is_named_from_its_folder() -> None:
    files = {"a/main.py": "import db\n" + FASTAPI, "a/db.py": "", "Procfile.dev": "", "b/main.py": FASTAPI}
    assert start({**files, "Dockerfile": "CMD uvicorn a.main:app\n"}) == ("main:app", "a")


@pytest.mark.parametrize(
    ("listed", "interface"), [("connexion<3", "wsgi"), ("connexion==2.14.2", "wsgi"), ("connexion", "asgi")]
)
def test_the_interface_is_that_of_the_version(listed: str, interface: str) -> None:
    files = {"m.py": "import connexion\napp = connexion.App('x')\n", "requirements.txt": listed + "\n"}
    plan = planned(files)
    assert plan.start is not None
    assert plan.start.interface == interface


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import azure.functions as func\napp = func.FunctionApp()\n", "Azure Functions"),
        ("from chalice import Chalice\napp = Chalice('x')\n", "Chalice app"),
        ("import reflex as rx\napp = rx.App()\n", "reflex run --env prod"),
        ("def lambda_handler(event, context):\n    return {}\n", "AWS Lambda"),
    ],
)
def test_what_is_served_elsewhere_is_named(code: str, told: str) -> None:
    plan = planned({"m.py": code})
    assert plan.start is None
    assert told in plan.questions[0].text + plan.questions[0].fix


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"m.py": CLI + "if __name__ == '__main__':\n    cli()\n"}, "python m.py serve-all --port $PORT"),
        (
            {"p/__main__.py": "from p.m import cli\ncli()\n", "p/m.py": CLI},
            "python -m p serve-all --port $PORT",
        ),
        ({"p/m.py": CLI}, ""),
    ],
)
def test_a_command_that_has_to_be_named_is_told(files: dict[str, str], words: str) -> None:
    (question,) = planned(files).questions
    assert words in question.fix
    assert bool(words) == ("its command serve-all serves by uvicorn" in question.text)


def test_what_is_for_elsewhere_does_not_keep_an_app_from_being_served() -> None:
    assert start({"m.py": "import azure.functions\n" + FLASK}) == ("m:app", ".")


def test_a_factory_of_pastedeploy_is_told_with_its_file() -> None:
    code = "from pyramid.config import Configurator\ndef main(global_config, **settings):\n"
    plan = planned({"m.py": code + "    return Configurator().make_wsgi_app()\n", "development.ini": ""})
    assert 'get_app("development.ini")' in plan.questions[0].fix
