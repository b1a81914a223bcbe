"""Rules that pass requests to another server, and rules that set headers and variables, for real."""

from __future__ import annotations

import socket

from tests.real.front.stage import Stage, fastcgi, platform, webconfig

OTHER = """
import http.server, socketserver, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        size = int(self.headers.get("Content-Length", 0))
        body = (self.requestline + "\\n" + str(self.headers)).encode() + self.rfile.read(size)
        moved = self.path.startswith("/v1/moved")
        self.send_response(302 if moved else 200)
        if moved:
            self.send_header("Location", "http://" + self.headers["Host"] + "/v1/new")
        self.send_header("X-Peer", str(self.client_address[1]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *words):
        pass

class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
RULE = """<rewrite><rules><rule name="Api"><match url="^api/(.*)"/>
<action type="Rewrite" url="http://{}/v1/{{R:1}}"/></rule></rules></rewrite>"""


def test_another_server_answers(stage: Stage) -> None:
    other, _ = stage.platform(OTHER)
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", RULE.format(other.address)))
    answer = front.ask("/api/a%20b?x=1", head="X-Own: kept\r\nX-Original-URL: /evil\r\n")
    lines = answer.body.decode().splitlines()
    assert (answer.status, lines[0]) == (200, "GET /v1/a%20b?x=1 HTTP/1.1")
    sent = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
    assert sent["host"] == other.address
    assert sent["x-own"] == "kept"
    assert sent["x-forwarded-for"] == "127.0.0.1"
    assert sent["x-forwarded-host"] == "site.test"
    assert sent["x-original-url"] == "/api/a%20b?x=1"


def test_uploads_pass_whole_and_connections_are_kept(stage: Stage) -> None:
    other, _ = stage.platform(OTHER)
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", RULE.format(other.address)))
    body = bytes(range(256)) * 4000
    answers = [front.ask("/api/up", method="POST", body=body) for _ in range(3)]
    assert all(answer.status == 200 and answer.body.endswith(body) for answer in answers)
    peers = [front.ask("/api/x").headers["x-peer"] for _ in range(3)]
    assert len(set(peers)) == 1


def test_a_redirect_of_the_other_server_leads_back_here(stage: Stage) -> None:
    other, _ = stage.platform(OTHER)
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", RULE.format(other.address)))
    answer = front.ask("/api/moved")
    assert answer.status == 302
    assert answer.headers["location"].startswith("http://site.test/")


def test_a_server_that_is_not_there_is_a_502_that_says_so(stage: Stage) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", RULE.format(address)))
    answer = front.ask("/api/x", head="Host: localhost\r\nAccept: text/plain\r\n")
    assert answer.status == 502
    assert address.encode() in answer.body
    assert b"Start the server" in answer.body


SLOW = """
import socket, sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
held = []
while True:
    held.append(listener.accept())
"""


def test_a_server_that_never_answers_is_a_502(stage: Stage) -> None:
    other, _ = stage.platform(SLOW)
    front = stage.front()
    rule = RULE.format(other.address) + '<proxy timeout="00:00:01"/>'
    front.serve(stage.root, config=webconfig("static", rule))
    answer = front.ask("/api/x", head="Host: localhost\r\nAccept: text/plain\r\n")
    assert answer.status == 502
    assert b"no answer within 1 seconds" in answer.body


def test_a_client_cannot_choose_the_server(stage: Stage) -> None:
    other, _ = stage.platform(OTHER)
    front = stage.front()
    rule = RULE.format(other.address).replace(f"http://{other.address}/v1/{{R:1}}", "http://{R:1}/x")
    front.serve(stage.root, config=webconfig("static", rule))
    assert front.ask(f"/api/{other.address}").status == 502


def test_an_endless_circle_ends(stage: Stage) -> None:
    front = stage.front()
    rule = RULE.format(f"127.0.0.1:{front.port}").replace("/v1/", "/api/")
    front.serve(stage.root, config=webconfig("static", rule))
    assert front.ask("/api/x").status == 502
    assert front.ask("/x").status == 404


SETS = """<rewrite><allowedServerVariables><add name="HTTP_X_TENANT"/><add name="REMOTE_USER"/>
<add name="HTTP_COOKIE"/></allowedServerVariables>
<rules><rule name="Set"><match url="^([a-z]*)"/><serverVariables>
<set name="HTTP_X_TENANT" value="{R:1}"/>
<set name="REMOTE_USER" value="ada"/>
<set name="HTTP_COOKIE" value=""/>
</serverVariables><action type="None"/></rule></rules></rewrite>"""
APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = ("HTTP_X_TENANT", "REMOTE_USER", "HTTP_COOKIE", "PATH_INFO")
    return [repr([environ.get(name) for name in names]).encode()]
"""


def test_variables_that_rules_set_reach_the_app_in_the_place_of_the_clients(stage: Stage) -> None:
    endpoint, _ = stage.gateway(APP)
    front = stage.front()
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", SETS))
    answer = front.ask("/shop/x", head="X-Tenant: evil\r\nCookie: a=b\r\n")
    assert answer.body.decode() == repr(["shop", "ada", None, "/shop/x"])


def test_headers_that_rules_set_reach_a_process(stage: Stage) -> None:
    endpoint, _ = stage.platform(OTHER)
    front = stage.front()
    front.serve(stage.root, platform(endpoint), config=webconfig("platform", SETS))
    lines = front.ask("/shop/x", head="X-Tenant: evil\r\nCookie: a=b\r\n").body.decode().lower().splitlines()
    assert "x-tenant: shop" in lines
    assert not [line for line in lines if "evil" in line or line.startswith("cookie")]


def test_a_variable_that_is_not_allowed_is_a_500_that_says_what_to_add(stage: Stage) -> None:
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", SETS.replace('<add name="REMOTE_USER"/>', "")))
    answer = front.ask("/shop", head="Host: localhost\r\nAccept: text/plain\r\n")
    assert answer.status == 500
    assert b'<add name="REMOTE_USER" />' in answer.body
