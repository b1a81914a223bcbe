"""A server that the project names: its words are kept, but for what cannot work."""

from __future__ import annotations

import pytest

from webstead.plan import Plan, make_plan
from webstead.plan.commands import PORT
from webstead.project import MemoryTree

FLASK = "from flask import Flask\napp = Flask('x')\ndef make(env):\n    return Flask(env)\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
PACKAGES = "flask\nfastapi\ngunicorn\nuvicorn\nhypercorn\nwaitress\ndaphne\ngranian\n"


def plan_of(command: str, code: str = FLASK, packages: str = PACKAGES, **files: str) -> Plan:
    rest = {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
    tree = {"Procfile": f"web: {command}\n", "web.py": code, "requirements.txt": packages, **rest}
    return make_plan(MemoryTree(tree))


def started(plan: Plan) -> str:
    assert plan.start is not None
    return " ".join(plan.start.command).replace(PORT, "$PORT")


def told(plan: Plan) -> str:
    return "\n".join(f"{warning.text} {warning.fix}" for warning in plan.warnings)


@pytest.mark.parametrize(
    ("written", "runs"),
    [
        ("gunicorn web:app", "gunicorn web:app"),
        ("gunicorn -b 0.0.0.0:$PORT -w 3 web:app", "gunicorn -b 0.0.0.0:$PORT -w 3 web:app"),
        (
            "gunicorn --bind=0.0.0.0 --timeout 600 web:app",
            "gunicorn --bind=0.0.0.0:$PORT --timeout 600 web:app",
        ),
        ("waitress-serve --listen=*:$PORT web:app", "waitress-serve --listen=*:$PORT web:app"),
        ("waitress-serve web:app", "waitress-serve --port $PORT web:app"),
        ("hypercorn web:app", "hypercorn --bind 127.0.0.1:$PORT web:app"),
        ("gunicorn \"web:make('prod')\"", "gunicorn web:make('prod')"),
    ],
)
def test_what_works_is_kept(written: str, runs: str) -> None:
    plan = plan_of(written)
    assert started(plan) == runs
    assert plan.warnings == ()


@pytest.mark.parametrize(
    ("written", "runs", "fixed"),
    [
        ("gunicorn -b :8000 web:app", "gunicorn -b :$PORT web:app", "8000"),
        ("gunicorn -b0.0.0.0:8000 web:app", "gunicorn -b0.0.0.0:$PORT web:app", "8000"),
        ("gunicorn -b :1 -b :2 web:app", "gunicorn -b :$PORT web:app", "1"),
        (
            "gunicorn --bind unix:/run/a.sock web:app",
            "gunicorn --bind 127.0.0.1:$PORT web:app",
            "/run/a.sock",
        ),
        ("waitress-serve --port=80 web:app", "waitress-serve --port=$PORT web:app", "80"),
    ],
)
def test_a_port_of_its_own_becomes_the_hosts(written: str, runs: str, fixed: str) -> None:
    plan = plan_of(written)
    assert started(plan) == runs
    assert f"fixed port {fixed}" in told(plan)


@pytest.mark.parametrize(
    ("written", "runs", "named"),
    [
        ("gunicorn web:app", "gunicorn -k uvicorn.workers.UvicornWorker web:app", "worker class sync"),
        (
            "gunicorn -w 2 --worker-class gevent web:app",
            "gunicorn -w 2 -k uvicorn.workers.UvicornWorker web:app",
            "gevent",
        ),
    ],
)
def test_workers_for_wsgi_make_room_for_asgi(written: str, runs: str, named: str) -> None:
    plan = plan_of(written, FASTAPI)
    assert started(plan) == runs
    assert f"{named}, which calls apps by WSGI" in told(plan)


def test_the_package_for_workers_is_taken_where_it_is_listed() -> None:
    plan = plan_of("gunicorn web:app", FASTAPI, PACKAGES + "uvicorn-worker\n")
    assert started(plan) == "gunicorn -k uvicorn_worker.UvicornWorker web:app"


def test_without_uvicorn_the_app_is_served_by_our_own() -> None:
    plan = plan_of("gunicorn web:app", FASTAPI, "fastapi\ngunicorn\n")
    assert plan.start is not None
    assert (plan.start.interface, plan.start.target) == ("asgi", "web:app")
    assert "uvicorn serves it" in told(plan)


def test_a_worker_class_for_asgi_is_taken_out_for_wsgi() -> None:
    plan = plan_of("gunicorn -k uvicorn.workers.UvicornWorker -w 2 web:app")
    assert started(plan) == "gunicorn -w 2 web:app"
    assert "worker class uvicorn.workers.UvicornWorker, which calls apps by ASGI" in told(plan)


def test_a_worker_class_of_the_configuration_file_counts() -> None:
    conf = "worker_class = 'uvicorn.workers.UvicornWorker'\n"
    assert plan_of("gunicorn web:app", FASTAPI, gunicorn_conf_py=conf).warnings == ()
    plan = plan_of("gunicorn -c conf/g.py web:app", FLASK, conf__g_py=conf)
    assert started(plan) == "gunicorn -c conf/g.py -k sync web:app"
    assert "conf/g.py:1 has gunicorn's worker class" in told(plan)


@pytest.mark.parametrize(
    ("written", "code", "interface"),
    [
        ("uvicorn web:app --port $PORT", FLASK, "wsgi"),
        ("daphne -p $PORT web:app", FLASK, "wsgi"),
        ("waitress-serve --port=$PORT web:app", FASTAPI, "asgi"),
    ],
)
def test_a_server_of_the_other_interface_is_not_started(written: str, code: str, interface: str) -> None:
    plan = plan_of(written, code)
    assert plan.start is not None
    assert (plan.start.interface, plan.start.target) == (interface, "web:app")
    assert "calls apps by" in told(plan)


def test_uvicorn_that_is_told_of_wsgi_is_left_alone() -> None:
    assert plan_of("uvicorn web:app --interface wsgi --port $PORT").warnings == ()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("gunicorn shop:app", "there is no module shop"),
        ("gunicorn web:application", "web.py has no application"),
    ],
)
def test_an_app_that_is_gone_is_said_and_the_one_that_is_there_served(written: str, says: str) -> None:
    plan = plan_of(written, FLASK.replace("def make(env):\n    return Flask(env)\n", ""))
    assert plan.start is not None
    assert plan.start.target == "web:app"
    assert says in told(plan)


@pytest.mark.parametrize("command", ["python manage.py runserver 0.0.0.0:$PORT", "flask run --port $PORT"])
def test_development_servers_are_named(command: str) -> None:
    assert "development server" in told(plan_of(command))


def test_what_comes_before_the_server_is_a_release() -> None:
    plan = plan_of("python manage.py migrate && python seed.py && gunicorn web:app")
    assert started(plan) == "gunicorn web:app"
    assert 'release: sh -c "python manage.py migrate && python seed.py"' in told(plan)
    assert plan_of("python manage.py collectstatic --noinput && gunicorn web:app").warnings == ()
    assert plan_of("python a.py && gunicorn web:app\nrelease: python a.py").warnings == ()
