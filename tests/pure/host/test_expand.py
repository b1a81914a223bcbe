"""`%NAME%`, as Windows expands it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.host.launch import expand

VARIABLES = {
    "HOME": "/home/me",
    "ProgramFiles(x86)": "P",
    "EMPTY": "",
    "LOOP": "%HOME%",
    "HTTP_PLATFORM_PORT": "81",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%HOME%/site", "/home/me/site"),
        (r"%home%\LogFiles", r"/home/me\LogFiles"),
        ("%ProgramFiles(x86)%", "P"),
        ("--port=%HTTP_PLATFORM_PORT%", "--port=81"),
        ("a%EMPTY%b", "ab"),
        ("%LOOP%", "%HOME%"),
        ("%UNKNOWN%/x", "%UNKNOWN%/x"),
        ("%UNKNOWN%HOME%", "%UNKNOWN/home/me"),
        ("100%%HOME%", "100%/home/me"),
        ("%HOME%%HOME%", "/home/me/home/me"),
        ("%%", "%%"),
        ("%", "%"),
        ("50% of %HOME%", "50% of /home/me"),
        ("", ""),
    ],
)
def test_defined_names_are_replaced_and_all_else_stays(text: str, expected: str) -> None:
    assert expand(text, VARIABLES) == expected


@given(st.text(alphabet="%aB ", max_size=30))
def test_without_variables_nothing_changes(text: str) -> None:
    assert expand(text, {}) == text


@given(st.lists(st.sampled_from(["%A%", "%b%", "x", " "]), max_size=20))
def test_pieces_are_replaced_one_by_one(pieces: list[str]) -> None:
    values = {"%A%": "1", "%b%": "2"}
    assert expand("".join(pieces), {"a": "1", "B": "2"}) == "".join(values.get(p, p) for p in pieces)
