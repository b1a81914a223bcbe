"""Advice that names options of a command line, in words for who deploys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import webstead
from webstead.site.deploy.advice import for_deployer

CASES = (
    ("webstead up --app shop.main:app", "Procfile", "web: uvicorn shop.main:app"),
    ("webstead up --app shop:make()", "Procfile", "web: uvicorn shop:make()"),
    ("webstead up --command 'python run.py --port $PORT'", "Procfile", "web: python run.py --port $PORT"),
    ("webstead up backend", "PROJECT", "Set PROJECT=backend"),
    ("webstead up path/to/the/project", "PROJECT", "Set PROJECT to the folder"),
    ("Name it with --env DEBUG=1, or with --env-file .env", "app setting", "the app setting DEBUG=1"),
    ("Give the setting: --env SECRET_KEY=… , or --env-file .env", "app setting", "SECRET_KEY=…"),
    ("Settings that it misses can be given with --env or --env-file.", "app settings", "as app settings."),
    ("Choose a newer one: --runtime 3.12 (installed: 3.9)", ".python-version", "with the line 3.12 (inst"),
    ("Name the path of an interpreter, or a version, with --runtime.", ".python-version", "in a file"),
    ('Give the number that you want with --workers, or write maxInstances="9".', "maxInstances", "in max"),
)


@pytest.mark.parametrize(("advice", "names", "says"), CASES)
def test_a_deployer_is_told_of_settings_and_files(advice: str, names: str, says: str) -> None:
    told = for_deployer(advice)
    assert names in told
    assert says in told
    assert not re.search(r"(?:^|\s)--(?:app|command|env|env-file|runtime|workers)\b|webstead up", told)


def test_other_words_stay_as_they_are() -> None:
    text = "Add flask to requirements.txt, or run: uv lock --upgrade"
    assert for_deployer(text) == text


def test_every_app_that_a_plan_names_is_understood() -> None:
    """Each f-string of a fix that names an option is in a form that the table knows."""
    root, literal = Path(webstead.__file__).parent, r'"([^"\n]*(?:webstead up|--env|--runtime)[^"\n]*)"'
    for part in ("plan/questions.py", "host/causes.py", "build/runtimes.py", "build/collectstatic.py"):
        for text in re.findall(literal, (root / part).read_text()):
            filled = re.sub(r"\{[^{}]*target[^{}]*\}", "app:app", text)
            filled = re.sub(r"\{[^{}]*\}", "name", filled)
            told = for_deployer(filled)
            assert not re.search(r"(?:^|\s)--(?:app|command|env|env-file|runtime)\b|webstead up", told), text
