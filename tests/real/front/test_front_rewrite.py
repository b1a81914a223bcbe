"""What rewrite rules do to real requests: to other servers, and what they set for the site's own apps."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.real.front.stage import (
    Answered,
    FrontProcess,
    Stage,
    answered,
    eventually,
    fastcgi,
    memory,
    platform,
    read_all,
    webconfig,
)
from tests.real.front.test_front_proxy import HTTP
from tests.real.front.test_front_websocket import SOCKETS
from webstead.site_table import PoolEntry

REDIRECTS = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", f"http://127.0.0.1:{sys.argv[1]}/login")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

SILENT = """
import socket, sys, time
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    held = []
    while True:
        held.append(listener.accept())
"""

TLS = """
import http.server, ssl, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"{self.path} {self.headers['Host']} {self.client_address[1]}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""

TLS_SOCKETS = """
import asyncio, ssl, sys
from websockets.asyncio.server import serve

async def echo(ws):
    await ws.send(ws.request.headers["X-Forwarded-Proto"] + " " + ws.request.headers["Host"])
    async for message in ws:
        await ws.send(message)

async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2])
    async with serve(echo, "127.0.0.1", int(sys.argv[1]), ssl=context):
        await asyncio.get_running_loop().create_future()

asyncio.run(main())
"""

ENVIRON = """
def app(environ, start_response):
    names = "HTTP_X_FOO HTTP_X_GONE HTTP_HOST SERVER_NAME MINE HTTPS PATH_INFO CONTENT_LENGTH".split()
    body = "\\n".join(f"{name}={environ.get(name, '-')}" for name in names).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


def rules(text: str, more: str = "", proxy: str = "") -> str:
    return f"{proxy}<rewrite>{more}<rules>{text}</rules></rewrite>"


def to(url: str, match: str = "(.*)", more: str = "", action: str = "", name: str = "r") -> str:
    end = f'<action type="Rewrite" url="{url}" {action}/>'
    return f'<rule name="{name}"><match url="{match}"/>{more}{end}</rule>'


def setting(*pairs: tuple[str, str]) -> tuple[str, str]:
    """The serverVariables of a rule, and what allows them."""
    sets = "".join(f'<set name="{name}" value="{value}"/>' for name, value in pairs)
    names = "".join(f'<add name="{name}"/>' for name, _ in pairs)
    return (
        f"<serverVariables>{sets}</serverVariables>",
        f"<allowedServerVariables>{names}</allowedServerVariables>",
    )


def serve(
    stage: Stage, front: FrontProcess, extra: str, *pools: PoolEntry, kind: str = "static"
) -> FrontProcess:
    front.serve(stage.root, *pools, config=webconfig(kind, extra))
    return front


def passing(
    stage: Stage, code: str = HTTP, *, target: str = "http://{}/{{R:1}}", proxy: str = ""
) -> FrontProcess:
    """A front that passes everything to a server of this code."""
    endpoint, _ = stage.platform(code)
    return serve(stage, stage.front(), rules(to(target.format(endpoint.address)), proxy=proxy))


def lines_of(answer: Answered) -> list[str]:
    assert answer.status == 200, answer.raw
    return answer.body.decode().lower().splitlines()


# To another server


def test_the_request_arrives_with_the_headers_of_a_proxy(stage: Stage) -> None:
    endpoint, _ = stage.platform(HTTP)
    front = serve(stage, stage.front(), rules(to(f"http://{endpoint.address}/echo?p={{R:1}}", "^api/(.*)")))
    lines = lines_of(
        front.ask(
            b"/api/a%20b?x=%2f",
            head="Host: site.test\r\nX-A: 1\r\nX-Original-URL: /forged\r\nX-IIS-WindowsAuthToken: 1\r\n"
            "Connection: x-hop\r\nX-Hop: 1\r\nTE: gzip\r\nKeep-Alive: 5\r\nProxy: evil\r\n",
        )
    )
    assert lines[0] == "get /echo?p=a%20b&x=%2f http/1.1"
    assert f"host: {endpoint.address}" in lines
    assert "x-a: 1" in lines
    assert "x-forwarded-for: 127.0.0.1" in lines
    assert "x-forwarded-proto: http" in lines
    assert "x-forwarded-host: site.test" in lines
    assert "x-original-url: /api/a%20b?x=%2f" in lines
    assert not any(
        line.startswith(("x-hop", "x-iis", "connection", "te:", "keep-alive", "proxy:", "transfer-encoding"))
        for line in lines
    )


def test_the_client_s_host_can_be_kept(stage: Stage) -> None:
    front = passing(stage, proxy='<proxy preserveHostHeader="true"/>')
    assert "host: site.test" in lines_of(front.ask("/echo"))


def test_connections_to_the_server_are_kept(stage: Stage) -> None:
    front = passing(stage)
    assert len({front.ask("/peer").body for _ in range(5)}) == 1
    for _ in range(10):
        assert front.ask("/close").body == b"closing"
        assert front.ask("/peer").status == 200


def test_bodies_go_both_ways(stage: Stage) -> None:
    front = passing(stage)
    for size in (0, 5, 65_537, 1_000_000):
        head = "" if size else "Content-Length: 0\r\n"
        assert front.ask("/", method="POST", body=b"x" * size, head=head).body == f"{size} {size}".encode()
    with front.connect() as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        client.sendall(b"5\r\nhello\r\n0\r\n\r\n")
        assert answered(read_all(client)).body == b"5 chunked"
    assert front.ask("/no-length").body == b"until the end"
    assert front.ask("/early").body == b"final"
    head_only = front.ask("/echo", method="HEAD")
    assert int(head_only.headers["content-length"]) > 50
    assert head_only.body == b""
    assert front.ask("/missing").status == 404


def test_a_length_and_chunks_at_once_are_not_passed_on(stage: Stage) -> None:
    front = passing(stage)
    with front.connect() as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        raw = read_all(client)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert raw.startswith(b"HTTP/1.1 400 ") or raw.endswith(b"0 chunked")
    assert front.ask("/", method="POST", head="Transfer-Encoding: gzip, chunked\r\n").status in (400, 501)


def test_a_large_download_needs_no_memory(stage: Stage) -> None:
    front = passing(stage)
    front.ask("/echo")
    before = memory(front.process)
    with front.connect() as client:
        client.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert client.recv(100)
        stalled = memory(front.process)
        assert len(read_all(client)) > 50_000_000 - 1000
    assert max(stalled, memory(front.process)) - before < 15_000_000


def test_events_come_one_by_one_also_after_the_time_for_an_answer(stage: Stage) -> None:
    endpoint, process = stage.platform(HTTP, feed=True)
    silent, _ = stage.platform(SILENT)
    both = to(f"http://{endpoint.address}/{{R:0}}", "^events") + to(f"http://{silent.address}/", name="2")
    front = serve(stage, stage.front(), rules(both, proxy='<proxy timeout="00:00:01"/>'))
    assert process.stdin is not None
    with front.connect() as client, client.makefile("rb") as replies:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b"text/event-stream" in b"".join(iter(replies.readline, b"\r\n"))
        assert front.ask("/silent").status == 502  # the time is over
        for number in range(3):
            process.stdin.write(b"event %d\n" % number)
            process.stdin.flush()
            assert replies.readline() == b"8\r\n"
            assert replies.readline() == b"event %d\n" % number
            assert replies.readline() == b"\r\n"
        process.stdin.close()
        assert replies.readline() == b"0\r\n"


def test_a_redirect_of_the_server_to_itself_leads_to_the_site(stage: Stage) -> None:
    front = passing(stage, REDIRECTS)
    assert front.ask("/a").headers["location"] == "http://site.test/login"
    kept = passing(stage, REDIRECTS, proxy='<proxy reverseRewriteHostInResponseHeaders="false"/>')
    assert kept.ask("/a").headers["location"].startswith("http://127.0.0.1:")


def page(answer: Answered) -> str:
    return answer.body.decode()


def test_a_server_that_is_not_there_is_a_502_3_that_says_what_to_do(stage: Stage) -> None:
    front = stage.front()
    serve(stage, front, rules(to("http://127.0.0.1:1/{R:1}")))
    gone = front.ask("/a", head="Host: localhost\r\n")
    assert gone.status == 502
    assert page(gone).startswith("502.3 The other server could not be reached.\nfound: http://127.0.0.1:1: ")
    assert "\nfix:   Start the server at http://127.0.0.1:1, or correct its address in the rule." in page(
        gone
    )
    serve(stage, front, rules(to("http://no-such-server.invalid/{R:1}")))
    unknown = front.ask("/a", head="Host: localhost\r\n")
    assert unknown.status == 502
    assert "found: http://no-such-server.invalid: " in page(unknown)
    assert "fix:   Correct the name in the rule" in page(unknown)
    assert "found" not in page(front.ask("/a"))


def test_a_server_that_says_nothing_is_given_up(stage: Stage) -> None:
    front = passing(stage, SILENT, proxy='<proxy timeout="00:00:01"/>')
    answer = front.ask("/a", head="Host: localhost\r\n")
    assert answer.status == 502
    assert page(answer).startswith("502.3 ")
    assert "no answer within 1 seconds" in page(answer)


def test_a_broken_answer_is_cut_and_nonsense_is_a_502_3(stage: Stage) -> None:
    front = passing(stage)
    broken = front.ask("/broken")
    assert (broken.headers["content-length"], broken.body) == ("100", b"part")
    nonsense = front.ask("/nonsense", head="Host: localhost\r\n")
    assert nonsense.status == 502
    assert page(nonsense).startswith("502.3 The other server did not answer as it should.")
    assert front.ask("/peer").status == 200


def test_a_server_of_the_client_s_choice_is_not_asked(stage: Stage) -> None:
    endpoint, _ = stage.platform(HTTP)
    port = endpoint.address.rpartition(":")[2]
    front = serve(stage, stage.front(), rules(to(f"http://{{HTTP_HOST}}:{port}/{{R:1}}")))
    refused = front.ask("/count", head="Host: 127.0.0.1\r\n")
    assert refused.status == 502
    assert "which the request chose" in page(refused)
    entry = f'<add key="a" value="{endpoint.address}"/>'
    named = f'<rewriteMaps><rewriteMap name="Apps">{entry}</rewriteMap></rewriteMaps>'
    serve(stage, front, rules(to("http://{Apps:{R:1}}/count", "^(.*)$"), named))
    assert front.ask("/a").body == b"1"
    assert front.ask("/b").status == 502


def test_a_site_that_passes_requests_to_itself_answers(stage: Stage) -> None:
    front = stage.front()
    serve(stage, front, rules(to(f"http://127.0.0.1:{front.port}/{{R:1}}")))
    answer = front.ask("/a")
    assert answer.status == 502
    assert front.ask("/a").status == 502


def test_a_websocket_goes_through(stage: Stage) -> None:
    endpoint, _ = stage.platform(SOCKETS, str(stage.folder / "closed"))
    front = serve(stage, stage.front(), rules(to(f"http://{endpoint.address}/{{R:1}}", "^ws/(.*)")))

    async def talk() -> None:
        uri = f"ws://127.0.0.1:{front.port}/ws/headers/x?q=1"
        async with connect(uri, additional_headers={"Cookie": "a=1"}, proxy=None) as ws:
            first = str(await ws.recv()).splitlines()
            assert first == ["/headers/x?q=1", endpoint.address, "a=1", "-", "127.0.0.1"]
            for message in ("text", b"bytes", "x" * 100_000):
                await ws.send(message)
                assert await ws.recv() == message
            await ws.close(4002)

    asyncio.run(asyncio.wait_for(talk(), 20))
    closed = stage.folder / "closed"
    eventually(lambda: closed.exists() and closed.read_text() == "4002\n", "the close code arrives")


def test_a_websocket_to_nobody_is_refused(stage: Stage) -> None:
    front = serve(stage, stage.front(), rules(to("http://127.0.0.1:1/{R:1}")))
    with front.connect() as client:
        client.sendall(
            b"GET /x HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 502 ")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for localhost, which nobody trusts yet, in one file."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    both = tmp_path / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    return both


@pytest.mark.needs("openssl")
def test_a_server_over_tls_is_verified(
    stage: Stage, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = stage.platform(TLS, str(certificate))
    port = endpoint.address.rpartition(":")[2]
    config = rules(to(f"https://localhost:{port}/{{R:1}}"))
    stranger = serve(stage, stage.front(), config)
    refused = stranger.ask("/a", head="Host: localhost\r\n")
    assert refused.status == 502
    assert "certificate verify failed" in page(refused)
    assert "SSL_CERT_FILE" in page(refused)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    ssl.create_default_context(cafile=str(certificate))  # it can be read
    front = serve(stage, stage.front(), config)
    answers = {front.ask("/a/b").body for _ in range(3)}
    assert len(answers) == 1  # one connection
    assert answers.pop().startswith(f"/a/b localhost:{port} ".encode())
    wrong_name = serve(stage, front, rules(to(f"https://127.0.0.1:{port}/{{R:1}}")))
    assert "127.0.0.1" in page(wrong_name.ask("/a", head="Host: localhost\r\n"))


@pytest.mark.needs("openssl")
def test_a_websocket_to_a_server_over_tls_goes_through_and_its_certificate_is_verified(
    stage: Stage, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = stage.platform(TLS_SOCKETS, str(certificate))
    port = endpoint.address.rpartition(":")[2]
    config = rules(to(f"https://localhost:{port}/{{R:1}}"))
    uri = "ws://127.0.0.1:{}/chat"

    async def talk(front: FrontProcess) -> None:
        async with connect(uri.format(front.port), proxy=None) as ws:
            assert await ws.recv() == f"http localhost:{port}"
            for message in ("text", b"bytes", "x" * 300_000):
                await ws.send(message)
                assert await ws.recv() == message
            await ws.close(4002)
            assert ws.close_code == 4002

    stranger = serve(stage, stage.front(), config)
    with pytest.raises(InvalidStatus, match="502"):
        asyncio.run(asyncio.wait_for(talk(stranger), 20))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    front = serve(stage, stage.front(), config)
    asyncio.run(asyncio.wait_for(talk(front), 20))
    assert front.errors.read_text() == ""


# Server variables


def test_an_app_behind_fastcgi_sees_what_a_rule_has_set(stage: Stage) -> None:
    sets, allowed = setting(
        ("HTTP_X_FOO", "{R:1}"),
        ("HTTP_X_GONE", ""),
        ("HTTP_HOST", "inner.test"),
        ("MINE", "é"),
        ("HTTPS", "on"),
    )
    endpoint, _ = stage.gateway(ENVIRON)
    config = rules(to("b", "^a/(.*)", sets), allowed)
    front = serve(stage, stage.front(), config, fastcgi(endpoint), kind="fastcgi")
    head = "X-Foo: client\r\nX_Foo: client\r\nX-Gone: client\r\nConnection: x-foo\r\n"
    for _ in range(2):  # the second from what is remembered of the first
        answer = front.ask("/a/q", method="POST", body=b"12345", head=head)
        assert answer.body.decode().splitlines() == [
            "HTTP_X_FOO=q",
            "HTTP_X_GONE=-",
            "HTTP_HOST=inner.test",
            "SERVER_NAME=inner.test",
            "MINE=" + "é".encode().decode("latin-1"),
            "HTTPS=on",
            "PATH_INFO=/a/q",
            "CONTENT_LENGTH=5",
        ]
    other = front.ask("/other", head=head).body.decode("utf-8").splitlines()
    assert other[:4] == [
        "HTTP_X_FOO=client",
        "HTTP_X_GONE=client",
        "HTTP_HOST=site.test",
        "SERVER_NAME=site.test",
    ]


def test_a_platform_process_sees_what_a_rule_has_set(stage: Stage) -> None:
    sets, allowed = setting(
        ("HTTP_X_FOO", "{HTTP_HOST}"),
        ("HTTP_ACCEPT_ENCODING", ""),
        ("HTTP_X_FORWARDED_PROTO", "https"),
        ("HTTP_HOST", "inner.test"),
        ("MINE", "1"),
    )
    endpoint, _ = stage.platform(HTTP)
    config = rules(to("echo", "^a", sets), allowed)
    front = serve(stage, stage.front(), config, platform(endpoint), kind="platform")
    lines = lines_of(
        front.ask(
            "/a",
            head="X-Foo: client\r\nAccept-Encoding: br\r\nConnection: x-foo\r\nX-Forwarded-Proto: http\r\n",
        )
    )
    assert [line for line in lines if line.startswith(("x-foo", "accept", "host", "x-forwarded-p"))] == [
        "host: inner.test",
        "x-foo: site.test",
        "x-forwarded-proto: https",
    ]
    assert "x-forwarded-host: site.test" in lines


def test_a_value_that_would_split_the_request_is_refused(stage: Stage) -> None:
    sets, allowed = setting(("HTTP_X_FOO", "{UrlDecode:{QUERY_STRING}}"))
    endpoint, _ = stage.platform(HTTP)
    front = serve(
        stage, stage.front(), rules(to("echo", "^a", sets), allowed), platform(endpoint), kind="platform"
    )
    assert "x-foo: a b" in lines_of(front.ask("/a?a%20b"))
    assert front.ask("/a?a%0d%0aX-Evil:%201").status == 400


def test_a_variable_that_is_not_allowed_is_a_500_50(stage: Stage) -> None:
    sets, _ = setting(("HTTP_X_FOO", "1"))
    front = serve(stage, stage.front(), rules(to("b", "^a", sets)))
    answer = front.ask("/a", head="Host: localhost\r\n")
    assert answer.status == 500
    assert page(answer).startswith("500.50 rule 'r' ")
    assert '<add name="HTTP_X_FOO" />' in page(answer)


# The log


def test_the_log_says_the_url_that_a_rule_has_made(stage: Stage) -> None:
    endpoint, _ = stage.platform(HTTP)
    noted = 'logRewrittenUrl="true"'
    front = stage.front()
    serve(stage, front, rules(to("b c?y=1", "^a", action=noted)))
    front.ask("/a?x=1")
    serve(stage, front, rules(to(f"http://{endpoint.address}/count", "^a", action=noted)))
    front.ask("/a?x=1")
    serve(stage, front, rules(to("b", "^a")))
    front.ask("/a?x=1")
    eventually(lambda: len(front.lines()) == 3, "three lines")
    first, second, third = front.lines()
    assert " /b%20c?y=1&x=1 " in first
    assert f" http://{endpoint.address}/count?x=1 " in second
    assert " /a?x=1 " in third
