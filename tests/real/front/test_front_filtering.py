"""Request filtering in a running front: uploads, lists, addresses, and what the error page says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from webstead.formats.webconfig import compile_site, fastcgi_config, parse

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
        assert b"(maxAllowedContentLength, web.config:1)" in answer.body
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


def test_the_limits_of_iis_hold_where_a_site_states_none(stage: Stage) -> None:
    endpoint, _ = stage.gateway(APP)
    front = stage.front()
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    local = "Host: localhost\r\n"
    large = front.ask("/", method="POST", head=f"{local}Content-Length: 30000001\r\n")
    assert (large.status, large.headers["connection"]) == (413, "close")
    assert b"413.1 the request's body of 30000001 bytes is larger than 30000000 bytes" in large.body
    assert b'fix:   Write <requestLimits maxAllowedContentLength="' in large.body
    for target, code in (
        (f"/?{'a' * 2049}", b"404.15"),
        ("/" + "a" * 4096, b"404.14"),
        ("/%2541", b"404.11"),
    ):
        refused = front.ask(target, head=local)
        assert refused.status == 404
        assert refused.body.startswith(code)
        assert b"fix:" in refused.body
        assert b"fix:" not in front.ask(target).body


def test_what_the_plan_writes_lifts_them(stage: Stage) -> None:
    endpoint, _ = stage.gateway(APP)
    front = stage.front()
    config = fastcgi_config("a:b", {})
    ((_, handler),) = compile_site([("", parse(config.encode(), "w"))]).handlers()
    front.serve(stage.root, replace(fastcgi(endpoint), pool=handler.pool or ""), config=config)
    for target in (f"/?{'a' * 30000}", "/" + "a" * 30000, "/%2541"):
        assert front.ask(target).status == 200
    assert front.ask("/web.config").status == 404


CLOSED = '<security><ipSecurity><add ipAddress="127.0.0.1"/></ipSecurity></security>'
NO_OPTIONS = """<security><requestFiltering><verbs><add verb="OPTIONS" allowed="false"/></verbs>
</requestFiltering></security>"""

NOBODY = "<security><authorization><clear/></authorization></security>"


@pytest.mark.parametrize(("extra", "status"), [("", 200), (CLOSED, 403), (NO_OPTIONS, 404), (NOBODY, 401)])
def test_options_of_the_server_are_filtered_too(stage: Stage, extra: str, status: int) -> None:
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", extra))
    assert front.ask("*", method="OPTIONS").status == status


def test_the_server_header_can_be_left_out(stage: Stage) -> None:
    (stage.root / "a.txt").write_text("a")
    front = stage.front()
    removed = '<security><requestFiltering removeServerHeader="true"/></security>'
    front.serve(stage.root, config=webconfig("static", removed))
    for path in ("/a.txt", "/none"):
        assert front.ask(path).headers.get("server") is None
    front.serve(stage.root, config=webconfig("static"))
    assert front.ask("/a.txt").headers["server"] == "Webstead"


def test_environments_without_their_mark_are_not_sent(stage: Stage) -> None:
    for folder, program in (("venv", "bin/python"), ("Env", "Scripts/python.exe"), (".venv", "bin/python3")):
        (stage.root / folder / program).parent.mkdir(parents=True)
        (stage.root / folder / program).write_text("")
        (stage.root / folder / "index.html").write_text("secret")
    for folder in ("env", "tools"):
        (stage.root / folder).mkdir()
        (stage.root / folder / "index.html").write_text("shown")
    (stage.root / "tools" / "bin").mkdir()
    (stage.root / "tools" / "bin" / "python").write_text("")
    front = stage.front()
    front.serve(stage.root, config=webconfig("static"))
    found = {
        name: front.ask(f"/{name}/index.html").status for name in ("venv", "Env", ".venv", "env", "tools")
    }
    assert found == {"venv": 404, "Env": 404, ".venv": 404, "env": 200, "tools": 200}
