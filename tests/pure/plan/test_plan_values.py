"""The plan as a whole: precedence, settings, JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webstead.errors import ConfigError, UsageError
from webstead.plan import Overrides, Plan, as_json, as_text, make_plan
from webstead.project import MemoryTree
from webstead.settings import Setting

APP = "from flask import Flask\napp = Flask('x')\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
CONFIG = """<configuration><appSettings>
<add key="WSGI_HANDLER" value="app.app" />
<add key="SECRET_KEY" value="from the file" />
<add key="DEBUG" value="1" />
</appSettings></configuration>"""


def plan(files: dict[str, str], **given: str) -> Plan:
    overrides = Overrides(
        app=given.get("app"), command=given.get("command"), runtime=given.get("runtime"), running="3.12"
    )
    return make_plan(MemoryTree(files), overrides)


ALL = {
    "app.py": APP,
    "web.config": CONFIG,
    "Procfile": "web: python serve.py\n",
    "requirements.txt": "flask\n",
}


@pytest.mark.parametrize(
    ("given", "without", "chosen"),
    [
        ({"command": "python x.py"}, (), "python x.py"),
        ({"app": "app:app"}, (), "python -m webstead.gateway app:app"),
        ({}, (), "python -m webstead.gateway app:app"),
        ({}, ("web.config",), "python serve.py"),
        ({}, ("web.config", "Procfile"), "python -m webstead.gateway app:app"),
    ],
)
def test_the_order_of_precedence(given: dict[str, str], without: tuple[str, ...], chosen: str) -> None:
    made = plan({path: text for path, text in ALL.items() if path not in without}, **given)
    assert made.start is not None
    assert " ".join(made.start.command) == chosen


def test_settings_of_the_user_win_and_secrets_are_masked() -> None:
    own = (Setting.of("SECRET_KEY", "mine", "--env"), Setting.of("EXTRA", "2", ".env:3"))
    made = make_plan(MemoryTree(ALL), Overrides(settings=own, running="3.12"))
    values = {setting.name: (setting.text, setting.origin) for setting in made.processes[0].environment}
    assert values["SECRET_KEY"] == ("mine", "--env")
    assert values["DEBUG"] == ("1", "web.config:4")
    assert values["EXTRA"] == ("2", ".env:3")
    for text in (json.dumps(as_json(made)), as_text(made)):
        assert "mine" not in text
        assert "from the file" not in text


def test_workers_and_threads_win() -> None:
    (process,) = make_plan(MemoryTree(ALL), Overrides(workers=5, threads=3)).processes
    assert (process.instances, process.threads) == (5, 3)


def test_runtime_wins_and_says_so() -> None:
    made = plan({**ALL, ".python-version": "3.12\n"}, runtime="3.13")
    assert (made.python.version, made.python.evidence[0].path) == ("3.13", "--runtime")


def test_an_asgi_app_gets_a_server_behind_its_own_packages() -> None:
    made = plan({"main.py": FASTAPI, "requirements.txt": "fastapi\n"})
    (overlay,) = [step for step in made.install if step.kind == "overlay"]
    assert overlay.words == ("uvicorn", "websockets")
    (process,) = made.processes
    assert (process.protocol, process.threads, process.instances) == ("http", 1, 1)


@pytest.mark.parametrize(
    ("requirements", "words"),
    [
        ("fastapi\nuvicorn\n", ("websockets",)),
        ("fastapi\nuvicorn[standard]\n", ()),
        ("fastapi\nuvicorn\nwsproto\n", ()),
    ],
)
def test_only_what_is_missing_is_added(requirements: str, words: tuple[str, ...]) -> None:
    made = plan({"main.py": FASTAPI, "requirements.txt": requirements})
    assert tuple(word for step in made.install if step.kind == "overlay" for word in step.words) == words


def test_an_asgi_app_named_by_hand_is_served_as_one() -> None:
    made = plan({"a.py": FASTAPI, "b.py": FASTAPI}, app="b:app")
    assert made.start is not None
    assert made.start.interface == "asgi"


def test_a_target_that_the_code_does_not_show_is_a_warning() -> None:
    made = plan({"a.py": "app = make()\n"}, app="a:app")
    assert made.start is not None
    assert made.start.interface == "wsgi"
    assert any("does not show what a:app is" in warning.text for warning in made.warnings)


def test_procfile_variables_reach_the_process() -> None:
    made = plan({"app.py": APP, "Procfile": "web: MODE=live python app.py --port $PORT\n"})
    (process,) = made.processes
    assert ("MODE", "live") in [(setting.name, setting.text) for setting in process.environment]


def test_an_own_file_that_clears_the_handlers_does_not_stop_the_app() -> None:
    clearing = (
        "<configuration><system.webServer><handlers><clear/></handlers></system.webServer></configuration>"
    )
    made = plan({"app.py": APP, "web.config": clearing})
    assert [process.target for process in made.processes] == ["app:app"]


def test_a_file_in_another_encoding_goes_on_as_utf_8() -> None:
    text = CONFIG.replace("<configuration>", '<?xml version="1.0" encoding="utf-16"?>\n<configuration>', 1)
    made = make_plan(MemoryTree({"app.py": APP, "Web.Config": text.encode("utf-16")}))
    assert made.webconfig is not None
    assert made.webconfig.path == "Web.Config"
    assert 'encoding="utf-8"' in made.webconfig.text


def test_the_text_of_an_own_file_is_not_repeated() -> None:
    data = as_json(plan(ALL))
    assert data["webconfig"] == {"source": "file", "path": "web.config", "text": None}
    written = as_json(plan({"app.py": APP}))["webconfig"]
    assert isinstance(written, dict)
    assert "WSGI_HANDLER" in str(written["text"])


def test_the_contract_of_the_json() -> None:
    data = as_json(plan({"app.py": APP, "requirements.txt": "flask\n"}))
    assert data["version"] == 1
    assert {"python", "install", "start", "alternatives", "webconfig", "settings", "warnings"} <= set(data)
    assert data["start"] == {
        "interface": "wsgi",
        "target": "app:app",
        "command": ["python", "-m", "webstead.gateway", "app:app"],
        "directory": ".",
        "evidence": [{"path": "app.py", "line": 2, "why": "Flask app: app is made here"}],
    }
    json.dumps(data)


class Unreadable(MemoryTree):
    def read(self, path: str) -> bytes:
        if path.startswith("locked"):
            raise PermissionError(13, "Permission denied")
        return super().read(path)


def test_a_file_that_cannot_be_read_is_a_warning() -> None:
    made = make_plan(Unreadable({"app.py": APP, "locked/wsgi.py": APP}))
    assert made.start is not None
    assert any("locked/wsgi.py cannot be read" in warning.text for warning in made.warnings)


def test_a_web_config_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        make_plan(Unreadable({"app.py": APP, "locked/web.config": CONFIG}))


def test_an_override_that_cannot_be_read_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        plan({"app.py": APP}, app="app.py")


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "app.py",
                "requirements.txt",
                "Procfile",
                "manage.py",
                "pyproject.toml",
                ".python-version",
                "uv.lock",
            ]
        ),
        st.binary(max_size=80),
        max_size=5,
    )
)
def test_no_project_breaks_the_plan(files: dict[str, bytes]) -> None:
    made = make_plan(MemoryTree(files))
    assert (made.start is None) == bool(made.questions)
    json.dumps(as_json(made))
    assert as_text(made).endswith("\n")
