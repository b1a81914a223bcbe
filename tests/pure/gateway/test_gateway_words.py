"""The command line, the names of apps, and the failure that is told to people and to the supervisor."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.options import MAX_THREADS, Options, check_target, parse_options
from webstead.gateway.target import Step, Target, parse_target, through_proxy


def test_defaults() -> None:
    assert parse_options(["a:b"], {}) == Options("a:b", "fd:0", 1, None, ())


def test_all_options_in_both_spellings() -> None:
    expected = Options("a:b", "unix:/s", 8, "/d", ("/p", "/q"))
    words = "--bind unix:/s --threads 8 --directory /d --path /p --path /q a:b"
    assert parse_options(words.split(), {}) == expected
    assert (
        parse_options(
            ["--bind=unix:/s", "--threads=8", "a:b", "--directory=/d", "--path=/p", "--path=/q"], {}
        )
        == expected
    )


def test_the_command_line_beats_the_variable() -> None:
    assert parse_options([], {"WSGI_HANDLER": " x.y "}).target == "x.y"
    assert parse_options(["a:b"], {"WSGI_HANDLER": "x.y"}).target == "a:b"


@pytest.mark.parametrize(
    "words",
    [
        ["a:b", "c:d"],
        ["--port", "1", "a:b"],
        ["-v", "a:b"],
        ["a:b", "--bind"],
        ["--threads", "0", "a:b"],
        ["--threads", str(MAX_THREADS + 1), "a:b"],
        ["--threads", "four", "a:b"],
        ["--threads", "-1", "a:b"],
        ["--threads", "²", "a:b"],
    ],
)
def test_words_that_are_wrong(words: list[str]) -> None:
    with pytest.raises(StartFailure) as caught:
        parse_options(words, {"WSGI_HANDLER": "  "})
    assert caught.value.code == BAD_USAGE
    assert caught.value.found
    assert caught.value.fix


def test_an_app_must_be_named() -> None:
    with pytest.raises(StartFailure, match="No app is named"):
        check_target(parse_options([], {"WSGI_HANDLER": "  "}))


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("a:b", [("a", [Step("b", False)])]),
        ("a.b:c", [("a.b", [Step("c", False)])]),
        ("a.b:c()", [("a.b", [Step("c", True)])]),
        ("a:b.c().d", [("a", [Step("b", False), Step("c", True), Step("d", False)])]),
        ("a.b", [("a", [Step("b", False)])]),
        ("a.b()", [("a", [Step("b", True)])]),
        ("a", [("a", [])]),
        ("a.b.c", [("a.b", [Step("c", False)]), ("a", [Step("b", False), Step("c", False)])]),
        ("a.b().c", [("a", [Step("b", True), Step("c", False)])]),
        ("café:ünïcode", [("café", [Step("ünïcode", False)])]),
    ],
)
def test_targets(text: str, modules: list[tuple[str, list[Step]]]) -> None:
    assert parse_target(text) == Target(text, tuple((name, tuple(steps)) for name, steps in modules))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "a:",
        ":b",
        "a::b",
        "a.b:",
        "a b:c",
        "a:b c",
        "a:b(1)",
        "a/b:c",
        "a.py:b",
        "a()",
        "a().b",
        "1a:b",
        "..a:b",
        "a():b",
    ],
)
def test_texts_that_are_no_target(text: str) -> None:
    if text == "a.py:b":  # a module `py` in a package `a`: only the import can tell
        assert parse_target(text).modules[0][0] == "a.py"
        return
    with pytest.raises(StartFailure) as caught:
        parse_target(text)
    assert caught.value.fix


@given(st.text(max_size=30))
def test_any_text_is_a_target_or_the_one_failure(text: str) -> None:
    try:
        target = parse_target(text)
    except StartFailure:
        return
    assert all(name and not name.startswith(".") for name, _ in target.modules)


PROXY = "ptvs_virtualenv_proxy.get_virtualenv_handler()"


def test_a_proxy_stands_for_its_variable() -> None:
    environ = {"WSGI_ALT_VIRTUALENV_HANDLER": "site.wsgi.app"}
    assert through_proxy(PROXY, environ) == "site.wsgi.app"
    assert through_proxy("virtualenv_proxy:get_venv_handler()", environ) == "site.wsgi.app"
    assert through_proxy("mine.get_venv_handler()", environ) == "mine.get_venv_handler()"
    with pytest.raises(StartFailure, match="names no app"):
        through_proxy(PROXY, {})


def test_a_failure_as_text_and_as_json() -> None:
    failure = StartFailure(70, "It is gone.", "one\ntwo", "Look.", "Traceback…\n")
    assert failure.as_text() == "error: It is gone.\nfound: one\n       two\nfix: Look.\nTraceback…\n"
    expected = {
        "what": "It is gone.",
        "found": "one\ntwo",
        "fix": "Look.",
        "detail": "Traceback…\n",
        "code": 70,
    }
    assert json.loads(failure.as_json()) == expected
    assert StartFailure(1, "Short.").as_text() == "error: Short.\n"
