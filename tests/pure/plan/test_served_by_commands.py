"""What the words of a start command serve."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.plan.served import SERVERS, App, Asked, Script, served


def of(command: str, *files: str, **variables: str) -> object:
    return served(shlex.split(command), files, variables)


@pytest.mark.parametrize(
    ("command", "app"),
    [
        ("uvicorn main:app", App("main:app", "asgi", "uvicorn")),
        ("python -m uvicorn main:app --port 8000", App("main:app", "asgi", "uvicorn")),
        ("uv run uvicorn main:app", App("main:app", "asgi", "uvicorn")),
        ("/env/bin/uvicorn main:app", App("main:app", "asgi", "uvicorn")),
        ("uvicorn --factory shop:create", App("shop:create()", "asgi", "uvicorn")),
        ("uvicorn main:app --app-dir src", App("main:app", "asgi", "uvicorn", path=("src",))),
        ("uvicorn main:app --interface wsgi", App("main:app", "auto", "uvicorn")),
        ("gunicorn shop.wsgi:application -w 4", App("shop.wsgi:application", "wsgi", "gunicorn")),
        ("gunicorn -b unix:app.sock main:app", App("main:app", "wsgi", "gunicorn")),
        ("gunicorn -k uvicorn.workers.UvicornWorker main:app", App("main:app", "asgi", "gunicorn")),
        ("gunicorn --worker-class=gthread main:app", App("main:app", "wsgi", "gunicorn")),
        ("gunicorn -k my:Worker main:app", App("main:app", "auto", "gunicorn")),
        ("gunicorn --chdir src main:app", App("main:app", "wsgi", "gunicorn", "src")),
        ("gunicorn 'shop:create_app()'", App("shop:create_app()", "wsgi", "gunicorn")),
        ("hypercorn asgi:shop.web:app", App("shop.web:app", "auto", "hypercorn")),
        ("daphne -u /tmp/x.sock site.asgi:application", App("site.asgi:application", "asgi", "daphne")),
        ("granian --interface asgi main:app", App("main:app", "asgi", "granian")),
        ("granian --interface wsgi --working-dir src main:app", App("main:app", "auto", "granian", "src")),
        ("waitress-serve --call shop:create", App("shop:create()", "wsgi", "waitress-serve")),
        ("waitress-serve --app=shop:app", App("shop:app", "wsgi", "waitress-serve")),
    ],
)
def test_a_server_is_given_an_app(command: str, app: App) -> None:
    assert of(command) == app


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python app.py", Script("app.py")),
        ("python3.12 -u -X dev app.py --port 1", Script("app.py")),
        ("python -m shop", Script(modules=("shop",))),
        ("streamlit run pages/home.py", Script("pages/home.py")),
        ("python -m streamlit run app.py", Script("app.py", ("streamlit",))),
        ("panel serve dash.py --port 5", Script("dash.py")),
        ("python manage.py migrate", Script("manage.py")),
        ("python -m webstead.portbind --to 8000 --first app.py x", Script("app.py")),
        ("python -m webstead.portbind --to 8000 --port 5000 --module shop", Script(modules=("shop",))),
        ("python -m webstead.portbind --to 1 --serve aiohttp web:app", Script(modules=("web",))),
    ],
)
def test_a_script_serves_itself(command: str, script: Script) -> None:
    assert of(command) == script


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("gunicorn", "gunicorn --check-config"),
        ("gunicorn shop.wsgi", "gunicorn shop.wsgi --check-config"),
        ("gunicorn -c conf.py main:app", "gunicorn -c conf.py main:app --check-config"),
        ("gunicorn --pythonpath=src main:app", "gunicorn --pythonpath=src main:app --check-config"),
        ("python -m flask --app shop run --port 80", "python -m flask --app shop routes"),
        (
            "litestar --app shop.web:create_app run --port 80 --wc 2",
            "litestar --app shop.web:create_app routes",
        ),
        ("quart --app shop run", "quart --app shop routes"),
        ("python manage.py runserver 0.0.0.0:80", "python manage.py check"),
        (
            "python -m webstead.portbind --to 80 manage.py runserver",
            "python -m webstead.portbind --to 80 manage.py check",
        ),
    ],
)
def test_some_programs_can_say_it_themselves(command: str, words: str) -> None:
    assert of(command) == Asked(tuple(words.split()))


def test_a_configuration_of_gunicorn_is_its_own_affair() -> None:
    asked = Asked(("gunicorn", "main:app", "--check-config"))
    assert of("gunicorn main:app", "gunicorn.conf.py") == asked
    assert of("gunicorn main:app", GUNICORN_CMD_ARGS="--chdir src") == asked


@pytest.mark.parametrize(
    "command",
    ["sh start.sh", "python -c 1", "python -", "python", "granian main:app", "voila book.ipynb", "uvicorn"],
)
def test_of_others_nothing_is_known(command: str) -> None:
    assert of(command) is None


WORDS = st.sampled_from(
    (
        *("python", "-m", "uv", "run", "flask", "--call", "main:app", "app.py", "-k", "--app-dir", "="),
        *("webstead.portbind", "--to", "--serve", "manage.py", "runserver", "-X", *SERVERS),
    )
)


@given(st.lists(WORDS | st.text(max_size=12), max_size=9))
def test_any_words_are_borne(words: list[str]) -> None:
    found = served(words)
    assert found is None or isinstance(found, App | Script | Asked)
