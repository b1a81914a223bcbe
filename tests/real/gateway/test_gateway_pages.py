"""Every way a response can go, over a real socket, with one thread and with eight."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import Body, End, Head, Values, begin_request, get_values, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import ABORT_REQUEST, UNKNOWN_ROLE, pack_begin, pack_record

from .conftest import APPS, Gateway

ENDED = End(0, 0)


def test_hello_is_one_head_one_body_one_end(pages: Gateway) -> None:
    with pages.peer() as peer:
        peer.ask("/hello")
        head = peer.event()
        assert head == Head(200, [(b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", b"5")])
        assert [peer.event(), peer.event()] == [Body(b"hello"), ENDED]


def test_requests_follow_each_other_on_one_connection(pages: Gateway) -> None:
    with pages.peer() as peer:
        for number in range(50):
            assert peer.get(f"/echo?{number}").status == 200
        assert peer.get("/hello").body == b"hello"


def test_a_connection_that_is_not_to_be_kept_is_closed(pages: Gateway) -> None:
    with pages.peer() as peer:
        peer.ask("/hello", keep=False)
        assert peer.answer().body == b"hello"
        assert peer.closed()


def test_one_byte_at_a_time(pages: Gateway) -> None:
    with pages.peer() as peer:
        data = peer.opening("/echo", "POST", b"slowly", None) + peer.closing(b"slowly")
        for at in range(len(data)):
            peer.socket.send(data[at : at + 1])
        assert peer.answer().body == b"slowly"


def test_the_environ_is_what_the_server_said(pages: Gateway) -> None:
    answer = pages.get("/environ/x?a=b", HTTPS="on", HTTP_X="1", HTTP_PROXY="http://evil", SCRIPT_NAME="/")
    lines = answer.text.splitlines()
    assert "QUERY_STRING='a=b'" in lines
    assert "SCRIPT_NAME=''" in lines
    assert "HTTP_X='1'" in lines
    assert "wsgi.url_scheme='https'" in lines
    assert not any(line.startswith("HTTP_PROXY=") for line in lines)


def test_multithread_says_what_is_true(pages: Gateway) -> None:
    assert f"wsgi.multithread={pages.threads > 1}" in pages.get("/environ").text


def test_a_utf8_path_arrives_as_latin1_text(pages: Gateway) -> None:
    with pages.peer() as peer:
        pairs = [(b"REQUEST_METHOD", b"GET"), (b"PATH_INFO", "/environ/é".encode())]
        peer.socket.sendall(begin_request(1) + params(1, encode_pairs(pairs)) + stdin(1, b""))
        assert "PATH_INFO='/environ/Ã©'" in peer.answer().text


def test_a_request_without_any_parameters_is_answered(pages: Gateway) -> None:
    with pages.peer() as peer:
        peer.socket.sendall(begin_request(1) + params(1, b"") + stdin(1, b""))
        assert peer.answer().body == b"hello"


@pytest.mark.parametrize("size", [0, 1, 1000, 65535, 65536, 65537, 200_000, 3_000_000])
def test_bodies_of_every_size_come_back(pages: Gateway, size: int) -> None:
    body = os.urandom(size)
    with pages.peer() as peer:
        for _ in range(2):
            peer.socket.sendall(peer.opening("/digest", "POST", body, None))
            peer.socket.sendall(peer.closing(body))
            assert peer.answer().text == f"{size} {hashlib.sha256(body).hexdigest()}"


def test_a_body_without_content_length_is_read_to_its_end(pages: Gateway) -> None:
    for body in (b"short", b"long" * 50_000):
        with pages.peer() as peer:
            peer.ask("/echo", "POST", body, {"CONTENT_LENGTH": ""})
            assert peer.answer().body == body


@pytest.mark.parametrize("filler", [b"", b"x" * 100_000])
def test_lines_of_a_body(pages: Gateway, filler: bytes) -> None:
    body = b"first\nsecond\nthird\n" + filler
    with pages.peer() as peer:
        peer.ask("/lines", "POST", body)
        rest = [b"ond\n", b"third\n", *([filler] if filler else [])]
        assert peer.answer().text == repr((b"first\n", b"sec", rest, []))


@pytest.mark.parametrize("page", ["/unread", "/some_read"])
@pytest.mark.parametrize("keep", [True, False])
def test_a_body_that_the_app_leaves_unread_harms_nothing(pages: Gateway, page: str, keep: bool) -> None:
    body = b"x" * 500_000
    with pages.peer() as peer:
        peer.socket.sendall(peer.opening(page, "POST", body, None, keep=keep))
        try:
            peer.socket.sendall(peer.closing(body))
        except (BrokenPipeError, ConnectionResetError):
            pytest.fail("the gateway closed before it had read the body: the response could be lost")
        assert peer.answer().end == ENDED
        if keep:
            assert peer.get("/hello").body == b"hello"


def test_a_body_longer_than_declared_is_cut(pages: Gateway) -> None:
    for body in (b"0123456789", b"0123456789" * 20_000):
        with pages.peer() as peer:
            peer.ask("/echo", "POST", body, {"CONTENT_LENGTH": "4"})
            assert peer.answer().body == b"0123"


def test_a_body_shorter_than_declared_is_a_bad_request(pages: Gateway) -> None:
    with pages.peer() as peer:
        peer.ask("/echo", "POST", b"0123", {"CONTENT_LENGTH": "10"})
        assert peer.answer().status == 400


def test_a_length_of_minus_one_is_caddys_word_for_an_unknown_one(pages: Gateway) -> None:
    with pages.peer() as peer:
        peer.ask("/echo", "POST", b"0123", {"CONTENT_LENGTH": "-1"})
        answer = peer.answer()
    assert (answer.status, answer.body) == (200, b"0123")


@pytest.mark.parametrize("length", ["-2", "1x", "٣", "+1", "1e3"])
def test_a_length_that_is_none_is_a_bad_request(pages: Gateway, length: str) -> None:
    assert pages.get("/echo", CONTENT_LENGTH=length).status == 400


def test_each_chunk_of_a_stream_arrives_when_the_app_gives_it(start: Callable[..., Gateway]) -> None:
    pages = start("pages:app", words=("--threads", "2"))
    with pages.peer() as peer:
        peer.ask("/stream")
        assert peer.event() == Head(200, [(b"Content-Type", b"text/plain"), (b"X-Accel-Buffering", b"no")])
        for part in (b"one ", b"two ", b"three"):
            assert peer.event() == Body(part)
            assert pages.get("/open").text == "opened"
        assert peer.event() == ENDED
    while pages.get("/closed").text != "1":  # close() may come behind the end: nobody waits for it
        assert pages.process.poll() is None


def test_head_has_headers_and_no_body(pages: Gateway) -> None:
    for page in ("/hello", "/big", "/write", "/file"):
        with pages.peer() as peer:
            peer.ask(page, "HEAD")
            answer = peer.answer()
            assert (answer.status, answer.body, answer.end) == (200, b"", ENDED)


def test_a_large_response_arrives_whole(pages: Gateway) -> None:
    for page, size in (("/big?5000000", 5_000_000), ("/blocks", 20_000_000)):
        answer = pages.get(page)
        assert (len(answer.body), answer.end) == (size, ENDED)


def test_a_file_is_wrapped_and_sent(pages: Gateway) -> None:
    answer = pages.get("/file")
    assert answer.body == (APPS / "pages.py").read_bytes()
    length = (b"Content-Length", str(len(answer.body)).encode())
    assert length in answer.headers
    with pages.peer() as peer:
        peer.ask("/file", "HEAD")
        assert length in peer.answer().headers


def test_write_comes_before_what_is_returned(pages: Gateway) -> None:
    assert pages.get("/write").text == "written twice and returned"


def test_headers_can_be_replaced_until_they_are_sent(pages: Gateway) -> None:
    answer = pages.get("/replaced")
    assert (answer.status, answer.text) == (503, "replaced")


@pytest.mark.parametrize(("page", "status"), [("/nothing", 204), ("/not_modified", 304)])
def test_a_status_without_body_has_none(pages: Gateway, page: str, status: int) -> None:
    answer = pages.get(page)
    assert (answer.status, answer.body, answer.header(b"Content-Length"), answer.end) == (
        status,
        b"",
        None,
        ENDED,
    )


def test_an_empty_body_is_said_to_be_empty(pages: Gateway) -> None:
    answer = pages.get("/empty")
    assert (answer.status, answer.header(b"Content-Length"), answer.end) == (200, b"0", ENDED)


FAILURES = {
    "/fails": "the page → failed",
    "/exits": "SystemExit: leaving",
    "/twice": "a second time",
    "/silent": "did not call start_response",
    "/text": "str",
    "/none": "returned None",
    "/injected": "X-Value",
}


@pytest.mark.parametrize("page", FAILURES)
def test_a_failure_is_a_whole_500_with_its_reason_for_local_clients_only(pages: Gateway, page: str) -> None:
    with pages.peer() as peer:
        local = peer.get(page)
        remote = peer.get(page, REMOTE_ADDR="192.0.2.1")
    for answer in (local, remote):
        assert (answer.status, answer.end) == (500, ENDED)
        assert answer.header(b"Content-Type") == b"text/plain; charset=utf-8"
    assert FAILURES[page] in local.text
    assert "Traceback" not in remote.text
    assert FAILURES[page] not in remote.text
    assert FAILURES[page] in pages.output


def test_a_hop_by_hop_header_is_left_out_and_remarked_once(pages: Gateway) -> None:
    with pages.peer() as peer:
        answers = [peer.get("/hop") for _ in range(3)]
    assert [(answer.status, answer.header(b"Connection")) for answer in answers] == [(200, None)] * 3
    assert pages.output.count("the app's header Connection was left out") == 1


def test_a_traceback_shows_the_app_and_not_the_gateway(pages: Gateway) -> None:
    text = pages.get("/fails").text
    assert "pages.py" in text
    assert "runner.py" not in text


@pytest.mark.parametrize("page", ["/fails_later", "/too_late", "/short"])
def test_a_response_that_fails_half_way_is_plainly_cut(pages: Gateway, page: str) -> None:
    with pages.peer() as peer:
        answer = peer.get(page)
        assert answer.status == 200
        assert answer.body
        assert answer.end is None
    assert "the response was cut short" in pages.output
    assert pages.get("/hello").body == b"hello"


def test_a_failure_in_close_comes_too_late_to_matter(pages: Gateway) -> None:
    with pages.peer() as peer:
        assert peer.get("/fails_in_close").body == b"done"
        assert peer.get("/hello").body == b"hello"
    assert "in close" in pages.output


def test_body_beyond_content_length_is_dropped(pages: Gateway) -> None:
    with pages.peer() as peer:
        assert peer.get("/long").text == "12345"
        assert peer.get("/hello").body == b"hello"


def test_a_client_that_goes_away_costs_one_line(pages: Gateway) -> None:
    before = int(pages.get("/closed").text)
    with pages.peer() as peer:
        peer.ask("/endless")
        assert type(peer.event()) is Head
    lines = [line for line in wait_for_output(pages, "/endless").splitlines() if "/endless" in line]
    assert "nobody waits" in lines[0]
    assert int(pages.get("/closed").text) == before + 1
    assert "Traceback" not in "".join(lines)


def wait_for_output(gateway: Gateway, text: str) -> str:
    """The output, once it has text in it: requests of one connection at a time make sure that it gets
    there.
    """
    for _ in range(2000):
        if text in gateway.output:
            return gateway.output
        gateway.get("/slow")
    raise AssertionError(gateway.output)


def test_a_client_that_goes_away_in_its_upload_costs_one_line(pages: Gateway) -> None:
    with pages.peer() as peer:
        body = b"x" * 200_000
        peer.socket.sendall(peer.opening("/digest", "PUT", body, None) + stdin(1, body[:150_000]))
    output = wait_for_output(pages, "PUT /digest")
    assert "PeerGone" in output or "nobody waits" in output
    assert pages.get("/hello").body == b"hello"


def test_an_aborted_response_is_ended_and_the_connection_goes_on(pages: Gateway) -> None:
    with pages.peer() as peer:
        peer.ask("/endless")
        assert type(peer.event()) is Head
        assert type(peer.event()) is Body
        peer.socket.sendall(pack_record(ABORT_REQUEST, 1, b""))
        assert peer.answer().end == ENDED
        assert peer.get("/hello").body == b"hello"


def test_an_aborted_upload_is_ended(pages: Gateway) -> None:
    with pages.peer() as peer:
        body = b"x" * 200_000
        peer.socket.sendall(peer.opening("/digest", "POST", body, None) + stdin(1, body[:150_000]))
        peer.socket.sendall(pack_record(ABORT_REQUEST, 1, b""))
        received = peer.socket.recv(65536)
        assert received
    assert pages.get("/hello").body == b"hello"


def test_management_and_roles_are_answered(pages: Gateway) -> None:
    with pages.peer() as peer:
        peer.socket.sendall(get_values() + pack_begin(1, 9, 1))
        values = peer.event()
        assert type(values) is Values
        assert values.values["FCGI_MPXS_CONNS"] == "0"
        assert int(values.values["FCGI_MAX_CONNS"]) >= 1
        assert peer.event() == End(0, UNKNOWN_ROLE)
        assert peer.get("/hello").body == b"hello"


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 8, b"\xff" * 64])
def test_what_is_no_fastcgi_is_closed(pages: Gateway, data: bytes) -> None:
    with pages.peer() as peer:
        peer.socket.sendall(data)
        assert peer.closed()


def test_too_many_parameters_are_answered_with_431(pages: Gateway) -> None:
    for pairs in ([(b"A", b"x" * 300_000)], [(str(number).encode(), b"") for number in range(1001)]):
        with pages.peer() as peer:
            peer.socket.sendall(begin_request(1) + params(1, encode_pairs(pairs)) + stdin(1, b""))
            answer = peer.answer()
            assert (answer.status, answer.end) == (431, ENDED)


def test_many_idle_connections_are_no_burden(pages: Gateway) -> None:
    peers = [pages.peer() for _ in range(300)]
    try:
        for peer in peers[::30]:
            assert peer.get("/hello").body == b"hello"
    finally:
        for peer in peers:
            peer.socket.close()


def test_the_app_sees_nothing_of_ours(pages: Gateway) -> None:
    text = pages.get("/loaded").text
    names, path = eval(text, {"__builtins__": {}})  # noqa: S307 (our own fixture's repr)
    assert names == []
    assert path[0] == str(APPS)
    assert not any(Path(entry).name in ("src", "gateway") and "webstead" in entry for entry in path[1:])


def test_what_the_app_prints_is_a_log(pages: Gateway) -> None:
    assert pages.get("/prints").text == "printed"
    assert "printed by the app" in pages.output
    assert "an error of the app" in pages.output


def test_a_half_sent_upload_holds_no_thread(pages: Gateway) -> None:
    """Small bodies are gathered by the loop: more of them than there are threads do not stop the others."""
    slow = [pages.peer() for _ in range(20)]
    try:
        for peer in slow:
            peer.socket.sendall(peer.opening("/echo", "POST", b"0123456789", None) + stdin(1, b"01234"))
        assert pages.get("/hello").body == b"hello"
        for peer in slow:
            peer.socket.sendall(stdin(1, b"56789") + stdin(1, b""))
            assert peer.answer().body == b"0123456789"
    finally:
        for peer in slow:
            peer.socket.close()


def test_a_connection_shut_for_writing_still_gets_its_answer(pages: Gateway) -> None:
    with pages.peer() as peer:
        peer.ask("/hello")
        peer.socket.shutdown(socket.SHUT_WR)
        assert peer.answer().body == b"hello"
