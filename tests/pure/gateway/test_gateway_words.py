"""The command line, the names of apps, and the failure that is told to people and to the supervisor."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.loading.paste import PasteTarget, parse_paste
from webstead.gateway.loading.target import Step, Target, is_proxy, parse_target, through_proxy
from webstead.gateway.loading.virtualenv import mismatch, read_settings
from webstead.gateway.options import MAX_THREADS, Options, check_target, parse_options


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


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("app.py", "app:OBJECT, seen from"),
        ("app.py:app", "app:app, seen from"),
        ("./app.py", "app:OBJECT, seen from"),
        ("src/web/app.py:site", "src.web.app:site, seen from"),
        ("src\\web\\APP.PY", "src.web.APP:OBJECT, seen from"),
        ("src/web/app", "src.web.app:OBJECT, seen from"),
        ("/srv/site/app.py", "app:OBJECT with --directory /srv/site/"),
        ("C:\\site\\app.py:app", "app:app with --directory C:\\site\\"),
    ],
)
def test_a_files_path_is_told_what_it_should_be(text: str, form: str) -> None:
    with pytest.raises(StartFailure) as caught:
        parse_target(text)
    assert "is the path of a file" in caught.value.found
    assert f"Write {form}" in caught.value.fix


PROXY = "ptvs_virtualenv_proxy.get_virtualenv_handler()"


def test_a_proxy_stands_for_its_variable() -> None:
    environ = {"WSGI_ALT_VIRTUALENV_HANDLER": "site.wsgi.app"}
    assert through_proxy(PROXY, environ) == "site.wsgi.app"
    assert through_proxy("virtualenv_proxy:get_venv_handler()", environ) == "site.wsgi.app"
    assert through_proxy("mine.get_venv_handler()", environ) == "mine.get_venv_handler()"
    assert is_proxy(PROXY)
    assert not is_proxy("mine.get_venv_handler()")
    with pytest.raises(StartFailure, match="names no app"):
        through_proxy(PROXY, {})


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("app.ini", ("app.ini", "")),
        ("app.INI#other", ("app.INI", "other")),
        ("conf/app.ini#other", ("conf/app.ini", "other")),
        ("/srv/my site/app.ini", ("/srv/my site/app.ini", "")),
        ("C:\\site\\app.ini#x", ("C:\\site\\app.ini", "x")),
        ("C:/site/app.ini", ("C:/site/app.ini", "")),
        ("config:app.ini#name", ("app.ini", "name")),
        ("/srv/C# site/app.ini", ("/srv/C# site/app.ini", "")),
        ("/srv/C#/app.ini#x", ("/srv/C#/app.ini", "x")),
        ("C#.ini", ("C#.ini", "")),
        ("config:site.cfg", ("site.cfg", "")),
        ("egg:MyApp#main", ("", "")),
        ("call:my.module:make", ("", "")),
    ],
)
def test_paste_deploys_names(text: str, target: tuple[str, str]) -> None:
    assert parse_paste(f" {text} ") == PasteTarget(text, *target)


@pytest.mark.parametrize(
    "text",
    ["config:app", "config:create_app()", "app:app.ini", "app.inis", "call:app", "a.b:c", "initial.app"],
)
def test_python_names_that_are_not_paste_deploys(text: str) -> None:
    assert parse_paste(text) is None


def test_a_word_that_was_said_to_be_a_file_is_one() -> None:
    assert parse_paste("production#x", is_file=True) == PasteTarget("production#x", "production", "x")
    assert parse_paste("config:app.conf", is_file=True) == PasteTarget("config:app.conf", "app.conf", "")


@given(st.text(max_size=30))
def test_any_text_is_a_paste_target_or_none(text: str) -> None:
    for is_file in (False, True):
        found = parse_paste(text, is_file=is_file)
        assert found is None or found.text == text.strip()


def here(suffix: str = "") -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}{suffix}"


@pytest.mark.parametrize(
    ("settings", "other"),
    [
        ({"version": here(".7")}, ""),
        ({"version_info": here(".7.final.0"), "implementation": "CPython"}, ""),
        ({"version": "2.7.18"}, "Python 2.7.18"),
        ({"version_info": "3.4.4.final.0", "implementation": "CPython"}, "CPython 3.4.4.final.0"),
        ({"version": here("0.1")}, f"Python {here('0.1')}"),
        ({"version_info": here(".1"), "implementation": "GraalVM"}, f"GraalVM {here('.1')}"),
        ({"home": "/usr/bin"}, ""),
        ({}, ""),
    ],
)
def test_for_which_python_an_environment_was_made(settings: dict[str, str], other: str) -> None:
    assert mismatch(settings) == other


def test_the_settings_of_an_environment() -> None:
    text = "home = C:\\Python\nVersion_Info=3.11.7\r\n\nno equals sign\nprompt = a = b\n"
    expected = {"home": "C:\\Python", "version_info": "3.11.7", "prompt": "a = b"}
    assert read_settings(text) == expected


@given(st.text(max_size=60))
def test_any_text_has_settings(text: str) -> None:
    assert isinstance(mismatch(read_settings(text)), str)


def test_a_failure_as_text_and_as_json() -> None:
    failure = StartFailure(70, "It is gone.", "one\ntwo", "Look.", "Traceback…\n")
    assert failure.as_text() == "error: It is gone.\nfound: one\n       two\nfix:   Look.\nTraceback…\n"
    expected = {
        "what": "It is gone.",
        "found": "one\ntwo",
        "fix": "Look.",
        "detail": "Traceback…\n",
        "code": 70,
    }
    assert json.loads(failure.as_json()) == expected
    assert StartFailure(1, "Short.").as_text() == "error: Short.\n"


@pytest.mark.parametrize("text", ["(", "[a", "*", "a{9999999999}"])
def test_a_pattern_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(StartFailure) as caught:
        parse_options(["--restart-on", text], {})
    assert caught.value.what == "--restart-on is no regular expression."
    assert caught.value.found.startswith(f"{text}: ")
    with pytest.raises(StartFailure, match="WSGI_RESTART_FILE_REGEX"):
        parse_options([], {"WSGI_RESTART_FILE_REGEX": text})
