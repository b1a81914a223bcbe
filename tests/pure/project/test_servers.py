"""What a command says to its server."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.servers import SERVER_TABLE, interface_of_worker, read_server


@pytest.mark.parametrize(
    ("text", "module", "attribute", "interface", "folder"),
    [
        ("gunicorn app:app", "app", "app", "wsgi", ""),
        ("gunicorn shop.wsgi", "shop.wsgi", "application", "wsgi", ""),
        ("gunicorn -w4 --threads 2 --preload a:b", "a", "b", "wsgi", ""),
        ("gunicorn --chdir src a:b -b :80", "a", "b", "wsgi", "src"),
        ("gunicorn \"a:make('prod')\"", "a", "make()", "wsgi", ""),
        ("gunicorn -k uvicorn.workers.UvicornWorker a:b", "a", "b", "asgi", ""),
        ("gunicorn --worker-class=aiohttp.GunicornWebWorker a:b", "a", "b", "", ""),
        ("/usr/bin/gunicorn a:b", "a", "b", "wsgi", ""),
        ("python -m gunicorn a:b", "a", "b", "wsgi", ""),
        ("uv run gunicorn a:b", "a", "b", "wsgi", ""),
        ("poetry run python3 -m uvicorn a:b", "a", "b", "asgi", ""),
        ("uvicorn --factory --reload a.b:make --port 80", "a.b", "make()", "asgi", ""),
        ("uvicorn a:b --app-dir=src --interface wsgi", "a", "b", "wsgi", "src"),
        ("hypercorn -b 0.0.0.0:80 a:b", "a", "b", None, ""),
        ("daphne -b 0.0.0.0 -p 80 a.asgi:application", "a.asgi", "application", "asgi", ""),
        ("waitress-serve --port=80 --call a:make", "a", "make()", "wsgi", ""),
        ("python -m waitress --port 80 a:b", "a", "b", "wsgi", ""),
        ("granian --interface asgi a:b", "a", "b", "asgi", ""),
        ("granian a:b", "a", "b", "", ""),
    ],
)
def test_the_app_of_a_command(
    text: str, module: str, attribute: str, interface: str | None, folder: str
) -> None:
    command = read_server(shlex.split(text))
    assert command is not None
    assert (command.module, command.attribute) == (module, attribute)
    assert (command.interface, command.folder) == (interface, folder)


@pytest.mark.parametrize(
    "text", ["", "gunicorn", "gunicorn -c conf.py", "python app.py", "celery -A a.b worker", "python -m"]
)
def test_commands_without_a_server_or_an_app(text: str) -> None:
    assert read_server(shlex.split(text)) is None


@pytest.mark.parametrize(
    ("worker", "interface"),
    [
        ("gevent", "wsgi"),
        ("gthread", "wsgi"),
        ("uvicorn_worker.UvicornH11Worker", "asgi"),
        ("asgi", "asgi"),
        ("a.B", ""),
    ],
)
def test_the_interface_of_a_worker_class(worker: str, interface: str) -> None:
    assert interface_of_worker(worker) == interface


@given(st.sampled_from(sorted(SERVER_TABLE)), st.lists(st.text(alphabet="-ab:=.k", max_size=6), max_size=6))
def test_no_words_break_the_reader(name: str, words: list[str]) -> None:
    command = read_server([name, *words])
    if command is not None:
        assert [name, *words][command.at] == command.target
        assert all(option.at != command.at for option in command.options)
