from __future__ import annotations

import pytest

from webstead.front.media import with_charset


@pytest.mark.parametrize(
    ("mapped", "sent"),
    [
        ("text/html", "text/html; charset=utf-8"),
        ("application/javascript", "application/javascript; charset=utf-8"),
        ("text/x-own; Charset=latin-1", "text/x-own; Charset=latin-1"),
        ("application/json", "application/json"),
        ("image/svg+xml", "image/svg+xml"),
        ("application/x-own", "application/x-own"),
    ],
)
def test_text_without_a_charset_is_utf_8(mapped: str, sent: str) -> None:
    assert with_charset(mapped) == sent
