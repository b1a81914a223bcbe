"""Programs that serve an app by a command of their own: they listen where the host says."""

from __future__ import annotations

import pytest

from webstead.plan import Plan, make_plan
from webstead.plan.commands import PORT
from webstead.plan.listening import PROGRAM_PORTS
from webstead.project import MemoryTree


def plan_of(command: str) -> Plan:
    return make_plan(MemoryTree({"Procfile": f"web: {command}\n", "app.py": ""}))


def started(plan: Plan) -> str:
    assert plan.start is not None
    return " ".join(plan.start.command).replace(PORT, "$PORT")


@pytest.mark.parametrize(
    ("written", "runs"),
    [
        ("litestar --app shop:app run", "litestar --app shop:app run --port $PORT"),
        ("litestar run --port=$PORT --wc 2", "litestar run --port=$PORT --wc 2"),
        ("fastapi run app/main.py --workers 2", "fastapi run --port $PORT app/main.py --workers 2"),
        ("sanic shop.server", "sanic shop.server --port $PORT"),
        ("sanic ./public --simple -p $PORT", "sanic ./public --simple -p $PORT"),
        ("streamlit run app.py", "streamlit run --server.port $PORT app.py"),
        ("streamlit run app.py --server.port=${PORT:-8501}", "streamlit run app.py --server.port=$PORT"),
        ("python -m panel serve app.py", "python -m panel serve --port $PORT app.py"),
        ("uv run fastmcp run server.py", "uv run fastmcp run --port $PORT server.py"),
        ("quart --app shop run", "quart --app shop run --port $PORT"),
        ("panel --version", "panel --version"),
        ("python -m http.server -d public", "python -m http.server $PORT -d public"),
        ("python -m http.server $PORT", "python -m http.server $PORT"),
        ("python manage.py runserver --noreload", "python manage.py runserver $PORT --noreload"),
        ("python manage.py runserver 0.0.0.0:$PORT", "python manage.py runserver 0.0.0.0:$PORT"),
        ("litestar schema openapi", "litestar schema openapi"),
    ],
)
def test_the_port_is_given_where_none_is_named(written: str, runs: str) -> None:
    assert started(plan_of(written)) == runs


@pytest.mark.parametrize(
    ("written", "runs", "fix"),
    [
        ("fastapi run --port 80", "fastapi run --port $PORT", "Write --port $PORT in place of --port 80."),
        ("sanic shop -p 8000", "sanic shop -p $PORT", "Write -p $PORT in place of -p 8000."),
        (
            "python -m http.server 8000 -d public",
            "python -m http.server $PORT -d public",
            "Write $PORT in place of 8000.",
        ),
        (
            "python manage.py runserver 0.0.0.0:8000",
            "python manage.py runserver 0.0.0.0:$PORT",
            "Write 0.0.0.0:$PORT in place of 0.0.0.0:8000.",
        ),
        (
            "streamlit run app.py --server.port=8501",
            "streamlit run app.py --server.port=$PORT",
            "Write --server.port $PORT in place of --server.port 8501.",
        ),
    ],
)
def test_a_port_of_its_own_becomes_the_hosts(written: str, runs: str, fix: str) -> None:
    plan = plan_of(written)
    assert started(plan) == runs
    assert [w.fix for w in plan.warnings if w.kind == "fixed-port"] == [fix]


@pytest.mark.parametrize("program", sorted(PROGRAM_PORTS))
def test_every_program_gets_its_port_once(program: str) -> None:
    verb, (first, *_) = PROGRAM_PORTS[program]
    for given in ("", f" {first} $PORT", f" {first}=9000", f" {first} 9000"):
        words = started(plan_of(f"{program} {verb}{given}".replace("  ", " "))).replace("=", " ")
        assert words.count(f"{first} $PORT") == 1, words
        assert "9000" not in words
