"""What secret headers hold is hidden, and little else."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.masking import MOST, RUN, Masking
from webstead.settings import MASK


@pytest.mark.parametrize(
    ("header", "value", "text", "shown"),
    [
        ("cookie", "id=abcdef", "to /x/abcdef", f"to /x/{MASK}"),
        ("cookie", "id=abcdef", "to /x/bcde", f"to /x/{MASK}"),
        ("cookie", "id=abcdef", "to /x/ABCDEF/y", f"to /x/{MASK}/y"),
        ("cookie", "id=a%20cdef", "a cdef", MASK),
        ("cookie", "identity=abcdef", "identity", "identity"),
        ("cookie", "abcdef", "abcdef", MASK),
        ("authorization", "Basic dXNlcjpwYXNz", "Basic dXNlcjpwYXNz", f"Basic {MASK}"),
        ("x-api-key", "abcdef", "key abcdef", f"key {MASK}"),
        ("x-name", "abcdef", "abcdef", "abcdef"),
        ("cookie", "page=shop-cart", "/shop-cart", "/shop-cart"),  # it was asked for
        ("cookie", "a=xyz", "xyz", "xyz"),
        ("cookie", "a=1; b=abcdef;c=x", "abcdef", MASK),
        ("x-token", ",%2e", ",%2e", MASK),
        ("cookie", "a=" + "x" * MOST, "anything", MASK),
    ],
)
def test_texts(header: str, value: str, text: str, shown: str) -> None:
    assert Masking([(header, value)], "/shop-cart?x").text(text) == shown


@pytest.mark.parametrize("name", ["HTTP_COOKIE", "cookie", "Proxy-Authorization", "HTTP_X_ACCESS_TOKEN"])
def test_values_by_name(name: str) -> None:
    assert Masking([], "/").value(name, "x") == MASK


_SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters=";,="), min_size=RUN)


@given(_SECRETS, st.text(max_size=20), st.text(max_size=20), st.data())
def test_no_part_of_a_secret_is_left(secret: str, before: str, after: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(secret) - RUN))
    part = secret[at : at + data.draw(st.integers(RUN, len(secret)))]
    masking = Masking([("cookie", f"id={secret}")], "/")
    assert part not in masking.text(before + part + after)
    if masking.text(quote(secret)) != MASK:
        assert quote(secret) not in masking.text(quote(secret))


@given(st.text())
def test_without_secrets_all_is_shown(text: str) -> None:
    assert Masking([("accept", "text/html")], "/").text(text) == text
