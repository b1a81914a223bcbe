"""Headers that the configuration adds, on files, redirects, errors and an app's responses."""

from __future__ import annotations

from .stage import Stage, fastcgi, webconfig

EXTRA = """<httpProtocol><customHeaders><remove name="X-Powered-By"/>
<add name="X-Frame-Options" value="DENY"/><add name="Cache-Control" value="private"/>
<add name="Set-Cookie" value="site=1"/></customHeaders>
<redirectHeaders><add name="X-Went" value="on"/></redirectHeaders></httpProtocol>
<rewrite><rules><rule name="R"><match url="^old"/>
<action type="Redirect" url="/new"/></rule></rules></rewrite>"""
APP = """
def app(environ, start_response):
    headers = [("X-Frame-Options", "SAMEORIGIN"), ("X-Powered-By", "app"), ("Set-Cookie", "a=b")]
    start_response("200 OK", headers)
    return [b"hello"]
"""


def test_files_redirects_and_errors_have_them(stage: Stage) -> None:
    (stage.root / "a.txt").write_text("a")
    front = stage.front()
    front.serve(stage.root, config=webconfig("static", EXTRA))
    file, moved, missing = (front.ask(path) for path in ("/a.txt", "/old", "/none"))
    assert [answer.status for answer in (file, moved, missing)] == [200, 301, 404]
    for answer in (file, moved, missing):
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "private"
        assert answer.headers.get("x-went") == ("on" if answer.status == 301 else None)
    assert file.body == b"a"
    unchanged = front.ask("/a.txt", head=f"If-None-Match: {file.headers['etag']}\r\n")
    assert unchanged.status == 304
    assert "x-went" not in unchanged.headers
    assert unchanged.headers["x-frame-options"] == "DENY"


def test_an_apps_own_headers_give_way_but_for_cookies(stage: Stage) -> None:
    endpoint, _ = stage.gateway(APP)
    front = stage.front()
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", EXTRA))
    answer = front.ask("/")
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-powered-by"] == "app"
    assert b"set-cookie: a=b\r\n" in answer.raw.lower()
    assert b"set-cookie: site=1\r\n" in answer.raw.lower()
    assert answer.body == b"hello"
