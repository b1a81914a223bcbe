"""Compressed files and answers through a real front, rule by rule."""

from __future__ import annotations

import os
import socket
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
import zstandard

from tests.real.front.stage import PATIENCE, Answered, FrontProcess, Stage, eventually, fastcgi, webconfig
from webstead.formats.webconfig.schema.compression import CODINGS, Coding
from webstead.front.encoders import encode_file

CSS = b"a { color: red; }\n" * 1000
BROWSER = "Accept-Encoding: gzip, deflate, br, zstd\r\n"
NO_STATIC = '<urlCompression doStaticCompression="false"/>'
NO_DYNAMIC = '<urlCompression doDynamicCompression="false"/>'


def plain(answer: Answered) -> bytes:
    """The body as its Content-Encoding says."""
    coding = answer.headers.get("content-encoding")
    if coding == "gzip":
        return zlib.decompress(answer.body, 31)
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(answer.body)
    if coding == "br":
        return bytes(brotli.decompress(answer.body))
    assert coding is None
    return answer.body


@pytest.fixture
def site(stage: Stage) -> FrontProcess:
    (stage.root / "site.css").write_bytes(CSS)
    (stage.root / "small.css").write_bytes(CSS[:2699])
    (stage.root / "noise.css").write_bytes(os.urandom(5000))
    (stage.root / "page.png").write_bytes(CSS)
    (stage.root / "large.txt").write_bytes(CSS * 20)
    front = stage.front()
    front.serve(stage.root, config=webconfig("static"))
    return front


FILES = [
    ("/site.css", "", None),
    ("/site.css", BROWSER, "br"),
    ("/site.css", "Accept-Encoding: gzip\r\n", "gzip"),
    ("/site.css", "Accept-Encoding: gzip, zstd\r\n", "zstd"),
    ("/site.css", "Accept-Encoding: gzip;q=1, br;q=0.5\r\n", "gzip"),
    ("/site.css", "Accept-Encoding: gzip;q=0\r\n", None),
    ("/site.css", "Accept-Encoding: deflate\r\n", None),
    ("/large.txt", BROWSER, "br"),  # larger than what is kept of plain files
    ("/small.css", BROWSER, None),  # minFileSizeForComp
    ("/noise.css", BROWSER, None),  # it would become longer
    ("/page.png", BROWSER, None),
    ("/site.css", BROWSER + "Via: 1.1 proxy\r\n", None),
]


def test_files_are_compressed(site: FrontProcess, stage: Stage) -> None:
    for path, head, coding in FILES:
        for _ in range(2):  # made, and kept
            answer = site.ask(path, head=head)
            assert answer.status == 200
            assert answer.headers.get("content-encoding") == coding
            assert plain(answer) == (stage.root / path[1:]).read_bytes()
            assert answer.headers["content-length"] == str(len(answer.body))
            if coding:
                assert answer.headers["vary"] == "Accept-Encoding"
                assert len(answer.body) < len(CSS)
        head_answer = site.ask(path, head=head, method="HEAD")
        assert {**head_answer.headers, "date": ""} == {**answer.headers, "date": ""}


def test_http_1_0_gets_files_as_they_are(site: FrontProcess) -> None:
    with site.connect() as client:
        client.sendall(b"GET /site.css HTTP/1.0\r\nHost: site.test\r\nAccept-Encoding: gzip\r\n\r\n")
        raw = b"".join(iter(lambda: client.recv(65536), b""))
    assert raw.endswith(CSS)


def test_a_compressed_file_has_a_tag_of_its_own(site: FrontProcess) -> None:
    first, other = site.ask("/site.css", head=BROWSER), site.ask("/site.css")
    assert first.headers["etag"] != other.headers["etag"]
    assert first.headers["last-modified"] == other.headers["last-modified"]
    same = f"If-None-Match: {first.headers['etag']}\r\n"
    unchanged = site.ask("/site.css", head=BROWSER + same)
    assert (unchanged.status, unchanged.headers["etag"]) == (304, first.headers["etag"])
    assert unchanged.headers["vary"] == "Accept-Encoding"
    assert site.ask("/site.css", head=same).status == 200


def test_parts_are_of_the_file_as_it_is(site: FrontProcess) -> None:
    part = site.ask("/site.css", head=f"{BROWSER}Range: bytes=0-9\r\n")
    assert (part.status, part.body) == (206, CSS[:10])
    assert "content-encoding" not in part.headers
    etag = site.ask("/site.css", head=BROWSER).headers["etag"]
    whole = site.ask("/site.css", head=f"{BROWSER}Range: bytes=0-9\r\nIf-Range: {etag}\r\n")
    assert (whole.status, whole.body) == (200, CSS)


def test_a_changed_file_is_compressed_anew(site: FrontProcess, stage: Stage) -> None:
    assert plain(site.ask("/site.css", head=BROWSER)) == CSS
    (stage.root / "site.css").write_bytes(CSS.replace(b"red", b"blue"))
    eventually(lambda: b"blue" in plain(site.ask("/site.css", head=BROWSER)), "the new file is sent")


@pytest.mark.parametrize(("coding", "ending"), [("br", ".br"), ("zstd", ".zst"), ("gzip", ".gz")])
def test_a_file_that_lies_compressed_beside_it_is_sent(
    site: FrontProcess, stage: Stage, coding: Coding, ending: str
) -> None:
    beside = stage.root / f"site.css{ending}"
    beside.write_bytes(encode_file(coding, b"another"))
    answer = site.ask("/site.css", head=BROWSER)
    assert (plain(answer), answer.headers["content-encoding"]) == (b"another", coding)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert site.ask("/site.css").body == CSS
    os.utime(beside, (1, 1))  # of an older original
    eventually(lambda: plain(site.ask("/site.css", head=BROWSER)) == CSS, "it is compressed anew")


def test_a_file_of_any_length_may_lie_compressed(site: FrontProcess, stage: Stage) -> None:
    (stage.root / "small.css.br").write_bytes(b"short")
    (stage.root / "large.txt.gz").write_bytes(b"l" * 100_000)
    assert site.ask("/small.css", head=BROWSER).body == b"short"
    assert site.ask("/large.txt", head=BROWSER).body == b"l" * 100_000


def test_what_a_link_leads_to_is_not_sent_compressed_either(site: FrontProcess, stage: Stage) -> None:
    (stage.folder / "secret").write_bytes(b"secret")
    (stage.root / "site.css.br").symlink_to(stage.folder / "secret")
    assert plain(site.ask("/site.css", head=BROWSER)) == CSS


FILE_RULES = [
    (NO_STATIC, "/site.css", None),
    (NO_DYNAMIC, "/site.css", "br"),
    ('<httpCompression minFileSizeForComp="10"/>', "/small.css", "br"),
    ('<httpCompression><remove name="br"/></httpCompression>', "/site.css", "zstd"),
    ("<httpCompression><clear/></httpCompression>", "/site.css", None),
    (
        '<httpCompression><staticTypes><add mimeType="text/css" enabled="false"/></staticTypes>'
        "</httpCompression>",
        "/site.css",
        None,
    ),
    (
        '<httpCompression><staticTypes><add mimeType="image/*"/></staticTypes></httpCompression>',
        "/page.png",
        "br",
    ),
]


def test_what_the_site_says_of_files(site: FrontProcess, stage: Stage) -> None:
    for config, path, coding in FILE_RULES:
        site.serve(stage.root, config=webconfig("static", config))
        answer = site.ask(path, head=BROWSER)
        assert answer.headers.get("content-encoding") == coding
        assert plain(answer) == (stage.root / path[1:]).read_bytes()


APP = """
import time

PAGE = b"<p>a page of words and words</p>" * 200
HEADERS = {
    "/json": [("Content-Type", "application/json")],
    "/image": [("Content-Type", "image/png")],
    "/encoded": [("Content-Type", "text/html"), ("Content-Encoding", "x-own")],
    "/kept": [("Content-Type", "text/html"), ("Cache-Control", "public, no-transform")],
    "/digest": [("Content-Type", "text/html"), ("Repr-Digest", "sha-256=:AA==:")],
    "/tag": [("Content-Type", "text/html"), ("ETag", '"tag"'), ("Vary", "Cookie")],
}

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/none":
        start_response("204 No Content", [])
        return [b""]
    if path == "/part":
        part = ("Content-Range", "bytes 0-6399/6400")
        start_response("206 Partial Content", [("Content-Type", "text/html"), part])
        return [PAGE]
    if path == "/small":
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "2000")])
        return [PAGE[:2000]]
    if path == "/events":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return events()
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(PAGE) * 40))])
        return (PAGE for _ in range(40))
    headers = HEADERS.get(path, [("Content-Type", "text/html; charset=utf-8")])
    start_response("200 OK", [*headers, ("Content-Length", str(len(PAGE)))])
    return [PAGE]

def events():
    for number in range(3):
        yield b"data: %d\\n\\n" % number
    while True:
        time.sleep(0.05)
        yield b": waiting\\n\\n"
"""
PAGE = b"<p>a page of words and words</p>" * 200


@pytest.fixture
def app(stage: Stage) -> FrontProcess:
    front = stage.front()
    endpoint, _ = stage.gateway(APP)
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    return front


ANSWERS = [
    ("/", "", None),
    ("/", BROWSER, "gzip"),
    ("/", "Accept-Encoding: gzip;q=0.5, br, zstd\r\n", "zstd"),
    ("/", "Accept-Encoding: br\r\n", "br"),
    ("/json", BROWSER, "gzip"),
    ("/small", BROWSER, None),
    ("/image", BROWSER, None),
    ("/encoded", BROWSER, "x-own"),
    ("/kept", BROWSER, None),
    ("/digest", BROWSER, None),
    ("/part", BROWSER, None),
    ("/none", BROWSER, None),
    ("/", BROWSER + "Via: 1.1 proxy\r\n", None),
    ("/", BROWSER + "Cookie: a=b\r\nSec-Fetch-Site: cross-site\r\n", None),
    ("/", BROWSER + "Cookie: a=b\r\nSec-Fetch-Site: same-origin\r\n", "gzip"),
]


def test_answers_of_apps_are_compressed(app: FrontProcess) -> None:
    for path, head, coding in ANSWERS:
        answer = app.ask(path, head=head)
        assert answer.headers.get("content-encoding") == coding
        if coding in ("zstd", "gzip", "br"):
            assert plain(answer) == PAGE
            assert answer.headers["content-length"] == str(len(answer.body))
            assert answer.headers["vary"] == "Accept-Encoding"
            assert len(answer.body) < len(PAGE) // 2
        elif path not in ("/none", "/small"):
            assert answer.body == PAGE


def test_a_tag_becomes_a_weak_one_and_vary_is_kept(app: FrontProcess) -> None:
    headers = app.ask("/tag", head=BROWSER).headers
    assert (headers["etag"], headers["vary"]) == ('W/"tag"', "Cookie, Accept-Encoding")
    assert app.ask("/tag").headers["etag"] == '"tag"'


def test_head_is_answered_as_the_app_does(app: FrontProcess) -> None:
    answer = app.ask("/", method="HEAD", head=BROWSER)
    assert (answer.body, "content-encoding" in answer.headers) == (b"", False)


def test_a_long_answer_is_compressed_as_it_comes(app: FrontProcess) -> None:
    for coding in CODINGS:
        answer = app.ask("/stream", head=f"Accept-Encoding: {coding}\r\n")
        assert answer.headers["content-encoding"] == coding
        assert plain(answer) == PAGE * 40


def test_events_are_not_held_back(app: FrontProcess) -> None:
    """The first events can be read while the stream is open."""
    for coding in CODINGS:
        with app.connect() as client:
            head = f"Host: site.test\r\nAccept-Encoding: {coding}\r\n"
            client.sendall(f"GET /events HTTP/1.1\r\n{head}\r\n".encode())
            raw = received(client, partial(has_events, coding))
        assert f"content-encoding: {coding}".encode() in raw.lower()


def has_events(coding: str, raw: bytes) -> bool:
    return b"data: 2\n\n" in so_far(raw, coding)


def received(client: socket.socket, enough: Callable[[bytes], bool]) -> bytes:
    client.settimeout(PATIENCE)
    raw = b""
    while not enough(raw):
        data = client.recv(65536)
        assert data, raw
        raw += data
    return raw


def so_far(raw: bytes, coding: str) -> bytes:
    """What can be read of a body in chunks that has not ended."""
    _, _, rest = raw.partition(b"\r\n\r\n")
    body = b""
    while b"\r\n" in rest:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    if coding == "gzip":
        return zlib.decompressobj(31).decompress(body)
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return bytes(brotli.Decompressor().process(body))


ANSWER_RULES = [
    (NO_DYNAMIC, None),
    (NO_STATIC, "gzip"),
    ("<httpCompression><clear/></httpCompression>", None),
    ('<httpCompression><remove name="gzip"/></httpCompression>', "zstd"),
    (
        '<httpCompression><dynamicTypes><add mimeType="text/html" enabled="false"/></dynamicTypes>'
        "</httpCompression>",
        None,
    ),
    ('<httpCompression minFileSizeForComp="1000000"/>', None),
]


def test_what_the_site_says_of_answers(stage: Stage) -> None:
    front = stage.front()
    endpoint, _ = stage.gateway(APP)
    for config, coding in ANSWER_RULES:
        front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", config))
        answer = front.ask("/", head=BROWSER)
        assert (answer.headers.get("content-encoding"), plain(answer)) == (coding, PAGE)


OUTBOUND = """<rewrite><outboundRules><rule name="T"><match pattern="words"/>
<action type="Rewrite" value="{HTTP_HOST}"/></rule></outboundRules></rewrite>"""


def test_outbound_rules_see_plain_bodies(stage: Stage) -> None:
    (stage.root / "page.html").write_bytes(PAGE)
    front = stage.front()
    endpoint, _ = stage.gateway(APP)
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", OUTBOUND))
    answer = front.ask("/", head=BROWSER)
    assert (answer.headers["content-encoding"], plain(answer)) == (
        "gzip",
        PAGE.replace(b"words", b"site.test"),
    )
    front.serve(stage.root, config=webconfig("static", OUTBOUND))
    answer = front.ask("/page.html", head=BROWSER)
    assert (answer.headers["content-encoding"], plain(answer)) == (
        "gzip",
        PAGE.replace(b"words", b"site.test"),
    )


def test_a_header_of_the_site_forbids_it(stage: Stage) -> None:
    front = stage.front()
    endpoint, _ = stage.gateway(APP)
    header = '<httpProtocol><customHeaders><add name="{}" value="{}"/></customHeaders></httpProtocol>'
    kept = header.format("Cache-Control", "no-transform")
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", kept))
    assert front.ask("/", head=BROWSER).body == PAGE
    varied = header.format("Vary", "Origin")
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", varied))
    assert front.ask("/", head=BROWSER).headers["vary"] == "Origin, Accept-Encoding"
