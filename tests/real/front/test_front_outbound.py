"""Outbound rules on real responses: files, an app's, errors; streams stay streams."""

from __future__ import annotations

from .stage import Stage, fastcgi, webconfig

RULES = """<rewrite><outboundRules>
<preConditions><preCondition name="html">
<add input="{RESPONSE_CONTENT_TYPE}" pattern="^text/html"/></preCondition></preConditions>
<rule name="Links" preCondition="html"><match filterByTags="A, Img" pattern="^/old/(.*)"/>
<action type="Rewrite" value="/new/{R:1}"/></rule>
TEXT
<rule name="Age"><match serverVariable="RESPONSE_Strict_Transport_Security" pattern=".*"/>
<action type="Rewrite" value="max-age=60"/></rule>
<rule name="Server"><match serverVariable="RESPONSE_Server" pattern=".+"/>
<action type="Rewrite" value=""/></rule>
</outboundRules></rewrite>"""
TEXT = """<rule name="Text" preCondition="html"><match pattern="inner\\.test"/>
<action type="Rewrite" value="{HTTP_HOST}"/></rule>"""
ALL = RULES.replace("TEXT", TEXT)
LINKS = RULES.replace("TEXT", "")
PLAIN = '<urlCompression doDynamicCompression="false"/>'
PAGE = '<p>inner.test</p><a href="/old/a">ä</a><img src=/old/b><a href="/other">inner.test</a>'
NEW = '<p>site.test</p><a href="/new/a">ä</a><img src=/new/b><a href="/other">site.test</a>'


def test_a_page_is_rewritten_with_its_headers(stage: Stage) -> None:
    (stage.root / "page.html").write_text(PAGE)
    (stage.root / "plain.txt").write_text(PAGE)
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", ALL))
    page = front.ask("/page.html")
    assert (page.status, page.body.decode()) == (200, NEW)
    assert page.headers["strict-transport-security"] == "max-age=60"
    assert page.headers["content-length"] == str(len(NEW.encode()))
    assert "accept-ranges" not in page.headers
    assert "server" not in page.headers
    plain = front.ask("/plain.txt")
    assert plain.body.decode() == PAGE
    assert plain.headers["content-length"] == str(len(PAGE.encode()))


def test_parts_and_unchanged_pages(stage: Stage) -> None:
    (stage.root / "page.html").write_text(PAGE)
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", ALL))
    assert front.ask("/page.html", head="Range: bytes=0-9\r\n").body.decode() == NEW
    etag = front.ask("/page.html").headers["etag"]
    again = front.ask("/page.html", head=f"If-None-Match: {etag}\r\n")
    assert (again.status, again.body) == (304, b"")
    head = front.ask("/page.html", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert "content-length" not in head.headers


def test_a_large_page_streams_by_and_is_not_held_for_a_rule_that_looks_at_all_of_it(stage: Stage) -> None:
    line = '<a href="/old/inner.test">' + "y" * 1000 + "</a>\n"
    (stage.root / "large.html").write_text(line * 12000)
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", ALL))
    answer = front.ask("/large.html")
    assert answer.body.decode() == line.replace("/old/", "/new/") * 12000


def test_error_pages_have_the_headers_too(stage: Stage) -> None:
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", ALL))
    answer = front.ask("/nothing")
    assert answer.status == 404
    assert answer.headers["strict-transport-security"] == "max-age=60"


STREAM = """
def app(environ, start_response):
    assert "HTTP_ACCEPT_ENCODING" not in environ
    start_response("200 OK", [("Content-Type", "text/html")])
    yield b'<a href="/old/1">one</a><a hr'
    environ["wsgi.input"].read()
    yield b'ef="/old/2">two</a>'
"""


def test_a_stream_of_an_app_stays_one(stage: Stage) -> None:
    """What is complete is sent before the app goes on, which waits for the rest of the request's body."""
    endpoint, _ = stage.gateway(STREAM)
    front = stage.front()
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", LINKS + PLAIN))
    with front.connect() as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: site.test\r\nAccept-Encoding: gzip\r\nConnection: close\r\n"
            b"Content-Length: 100000\r\n\r\n" + bytes(99_999)
        )
        received = b""
        while b"one</a>" not in received:
            data = client.recv(65536)
            assert data
            received += data
        assert b'<a href="/new/1">' in received
        assert b"two" not in received
        client.sendall(b"x")
        while data := client.recv(65536):
            received += data
    assert b'<a href="/new/2">two</a>' in received.replace(b"\r\n", b"")
    assert b"/old/" not in received
