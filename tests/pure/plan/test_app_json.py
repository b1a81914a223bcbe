"""app.json: what the app needs and nobody gives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.plan import Overrides, Plan, make_plan
from webstead.project.app_json import read_app_json
from webstead.project.tree import MemoryTree
from webstead.settings import Setting

APP = "from flask import Flask\napp = Flask(__name__)\n"


def plan(root: object, *given: str, **files: str) -> Plan:
    contents = {"app.py": APP, "requirements.txt": "flask\n", "app.json": json.dumps(root, indent=1), **files}
    settings = tuple(Setting.of(name, "x", "--env") for name in given)
    return make_plan(MemoryTree(contents), Overrides(settings=settings))


ENV = {
    "SECRET_KEY": {"generator": "secret"},
    "TIME_ZONE": {"value": "UTC"},
    "API_TOKEN": "abc",
    "DEBUG": {"required": False},
}


def test_settings_that_are_not_given_are_named_and_no_secret_is_shown() -> None:
    (warning,) = plan({"env": ENV}).warnings
    assert "app.json:3 says that the app needs SECRET_KEY, TIME_ZONE, API_TOKEN" in warning.text
    assert warning.fix == "Set them: --env 'SECRET_KEY=…' --env TIME_ZONE=UTC --env 'API_TOKEN=…'"


def test_settings_that_are_given_are_not_named() -> None:
    assert plan({"env": ENV}, "SECRET_KEY", "TIME_ZONE", "API_TOKEN").warnings == ()


def test_a_command_after_the_deployment_becomes_a_release_process() -> None:
    root = {"scripts": {"postdeploy": "python manage.py migrate"}}
    (warning,) = plan(root).warnings
    assert "app.json:3 runs python manage.py migrate after a deployment" in warning.text
    assert warning.fix == "Add a line to the Procfile: release: python manage.py migrate"
    assert plan(root, Procfile="release: python manage.py migrate\n").warnings == ()


@pytest.mark.parametrize("root", [{"expo": {}, "scripts": {"postdeploy": "x"}}, {"name": "x"}, [], 3])
def test_a_file_of_another_tool_says_nothing(root: object) -> None:
    assert plan(root).warnings == ()


@pytest.mark.parametrize("text", ["", "{", "[" * 3000, '{"env": 3, "scripts": []}'])
def test_what_is_no_such_file_says_nothing(text: str) -> None:
    read = read_app_json(MemoryTree({"app.json": text}))
    assert (read.needed, read.postdeploy) == ((), None)


VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(st.dictionaries(st.sampled_from(["env", "scripts", "formation"]), VALUES))
def test_any_values_are_read(root: dict[str, object]) -> None:
    read = read_app_json(MemoryTree({"app.json": json.dumps(root)}))
    env = root.get("env")
    assert {item.name for item in read.needed} <= (env.keys() if isinstance(env, dict) else set())
