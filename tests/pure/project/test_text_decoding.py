"""Bytes → text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.text import decode


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"abc", "abc"),
        ("é".encode(), "é"),
        ("é".encode("latin-1"), "é"),
        (b"\xef\xbb\xbfabc", "abc"),
        ("abc".encode("utf-16"), "abc"),
        ("abc".encode("utf-16-le"), "abc"),
        ("abc".encode("utf-16-be"), "abc"),
    ],
)
def test_marks_and_zeros_tell_the_encoding(data: bytes, text: str) -> None:
    assert decode(data).text == text


@given(st.binary())
def test_any_bytes_have_a_text(data: bytes) -> None:
    assert isinstance(decode(data).text, str)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00\ufeff"), min_size=1))
def test_utf_8_comes_back(text: str) -> None:
    assert decode(text.encode()).text == text
