"""Which setting counts, and what `.deployment` says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import ConfigError
from webstead.site.deploy.known_settings import KNOWN
from webstead.site.deploy.settings import (
    DEFAULTS,
    LARGEST_DEPLOYMENT_FILE,
    is_true,
    merged,
    read_deployment_file,
    value_of,
)

NAMES = st.sampled_from(["COMMAND", "command", "Command", "SCM_TRACE_LEVEL", "scm_trace_level", "X"])
LAYERS = st.dictionaries(NAMES, st.text(max_size=5), max_size=4)


def test_the_defaults_are_kudus() -> None:
    assert DEFAULTS == {
        "deployment_branch": "master",
        "SCM_TRACE_LEVEL": "1",
        "SCM_COMMAND_IDLE_TIMEOUT": "60",
        "SCM_LOGSTREAM_TIMEOUT": "7200",
        "SCM_BUILD_ARGS": "",
    }


def test_each_is_declared_once_and_says_what_it_does() -> None:
    assert len({known.name.casefold() for known in KNOWN}) == len(KNOWN)
    assert all(known.doc.endswith(".") for known in KNOWN)


def test_the_management_wins_over_the_app_and_the_app_over_the_file() -> None:
    scm, app, file = {"A": "scm"}, {"a": "app", "B": "app"}, {"b": "file", "C": "file", "d": "file"}
    assert merged(scm, app, file, {"D": "default", "E": "default"}) == {
        "A": "scm",
        "B": "app",
        "C": "file",
        "E": "default",
        "d": "file",
    }


@given(LAYERS, LAYERS, LAYERS)
def test_each_name_has_the_value_of_the_first_layer_that_knows_it(
    scm: dict[str, str], app: dict[str, str], file: dict[str, str]
) -> None:
    found = merged(scm, app, file)
    layers = (scm, app, file, DEFAULTS)
    assert len({name.casefold() for name in found}) == len(found)
    assert {name.casefold() for name in found} == {name.casefold() for layer in layers for name in layer}
    for name, value in found.items():
        first = next(layer for layer in layers if any(name.casefold() == each.casefold() for each in layer))
        assert first[name] == value


def test_a_value_is_found_whatever_the_case_of_its_name() -> None:
    assert value_of({"Command": "x", "COMMAND": "y"}, "COMMAND") == "y"
    assert value_of({"Command": "x"}, "COMMAND") == "x"
    assert value_of({}, "COMMAND") == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("true", True), (" TRUE ", True), ("0", False), ("", False), ("yes", False), ("11", False)],
)
def test_a_switch_is_read_as_kudu_does(value: str, expected: bool) -> None:
    assert is_true(value) is expected


def test_a_value_is_the_rest_of_its_line() -> None:
    data = b"""
; a comment
project = outside
[Config]
# command = no
command = python build.py --set a=b ; not a comment
Project = 'web app'
 SCM_X=1
empty =
no setting
= nameless
COMMAND = bash deploy.sh
[other]
SCM_Y = 2
"""
    assert read_deployment_file(data) == {
        "COMMAND": "bash deploy.sh",
        "Project": "'web app'",
        "SCM_X": "1",
        "empty": "",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_whatever_editor_wrote_it(encoding: str) -> None:
    data = "[config]\r\nproject = caf\u00e9\u2028x\r\n".encode(encoding)
    assert read_deployment_file(data) == {"project": "café\u2028x"}


def test_what_cannot_be_a_variable_is_passed_over() -> None:
    assert read_deployment_file(b"[config]\na\0b = 1\nc = 2") == {"c": "2"}


def test_a_large_one_is_refused_and_not_cut() -> None:
    whole = b"[config]\nA=".ljust(LARGEST_DEPLOYMENT_FILE, b"x")
    assert len(read_deployment_file(whole)["A"]) == len(whole) - 11
    with pytest.raises(ConfigError, match="too large"):
        read_deployment_file(whole + b"x")


@given(st.binary(max_size=300) | st.text("[]config=#;\n\r \0aB", max_size=60).map(lambda t: t.encode()))
def test_any_bytes_are_settings_that_can_be_variables(data: bytes) -> None:
    found = read_deployment_file(data)
    for name, value in found.items():
        assert name
        assert name == name.strip()
        assert not {"=", "\0", "\n"} & set(name)
        assert not {"\0", "\n"} & set(value)
    assert len({name.casefold() for name in found}) == len(found)
