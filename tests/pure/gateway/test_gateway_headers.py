"""An app's status and headers as a CGI header block: what passes, what must never pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.head import parse_head
from webstead.gateway.asgi.head import encode_response
from webstead.gateway.wsgi.headers import HeaderError, encode_head

TOKENS = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
SPECIAL = {
    "status", "content-length", "connection", "keep-alive", "te", "trailer", "trailers", "upgrade",
    "transfer-encoding", "proxy-authenticate", "proxy-authorization",
}  # fmt: skip


def test_a_block_is_status_then_headers_in_order() -> None:
    head = encode_head("404 Not Found", [("A", "1"), ("Set-Cookie", "x"), ("Set-Cookie", "y")])
    assert head.block == b"Status: 404 Not Found\r\nA: 1\r\nSet-Cookie: x\r\nSet-Cookie: y\r\n"
    assert (head.length, head.bodiless) == (None, False)


@given(st.lists(st.tuples(TOKENS.filter(lambda name: name.lower() not in SPECIAL), VALUES), max_size=6))
def test_what_passes_reads_back_as_it_was(headers: list[tuple[str, str]]) -> None:
    block = encode_head("200 OK", headers).block + b"\r\n"
    expected = [(name.encode(), value.encode("latin-1").strip(b" \t")) for name, value in headers]
    assert parse_head(block) == (200, expected)


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_adds_a_line(name: str, value: str) -> None:
    """Whatever an app hands over as a name and a value: one header comes of it, or none, or an error."""
    try:
        block = encode_head("200 OK", [(name, value)]).block
    except HeaderError:
        return
    head = parse_head(block + b"\r\n")
    assert len(head.headers) <= 1
    assert head.status == 200


@pytest.mark.parametrize("status", ["200", "299 ", "451 Unavailable For Legal Reasons", "999 Odd", "204 Où"])
def test_statuses_that_pass(status: str) -> None:
    assert encode_head(status, []).block == f"Status: {status}\r\n".encode("latin-1")


@pytest.mark.parametrize(
    "status",
    [
        "",
        "OK",
        "20",
        "2000",
        "100 Continue",
        "200OK",
        "200 OK\r\nX: y",
        "200 \n",
        "200 \0",
        " 200 OK",
        b"200 OK",
        200,
    ],
)
def test_statuses_that_do_not(status: str) -> None:
    with pytest.raises(HeaderError):
        encode_head(status, [])


@pytest.mark.parametrize("name", ["", " ", "A B", "A:", "A\r\n", "A\n", "Ä", "A\0", "(A)", b"A", 1])
def test_names_that_do_not_pass(name: str) -> None:
    with pytest.raises(HeaderError):
        encode_head("200 OK", [(name, "v")])


@pytest.mark.parametrize(
    "value", ["a\r\nB: c", "a\nB: c", "a\rb", "a\0", "\x7f", "a\r\n b", "→", b"a", 1, None]
)
def test_values_that_do_not_pass(value: str) -> None:
    with pytest.raises(HeaderError):
        encode_head("200 OK", [("A", value)])


@pytest.mark.parametrize("name", ["Connection", "connection", "Upgrade", "TE", "Keep-Alive"])
def test_hop_by_hop_headers_are_left_out_even_twice(name: str) -> None:
    for _ in range(2):
        head = encode_head("200 OK", [("A", "1"), (name, "v")])
        assert head.block == b"Status: 200 OK\r\nA: 1\r\n"
        assert name in head.remark


def test_a_transfer_encoding_does_not_pass_even_twice() -> None:
    for _ in range(2):
        with pytest.raises(HeaderError, match="TRANSFER-ENCODING"):
            encode_head("200 OK", [("TRANSFER-ENCODING", "chunked")])


def test_a_status_header_cannot_replace_the_status() -> None:
    assert encode_head("200 OK", [("Status", "500"), ("sTATUS", "404")]).block == b"Status: 200 OK\r\n"


def test_content_length_is_read() -> None:
    assert encode_head("200 OK", [("content-LENGTH", "12")]).length == 12


@pytest.mark.parametrize("value", ["", "-1", "+1", "1.0", "1 2", "٣", "0x10"])
def test_a_content_length_that_is_no_number_does_not_pass(value: str) -> None:
    with pytest.raises(HeaderError):
        encode_head("200 OK", [("Content-Length", value)])


@pytest.mark.parametrize(
    ("status", "bodiless"), [("204 No Content", True), ("304 Not Modified", True), ("200 OK", False)]
)
def test_which_statuses_have_no_body(status: str, bodiless: bool) -> None:
    assert encode_head(status, []).bodiless is bodiless


@pytest.mark.parametrize(
    "headers", ["", None, (), b"", {}, (("A", "1"),), iter([("A", "1")]), [(b"A", b"1")]]
)
def test_what_wfastcgi_took_for_headers_passes_with_a_remark(headers: Any) -> None:
    head = encode_head("200 OK", headers)
    assert head.block in (b"Status: 200 OK\r\n", b"Status: 200 OK\r\nA: 1\r\n")
    assert head.remark or isinstance(headers, list)


@pytest.mark.parametrize("headers", ["A: 1", {"A": "1"}, 7, b"A: 1"])
def test_what_is_no_list_of_headers_does_not_pass(headers: Any) -> None:
    with pytest.raises(HeaderError, match="list"):
        encode_head("200 OK", headers)


def test_only_what_is_odd_has_a_remark() -> None:
    assert encode_head("200 OK", [("A", "1")]).remark == ""
    assert "reason" in encode_head("200", []).remark


def test_a_head_that_was_seen_before_is_told_from_a_like_one() -> None:
    first = encode_head("200 OK", [("Content-Length", "1"), ("X", "a")])
    assert encode_head("200 OK", [("Content-Length", "1"), ("X", "a")]).block == first.block
    other = encode_head("200 OK", [("Content-Length", "2"), ("X", "a")])
    assert (other.length, first.length) == (2, 1)
    assert encode_head("404 Not Found", [("Content-Length", "1"), ("X", "a")]).block != first.block


def test_a_header_that_cannot_be_remembered_is_still_checked() -> None:
    pair: list[object] = ["X", "a"]
    with pytest.raises(HeaderError):
        encode_head("200 OK", [("Y", pair)])  # type: ignore[list-item]


def test_long_heads_are_not_remembered() -> None:
    """A client that chooses what is repeated to it would choose how much memory that takes."""
    short = [("Location", "/short")]
    assert encode_head("302 Found", short) is encode_head("302 Found", short)
    long = [("Location", "/" + "x" * 1024)]
    assert encode_head("302 Found", long) is not encode_head("302 Found", long)
    pairs = [(b"location", b"/" + b"x" * 1024)]
    assert encode_response(302, pairs) is not encode_response(302, pairs)
