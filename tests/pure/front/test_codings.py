from __future__ import annotations

import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig import compile_site
from webstead.formats.webconfig.schema.compression import CODINGS, HTTP_COMPRESSION, Coding
from webstead.front.codings import Negotiation, accepted
from webstead.front.compression import encoded_headers, with_vary
from webstead.front.encoders import encode, encode_file, encoder

ALL: tuple[Coding, ...] = ("br", "zstd", "gzip")


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        (b"gzip", "gzip"),
        (b"gzip, deflate, br, zstd", "br zstd gzip"),
        (b"gzip;q=1.0, br;q=0.5, zstd;q=0", "gzip br"),
        (b"br;q=0.2,gzip;q=0.3", "gzip br"),
        (b"x-gzip", "gzip"),
        (b"GZIP ; Q=0.5", "gzip"),
        (b"*", "br zstd gzip"),
        (b"*;q=0.1, gzip", "gzip br zstd"),
        (b"*, br;q=0", "zstd gzip"),
        (b"gzip;q=0", ""),
        (b"identity", ""),
        (b"identity, gzip;q=0.5", ""),
        (b"identity;q=0.5, gzip;q=0.5", "gzip"),
        (b"identity;q=0, *;q=0", ""),
        (b"deflate, compress", ""),
        (b"", ""),
        (b"gzip;q=2, br", "br"),
        (b"gzip;q=0.1234, br", "br"),
        (b"gzip;level=1, zstd", "zstd"),
        (b",,gzip,,", "gzip"),
        (b"\xffgzip, g zip, gzip/1", ""),
    ],
)
def test_what_a_client_takes(header: bytes, codings: str) -> None:
    assert " ".join(accepted(header, ALL)) == codings


@given(st.binary(max_size=80) | st.from_regex(rb"[a-z*]{1,5};q=[01.]{1,4}(, [a-z*]{1,5};q=[01.]{1,4})*"))
def test_nothing_is_sent_that_is_not_offered(header: bytes) -> None:
    codings = accepted(header, ALL[:2])
    assert set(codings) <= set(ALL[:2])
    assert len(set(codings)) == len(codings)


@pytest.mark.parametrize(
    ("headers", "version", "guarded", "compressed"),
    [
        ({}, "1.1", True, True),
        ({}, "1.0", True, False),
        ({b"via": b"1.1 proxy"}, "1.1", True, False),
        ({b"range": b"bytes=0-1"}, "1.1", True, False),
        ({b"sec-fetch-site": b"cross-site", b"cookie": b"a=b"}, "1.1", True, False),
        ({b"sec-fetch-site": b"same-site", b"authorization": b"x"}, "1.1", True, False),
        ({b"sec-fetch-site": b"cross-site", b"cookie": b"a=b"}, "1.1", False, True),
        ({b"sec-fetch-site": b"cross-site"}, "1.1", True, True),
        ({b"sec-fetch-site": b"same-origin", b"cookie": b"a=b"}, "1.1", True, True),
        ({b"sec-fetch-site": b"none", b"cookie": b"a=b"}, "1.1", True, True),
    ],
)
def test_which_requests_get_compressed_answers(
    headers: dict[bytes, bytes], version: str, guarded: bool, compressed: bool
) -> None:
    settings = compile_site(()).of(HTTP_COMPRESSION, "/")
    negotiation = Negotiation(settings, ALL, guarded=guarded)
    asked = {b"accept-encoding": b"gzip", **headers}
    assert negotiation.of(asked, version) == (("gzip",) if compressed else ())
    assert negotiation.of(headers, version) == ()


def decoded(coding: Coding, data: bytes) -> bytes:
    """What a client can read of it, whole or not."""
    if coding == "gzip":
        return zlib.decompressobj(31).decompress(data)
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return bytes(brotli.Decompressor().process(data))


@given(st.sampled_from(CODINGS), st.lists(st.binary(max_size=200), max_size=6), st.binary(max_size=200))
def test_each_part_of_a_stream_can_be_read_at_once(coding: Coding, parts: list[bytes], last: bytes) -> None:
    stream = encoder(coding)
    sent = plain = b""
    for part in parts:
        sent, plain = sent + stream.feed(part), plain + part
        assert decoded(coding, sent) == plain
    assert decoded(coding, sent + stream.finish(last)) == plain + last


@given(st.sampled_from(CODINGS), st.binary(max_size=5000))
def test_what_is_encoded_means_the_same(coding: Coding, data: bytes) -> None:
    assert decoded(coding, encode(coding, data)) == data
    assert decoded(coding, encode_file(coding, data)) == data


def test_the_headers_of_a_compressed_answer() -> None:
    given_headers = [
        (b"content-type", b"text/html"),
        (b"etag", b'"a"'),
        (b"content-length", b"5000"),
        (b"accept-ranges", b"bytes"),
        (b"content-encoding", b"identity"),
        (b"vary", b"Cookie"),
        (b"set-cookie", b"a=b"),
        (b"set-cookie", b"c=d"),
    ]
    assert encoded_headers(given_headers, "br") == [
        (b"content-type", b"text/html"),
        (b"etag", b'W/"a"'),
        (b"set-cookie", b"a=b"),
        (b"set-cookie", b"c=d"),
        (b"vary", b"Cookie, Accept-Encoding"),
        (b"content-encoding", b"br"),
    ]


@pytest.mark.parametrize("value", [b"*", b"Accept-Encoding", b"Cookie,accept-encoding"])
def test_vary_says_it_once(value: bytes) -> None:
    assert with_vary([(b"vary", value)]) == [(b"vary", value)]
