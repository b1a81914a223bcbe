"""What a job is, by its files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.site.jobs.model import choose_script, read_job, read_settings


@pytest.mark.parametrize(
    ("files", "script"),
    [
        (["run.py"], "run.py"),
        (["RUN.PY", "a.sh"], "RUN.PY"),
        (["work.py", "run.sh"], "run.sh"),
        (["run.py", "run.sh"], "run.sh"),
        (["work.py", "lib.txt"], "work.py"),
        (["b.py", "a.py"], "a.py"),
        (["work.py", "tool.sh"], "tool.sh"),
        (["readme.txt"], None),
        ([], None),
    ],
)
def test_the_script_is_chosen_as_kudu_does(files: list[str], script: str | None) -> None:
    chosen = choose_script(files)
    assert (chosen[0] if chosen else None) == script


def test_a_script_of_windows_says_what_to_write() -> None:
    job = read_job("triggered", "clean", "App_Data/jobs/triggered/clean", ["run.cmd", "run.py"], None)
    assert "write it as run.sh or run.py" in job.error
    assert job.script == ""


def test_a_folder_without_a_script_says_so() -> None:
    job = read_job("continuous", "x", "f", ["settings.job"], b"{}")
    assert "it has no script" in job.error


def test_settings() -> None:
    text = json.dumps({"schedule": "0 0 9 * * *", "is_singleton": True, "stopping_wait_time": 90, "own": 1})
    settings, wrong = read_settings("triggered", text.encode())
    assert wrong == ""
    assert settings.schedule is not None
    assert settings.schedule.text == "0 0 9 * * *"
    assert settings.is_singleton
    assert settings.stopping_seconds == 90
    assert settings.raw["own"] == 1
    assert read_settings("triggered", None)[0].stopping_seconds == 30
    assert read_settings("continuous", None)[0].stopping_seconds == 5
    assert read_settings("continuous", text.encode())[0].schedule is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b'{"schedule": 5}', "no text"),
        (b'{"schedule": "tomorrow"}', "six are needed"),
        (b"[" * 50_000, "no JSON"),
        (b'"' + b"x" * 70_000 + b'"', "at most"),
    ],
)
def test_settings_that_are_wrong_say_why_and_the_job_runs_without(text: bytes, why: str) -> None:
    settings, wrong = read_settings("triggered", text)
    assert why in wrong
    assert settings.schedule is None
    job = read_job("triggered", "x", "f", ["run.py"], text)
    assert job.script == "run.py"
    assert why in job.error


@given(st.binary(max_size=60))
def test_any_bytes_are_settings_or_say_why_not(text: bytes) -> None:
    settings, _ = read_settings("triggered", text)
    assert 0 <= settings.stopping_seconds <= 3600
