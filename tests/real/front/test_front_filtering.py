"""Request filtering in a running front: uploads, lists, addresses, and what the error page says."""

from __future__ import annotations

import pytest

from .stage import Stage, answered, fastcgi, read_all, webconfig

EXTRA = """<security><requestFiltering><requestLimits maxAllowedContentLength="100000"/>
<hiddenSegments><add segment="private"/></hiddenSegments></requestFiltering></security>"""
APP = """
def app(environ, start_response):
    size = len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(size).encode()]
"""


@pytest.mark.parametrize(("size", "status"), [(100_000, 200), (100_001, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_uploads_have_a_limit(stage: Stage, size: int, status: int, chunked: bool) -> None:
    endpoint, _ = stage.gateway(APP)
    front = stage.front()
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", EXTRA))
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"x" * size) if chunked else b"x" * size
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    with front.connect() as client:
        client.sendall(head + length + b"\r\n\r\n" + body)
        answer = answered(read_all(client))
    assert answer.status == status
    if status == 413:
        assert b"maxAllowedContentLength at web.config:1" in answer.body
    else:
        assert answer.body == str(size).encode()
    assert front.ask("/").status == 200


def test_hidden_segments_are_not_there_for_the_app_either(stage: Stage) -> None:
    endpoint, _ = stage.gateway(APP)
    front = stage.front()
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", EXTRA))
    assert front.ask("/private/x").status == 404
    assert front.ask("/%70rivate/x").status == 404
    assert front.ask("/public/x").status == 200


def test_addresses_are_asked_for_each_request(stage: Stage) -> None:
    (stage.root / "a.txt").write_text("a")
    front = stage.front()
    closed = '<security><ipSecurity><add ipAddress="127.0.0.1"/></ipSecurity></security>'
    front.serve(stage.root, config=webconfig("static", closed))
    assert front.ask("/a.txt").status == 403
    front.serve(stage.root, config=webconfig("static", closed.replace("127.0.0.1", "127.0.0.2")))
    assert front.ask("/a.txt").status == 200
