"""Who may see a site, in a running front: https behind a proxy, nobody signed in, no WebSockets."""

from __future__ import annotations

import pytest

from .stage import Stage, answered, fastcgi, platform, webconfig

APP = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [environ["REQUEST_METHOD"].encode()]
"""
SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def security(body: str) -> str:
    return f"<security>{body}</security>"


@pytest.mark.parametrize(
    ("proto", "status"), [("", 403), ("http", 403), ("https", 200), ("https, http", 403)]
)
def test_https_is_what_the_proxy_says(stage: Stage, proto: str, status: int) -> None:
    (stage.root / "a.txt").write_text("a")
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", security('<access sslFlags="Ssl"/>')))
    for _ in range(2):  # also when the route is known
        head = f"X-Forwarded-Proto: {proto}\r\n" if proto else ""
        answer = front.ask("/a.txt", head=head)
        assert answer.status == status
        if status == 403:
            assert answer.body == b"403.4 This address wants https.\n"
        assert front.ask("/a.txt").status == 403


def test_nobody_may_sign_in(stage: Stage) -> None:
    off = '<authentication><anonymousAuthentication enabled="false"/></authentication>'
    endpoint, _ = stage.gateway(APP)
    front = stage.front()
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", security(off)))
    refused = front.ask("/")
    assert (refused.status, refused.body) == (
        401,
        b"401.2 This is for people who sign in, which cannot be done here.\n",
    )
    assert "www-authenticate" not in refused.headers
    local = front.ask("/", head="Host: localhost\r\nAuthorization: Basic YTpi\r\n")
    assert b"anonymousAuthentication is off (web.config:1)" in local.body
    assert b"fix:   Let the app ask who it is" in local.body


def test_authorization_by_method(stage: Stage) -> None:
    rules = '<authorization><add accessType="Deny" users="*" verbs="POST"/></authorization>'
    endpoint, _ = stage.gateway(APP)
    front = stage.front()
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", security(rules)))
    assert front.ask("/", method="GET").body == b"GET"
    assert front.ask("/", method="POST").status == 401


@pytest.mark.parametrize("kind", ["platform", "fastcgi"])
def test_websockets_may_be_switched_off(stage: Stage, kind: str) -> None:
    front = stage.front()
    pool = platform(stage.platform(SERVER)[0]) if kind == "platform" else fastcgi(stage.gateway(APP)[0])
    front.serve(stage.root, pool, config=webconfig(kind, '<webSocket enabled="false"/>'))
    upgrade = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    with front.connect() as client:
        client.sendall(upgrade)
        client.settimeout(2)
        raw = b""
        while b"to let them in" not in raw:
            raw += client.recv(65536)
    answer = answered(raw)
    assert answer.status == 501
    assert b'webSocket enabled="false" (web.config:1)' in answer.body
    assert front.ask("/").status == 200
