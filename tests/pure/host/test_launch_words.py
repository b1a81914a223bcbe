from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.host.launch import (
    GATEWAY_FOLDER,
    PORTBIND_FOLDER,
    Launch,
    asked_port,
    child_environment,
    resolve_words,
    start_words,
)
from webstead.plan.model import Process
from webstead.policies import Policies, Written

GATEWAY = Launch(
    process=Process(
        "fastcgi:x", "app", "fastcgi", ("python", "-m", "webstead.gateway", "app:app"), ".", threads=4
    ),
    words=("python", "-m", "webstead.gateway", "app:app"),
    directory=Path("/site/wwwroot"),
    environment={"PATH": "/usr/bin"},
    python_path=("/site/wwwroot/lib", "/site/extra"),
    log_file=None,
    python=Path("/env/bin/python"),
)
PLATFORM = replace(
    GATEWAY,
    process=Process("platform:", "app", "http", ("python", "app.py"), "."),
    words=("python", "app.py", "--port", "%HTTP_PLATFORM_PORT%"),
)


def test_defined_names_are_replaced_and_undefined_ones_stay() -> None:
    words = ("--port=%HTTP_PLATFORM_PORT%", "%UNKNOWN%", "100%", "%%", "a%B%c%D%")
    assert resolve_words(words, {"HTTP_PLATFORM_PORT": "5000", "B": "-"}) == (
        *("--port=5000", "%UNKNOWN%", "100%", "%%", "a-c%D%"),
    )


def test_names_have_no_case_but_an_exact_match_comes_first() -> None:
    assert resolve_words(("%path%", "%Name%"), {"PATH": "p", "NAME": "upper", "Name": "exact"}) == (
        "p",
        "exact",
    )


def test_values_are_not_expanded_again() -> None:
    assert resolve_words(("%A%",), {"A": "%B%", "B": "x"}) == ("%B%",)


@given(st.lists(st.text()), st.dictionaries(st.text(), st.text()))
def test_any_words_are_borne(words: list[str], variables: dict[str, str]) -> None:
    assert len(resolve_words(words, variables)) == len(words)


@given(st.lists(st.text()))
def test_without_variables_the_words_are_unchanged(words: list[str]) -> None:
    assert resolve_words(words, {}) == tuple(words)


def test_the_gateway_is_run_by_its_folder_in_the_apps_interpreter() -> None:
    assert start_words(GATEWAY, {}) == (
        *("/env/bin/python", str(GATEWAY_FOLDER), "--bind", "fd:0"),
        *("--workers", "0", "--web-config", "none", "--restart-on", ""),
        *("--grace", "30", "--threads", "4"),
        *("--directory", "/site/wwwroot", "--path", "/site/wwwroot/lib", "--path", "/site/extra", "app:app"),
    )
    assert (GATEWAY_FOLDER / "__init__.py").is_file()


def test_a_script_is_run_by_the_folder_that_binds_its_port() -> None:
    words = ("python", "-m", "webstead.portbind", "--to", "%HTTP_PLATFORM_PORT%", "--port", "8000", "app.py")
    launch = replace(PLATFORM, words=words)
    assert start_words(launch, {"HTTP_PLATFORM_PORT": "5001"}) == (
        *("/env/bin/python", str(PORTBIND_FOLDER), "--to", "5001", "--port", "8000", "app.py"),
    )
    assert (PORTBIND_FOLDER / "__main__.py").is_file()


def test_a_gateway_takes_the_grace_that_it_gets_and_shows_no_more_than_the_file_says() -> None:
    def words(policies: Policies) -> str:
        process = replace(GATEWAY.process, policies=policies)
        return " ".join(start_words(replace(GATEWAY, process=process), {}))

    for seconds, said in ((5.0, 30), (120.0, 120)):
        grace = Written("signalBeforeTerminateSeconds", seconds, "x:1")
        assert f"--grace {said} " in words(Policies(grace=grace))
    for mode, shown in (("ReturnGeneric500", True), ("ReturnStdErrIn500", False)):
        assert ("--errors never" in words(Policies(stderr=Written("stderrMode", mode, "x:1")))) is shown


def test_where_a_setting_stands_does_not_make_another_launch() -> None:
    def launch(seconds: float, origin: str) -> Launch:
        policies = Policies(idle=Written("idleTimeout", seconds, origin))
        return replace(GATEWAY, process=replace(GATEWAY.process, policies=policies))

    assert launch(60.0, "web.config:7").starts_the_same(launch(60.0, "web.config:8"))
    assert not launch(60.0, "web.config:7").starts_the_same(launch(61.0, "web.config:7"))
    assert not launch(60.0, "web.config:7").starts_the_same(GATEWAY)


def test_a_leading_python_is_the_environments() -> None:
    assert start_words(PLATFORM, {"HTTP_PLATFORM_PORT": "5000"}) == (
        *("/env/bin/python", "app.py", "--port", "5000"),
    )
    assert start_words(replace(PLATFORM, words=("uvicorn", "python")), {}) == ("uvicorn", "python")


def test_a_platform_process_finds_its_port_under_each_name() -> None:
    environment = child_environment(PLATFORM, port=5000, extra={})
    assert {environment[n] for n in ("PORT", "HTTP_PLATFORM_PORT", "ASPNETCORE_PORT")} == {"5000"}
    assert "PORT" not in child_environment(GATEWAY, port=None, extra={})


def test_values_of_the_environment_may_hold_the_port() -> None:
    launch = replace(PLATFORM, environment={"STREAMLIT_PORT": "%HTTP_PLATFORM_PORT%", "X": "50%"})
    environment = child_environment(launch, port=5000, extra={})
    assert (environment["STREAMLIT_PORT"], environment["X"]) == ("5000", "50%")


def test_output_is_unbuffered_unless_the_site_says_otherwise() -> None:
    assert child_environment(GATEWAY, port=None, extra={})["PYTHONUNBUFFERED"] == "1"
    chosen = replace(GATEWAY, environment={"PYTHONUNBUFFERED": ""})
    assert child_environment(chosen, port=None, extra={})["PYTHONUNBUFFERED"] == ""


def test_programs_of_the_environment_are_found_first() -> None:
    assert child_environment(GATEWAY, port=None, extra={})["PATH"] == "/env/bin:/usr/bin"
    again = replace(GATEWAY, environment={"PATH": "/env/bin:/usr/bin"})
    assert child_environment(again, port=None, extra={})["PATH"] == "/env/bin:/usr/bin"


def test_only_platform_processes_get_the_folders_by_pythonpath() -> None:
    launch = replace(PLATFORM, environment={"PYTHONPATH": "/own"})
    assert child_environment(launch, port=1, extra={})["PYTHONPATH"] == "/site/wwwroot/lib:/site/extra:/own"
    assert "PYTHONPATH" not in child_environment(GATEWAY, port=None, extra={})


def test_the_hosts_own_variables_win() -> None:
    launch = replace(GATEWAY, environment={"WEBSTEAD_REPORT_FD": "1"})
    assert (
        child_environment(launch, port=None, extra={"WEBSTEAD_REPORT_FD": "9"})["WEBSTEAD_REPORT_FD"] == "9"
    )


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("5000", 5000),
        ("80", None),
        ("65536", None),
        ("%X%", None),
        ("", None),
        ("\u0665000", None),
        ("9" * 999, None),
    ],
)
def test_a_fixed_port_is_taken_from_the_sites_own_variable(text: str, port: int | None) -> None:
    assert asked_port(replace(PLATFORM, environment={"HTTP_PLATFORM_PORT": text})) == port
