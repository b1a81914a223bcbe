from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.pairs import decode_pairs
from webstead.front.params import HeaderPieces, PieceTable, site_piece, target_piece


def passed(*headers: tuple[bytes, bytes], pieces: HeaderPieces | None = None) -> dict[str, str]:
    parts: list[bytes] = []
    (pieces or HeaderPieces()).headers(headers, parts)
    return decode_pairs(b"".join(parts))


def test_headers_become_cgi_variables() -> None:
    assert passed((b"x-my-header", b"1"), (b"content-type", b"a/b"), (b"content-length", b"5")) == {
        "HTTP_X_MY_HEADER": "1",
        "CONTENT_TYPE": "a/b",
        "CONTENT_LENGTH": "5",
    }


@pytest.mark.parametrize(
    "name",
    [
        b"proxy",
        b"x_forwarded_for",
        b"x-original-url",
        b"x-iis-windowsauthtoken",
        b"transfer-encoding",
        b"content_length",
    ],
)
def test_what_a_client_may_not_say_is_dropped(name: bytes) -> None:
    assert passed((name, b"x")) == {}


def test_an_empty_host_is_no_host() -> None:
    assert passed((b"host", b""), (b"x-empty", b"")) == {"HTTP_X_EMPTY": ""}


def test_secrets_and_long_values_are_not_kept() -> None:
    pieces = HeaderPieces()
    for _ in range(2):
        assert passed((b"cookie", b"a=1"), (b"x", b"v" * 500), pieces=pieces) == {
            "HTTP_COOKIE": "a=1",
            "HTTP_X": "v" * 500,
        }
    assert not pieces._headers._pieces


def test_a_table_keeps_no_long_piece() -> None:
    table = PieceTable()
    assert table.keep("key", b"x" * 5000) == b"x" * 5000
    assert table.get("key") is None


def test_a_table_is_bounded() -> None:
    table = PieceTable(3)
    for number in range(10):
        table.keep(number, b"x")
    assert table.get(9) == b"x"
    assert len(table._pieces) <= 3


@given(
    st.lists(
        st.tuples(st.from_regex(rb"[a-z0-9-]{1,30}", fullmatch=True), st.binary(max_size=300)),
        max_size=12,
        unique_by=lambda pair: pair[0],
    )
)
def test_encoding_twice_gives_the_same(headers: list[tuple[bytes, bytes]]) -> None:
    pieces = HeaderPieces()
    first = passed(*headers, pieces=pieces)
    assert passed(*headers, pieces=pieces) == first
    for name, value in first.items():
        assert any(value == given_value.decode("latin-1") for _, given_value in headers), name


def test_the_request_line_host_and_socket() -> None:
    piece = HeaderPieces().request_line("GET", "1.1", "https", b"site.test:8443", ("10.0.0.1", "443"))
    assert decode_pairs(piece) == {
        "REQUEST_METHOD": "GET",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_SCHEME": "https",
        "HTTPS": "on",
        "SERVER_NAME": "site.test",
        "SERVER_PORT": "443",
    }


@pytest.mark.parametrize(
    ("host", "name"), [(b"[::1]:80", "[::1]"), (b"[::1]", "[::1]"), (b"a", "a"), (b"", "10.0.0.1")]
)
def test_the_server_s_name_has_no_port(host: bytes, name: str) -> None:
    piece = HeaderPieces().request_line("GET", "1", "http", host, ("10.0.0.1", 80))
    assert decode_pairs(piece)["SERVER_NAME"] == name
    assert decode_pairs(piece)["SERVER_PROTOCOL"] == "HTTP/1.0"


def test_each_client_has_its_own_piece() -> None:
    pieces = HeaderPieces()
    assert decode_pairs(pieces.client(("1.2.3.4", "5"))) == {"REMOTE_ADDR": "1.2.3.4", "REMOTE_PORT": "5"}
    assert decode_pairs(pieces.client(("1.2.3.4", "6")))["REMOTE_PORT"] == "6"
    assert decode_pairs(pieces.client(None)) == {"REMOTE_ADDR": "", "REMOTE_PORT": ""}


def test_the_path_is_utf8_and_the_uri_as_sent() -> None:
    piece = target_piece("/a\u00e9/b", b"/a%C3%A9%2fb?x=1", b"x=1", rewritten=False)
    assert decode_pairs(piece) == {
        "PATH_INFO": "/a\u00e9/b".encode().decode("latin-1"),
        "REQUEST_URI": "/a%C3%A9%2fb?x=1",
        "QUERY_STRING": "x=1",
    }


def test_after_a_rewrite_the_query_is_the_new_one_and_the_original_url_is_told() -> None:
    pairs = decode_pairs(target_piece("/a", b"/a%20?x=1", b"y=2", rewritten=True))
    assert (pairs["QUERY_STRING"], pairs["HTTP_X_ORIGINAL_URL"]) == ("y=2", "/a%20?x=1")


def test_the_site_s_own() -> None:
    pairs = decode_pairs(site_piece("/srv/site", "Webstead/1"))
    assert pairs["DOCUMENT_ROOT"] == pairs["APPL_PHYSICAL_PATH"] == "/srv/site"
    assert pairs["SCRIPT_NAME"] == ""
