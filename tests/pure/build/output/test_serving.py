from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.interpreter import Interpreter
from webstead.build.output.contents import recorded_plan
from webstead.build.output.serving import given_settings, served
from webstead.build.output.start import Packed, Script, packed_start_text, shell_word, start_text
from webstead.errors import PlanError
from webstead.plan import Overrides, make_plan
from webstead.plan.model import Plan
from webstead.project.tree import MemoryTree
from webstead.settings import Setting

PYTHON = Interpreter("cpython", "3.12.4", "linux-x86_64", "/usr/bin/python3.12")
FLASK = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "requirements.txt": "flask\n"}
FASTAPI = {"main.py": "from fastapi import FastAPI\napp = FastAPI()\n", "requirements.txt": "fastapi\n"}


def plan_of(files: dict[str, str], *settings: Setting) -> Plan:
    return make_plan(MemoryTree(files), Overrides(settings=settings))


def text_of(plan: Plan) -> str:
    found = served(plan)
    return start_text(Script(found, PYTHON, "antenv", "0.1.0", *given_settings(plan, found.process)))


def test_a_wsgi_app_is_served_by_gunicorn() -> None:
    found = served(plan_of(FLASK))
    assert (found.gateway, found.words, found.packages) == (True, ("app:app",), ("gunicorn",))
    last = text_of(plan_of(FLASK)).splitlines()[-2:]
    assert "/standalone" in last[0]
    assert last[1].strip() == '--bind "$HOST:$PORT" --worker-class gthread --threads 8 app:app'


def test_a_plan_for_several_instances_starts_as_many_workers() -> None:
    plan = make_plan(MemoryTree(FLASK), Overrides(workers=3))
    assert "WEB_CONCURRENCY=${WEB_CONCURRENCY:-3}; export WEB_CONCURRENCY" in text_of(plan)
    assert "WEB_CONCURRENCY" not in text_of(plan_of(FLASK))


def test_an_asgi_app_listens_where_the_start_is_told() -> None:
    found = served(plan_of(FASTAPI))
    assert not found.gateway
    assert "%HOST%" in found.words
    assert "127.0.0.1" not in found.words
    assert '--host "${HOST-%HOST%}"' in text_of(plan_of(FASTAPI))


def test_a_command_of_the_project_stays_as_it_is() -> None:
    files = {
        **FLASK,
        "requirements.txt": "flask\ngunicorn\n",
        "Procfile": "web: gunicorn -w 3 app:app\nrelease: python -m migrate\n",
    }
    text = text_of(plan_of(files))
    assert text.splitlines()[-1].startswith("exec gunicorn -w 3 ")
    assert "release)" in text


def test_a_plan_without_a_process_has_no_start() -> None:
    with pytest.raises(PlanError):
        served(replace(plan_of(FLASK), processes=()))


def test_secrets_of_the_command_line_are_named_and_not_written() -> None:
    plan = plan_of(FLASK, Setting.of("SECRET_KEY", "s3cret", "--env"), Setting.of("DEBUG", "it's", "--env"))
    text = text_of(plan)
    assert "s3cret" not in text
    assert 'echo "warning: SECRET_KEY was set when this was built, and is not set here" >&2' in text
    assert "DEBUG=${DEBUG-'it'\"'\"'s'}; export DEBUG" in text


def test_settings_of_the_project_are_set() -> None:
    config = """<configuration><appSettings><add key="TITLE" value="My $shop" /></appSettings>
    <system.webServer><httpPlatform processPath="python" arguments="app.py %HTTP_PLATFORM_PORT%" />
    <handlers><add name="x" path="*" verb="*" modules="httpPlatformHandler" /></handlers>
    </system.webServer></configuration>"""
    text = text_of(plan_of({**FLASK, "web.config": config}))
    assert "TITLE='My $shop'; export TITLE" in text
    assert served(plan_of({**FLASK, "web.config": config})).notes


def test_the_recorded_plan_is_the_same_on_every_day() -> None:
    recorded = recorded_plan(plan_of(FLASK))
    assert "support" not in str(recorded["python"])
    assert "warnings" not in recorded


def test_the_start_of_an_archive_unpacks_it_once() -> None:
    text = packed_start_text(
        Packed("output.tar.zst", "sha256:" + "a" * 64, PYTHON, "0.1.0", "start", ["antenv/bin/python"])
    )
    assert f"output=$cache/{'a' * 32}\n" in text
    assert '"$here/output.tar.zst" "$output" antenv/bin/python || exit' in text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "''"),
        ("plain", "plain"),
        ("two words", "'two words'"),
        ("%HTTP_PLATFORM_PORT%", '"${HTTP_PLATFORM_PORT-%HTTP_PLATFORM_PORT%}"'),
        ("a%X%b c", "a\"${X-%X%}\"'b c'"),
        ("100%", "100%"),
        ("%WWWROOT%/data", '"${here-%here%}"/data'),
    ],
)
def test_a_word_for_the_shell(text: str, word: str) -> None:
    assert shell_word(text) == word


@given(st.text().filter(lambda text: "%" not in text))
def test_nothing_in_a_word_is_run(text: str) -> None:
    assert shlex.split(shell_word(text)) == [text]
