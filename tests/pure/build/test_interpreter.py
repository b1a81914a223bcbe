"""Requests and answers of interpreters."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.interpreter import Interpreter, is_path, meets, parse_probe, uv_request

ANSWER = {
    "implementation": "cpython",
    "version": "3.12.1",
    "platform": "linux-x86_64",
    "base": "/usr/bin/python3",
}


def test_an_answer_is_read_back() -> None:
    found = parse_probe(json.dumps(ANSWER))
    assert found == Interpreter("cpython", "3.12.1", "linux-x86_64", "/usr/bin/python3")
    assert found is not None
    assert found.release == (3, 12, 1)
    assert parse_probe(json.dumps(found.as_json())) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        json.dumps({**ANSWER, "base": ""}),
        json.dumps({**ANSWER, "version": "new"}),
    ],
)
def test_anything_else_is_no_interpreter(text: str) -> None:
    assert parse_probe(text) is None


@given(st.text() | st.dictionaries(st.sampled_from(sorted(ANSWER)), st.text() | st.none()).map(json.dumps))
def test_no_answer_breaks_the_reader(text: str) -> None:
    found = parse_probe(text)
    assert found is None or found.base


@pytest.mark.parametrize(
    ("version", "implementation", "expected"),
    [
        ("3.12", "cpython", "cpython@3.12"),
        ("3.12.1", "cpython", "cpython@3.12.1"),
        (">=3.11,<3.13", "cpython", "cpython>=3.11,<3.13"),
        ("3.10", "pypy", "pypy@3.10"),
        ("pypy@3.10", "cpython", "pypy@3.10"),
        ("", "cpython", "cpython"),
    ],
)
def test_a_request_in_uvs_words(version: str, implementation: str, expected: str) -> None:
    assert uv_request(version, implementation) == expected


@pytest.mark.parametrize(
    ("version", "request_", "expected"),
    [
        ("3.12.1", "3.12", True),
        ("3.12.1", "3", True),
        ("3.12.1", "3.12.1", True),
        ("3.12.1", "3.1", False),
        ("3.12.1", ">=3.11,<3.13", True),
        ("3.12.1", "~=3.12.2", False),
        ("3.12.1", "", True),
        ("3.14.0rc1", "3.14", False),
        ("3.14.0rc1", "3.14.0rc1", True),
        ("3.13.0t", "3.13", False),
        ("mine", "3", False),
        ("3.12.1", "newest", False),
    ],
)
def test_which_versions_meet_a_request(version: str, request_: str, expected: bool) -> None:
    assert meets(version, request_) is expected


def test_a_path_has_a_separator() -> None:
    assert is_path("/usr/bin/python3")
    assert is_path(r"C:\Python312\python.exe")
    assert not is_path("3.12")
