"""The way of a request, told by the code that serves it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from webstead.errors import UsageError
from webstead.front.explain import Asked, Explanation, as_json, explain, read_asked
from webstead.front.explain_text import as_text
from webstead.front.serving import Serving
from webstead.site_table import SiteTable

FASTCGI = """<configuration>
  <appSettings><add key="WSGI_HANDLER" value="app.app"/><add key="DB_PASSWORD" value="hidden"/></appSettings>
  <system.webServer>
    <handlers>
      <add name="Python" path="handler.fcgi" verb="*" modules="FastCgiModule" scriptProcessor="python"/>
    </handlers>
    <rewrite><rules>
      <rule name="Old"><match url="^old/(.*)"/><action type="Redirect" url="/new/{R:1}"/></rule>
      <rule name="App"><match url="(.*)"/>
        <conditions><add input="{REQUEST_FILENAME}" matchType="IsFile" negate="true"/></conditions>
        <action type="Rewrite" url="handler.fcgi/{R:1}"/></rule>
    </rules></rewrite>
  </system.webServer>
</configuration>"""
PLATFORM = """<configuration><system.webServer>
  <handlers><add name="Web" path="*" verb="*" modules="httpPlatformHandler"/></handlers>
  <httpPlatform processPath="python"/>
</system.webServer></configuration>"""


def told(
    folder: Path, config: str, url: str, method: str = "GET", *headers: str, remote: str = "192.0.2.7"
) -> Explanation:
    serving = Serving(SiteTable(0, str(folder), (("", config),), ()), {})
    return explain(serving, read_asked(method, url, headers, remote))


def test_an_app_behind_fastcgi_is_told_with_its_environment(tmp_path: Path) -> None:
    found = told(tmp_path, FASTCGI, "http://example.org:8080/shop?x=1", "POST", "X-Forwarded-Host: other")
    assert found.outcome == "The app answers, by FastCGI: python"
    assert (found.path, found.query, found.rewritten) == ("/handler.fcgi/shop", "x=1", True)
    assert found.handler is not None
    assert str(found.handler.origin) == "web.config:5"
    sees = {shown.name: shown.value for shown in found.sees}
    assert sees["PATH_INFO"] == "/shop"
    assert sees["HTTP_X_ORIGINAL_URL"] == "/shop?x=1"
    assert (sees["SERVER_NAME"], sees["SERVER_PORT"], sees["REMOTE_ADDR"]) == (
        "example.org",
        "8080",
        "192.0.2.7",
    )
    assert sees["HTTP_X_FORWARDED_HOST"] == "other"
    assert [str(step.origin) for step in found.steps if step.stage == "rewrite"] == [
        "web.config:8",
        "web.config:9",
        "web.config:9",
        "web.config:9",
    ]


def test_a_process_is_told_with_its_headers(tmp_path: Path) -> None:
    found = told(tmp_path, PLATFORM, "/a%20b?c", "PUT", "Accept: text/html", "Host: shop.example")
    assert (found.outcome, found.sees_what) == ("The app answers, by HTTP: httpPlatformHandler", "headers")
    lines = [(shown.name, shown.value) for shown in found.sees]
    assert lines[:2] == [("", "PUT /a%20b?c HTTP/1.1"), ("host", "shop.example")]
    assert ("accept", "text/html") in lines
    assert ("x-forwarded-for", "192.0.2.7") in lines


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("/old/x", "301, to /new/x"),
        ("/page.css", "The file {folder}/page.css (5 bytes)"),
        ("/%zz", "400: "),
        ("/%2e%2e/x", ""),
    ],
)
def test_other_outcomes(tmp_path: Path, url: str, outcome: str) -> None:
    (tmp_path / "page.css").write_text("body{")
    found = told(tmp_path, FASTCGI, url)
    assert found.outcome.startswith(outcome.format(folder=tmp_path))
    assert found.outcome


def test_another_server_is_named(tmp_path: Path) -> None:
    action = '<action type="Rewrite" url="http://api.test:81/v1/{R:1}"/>'
    rules = f'<rules><rule name="R"><match url="^api/(.*)"/>{action}</rule></rules>'
    body = f"<system.webServer><rewrite>{rules}</rewrite></system.webServer>"
    config = f"<configuration>{body}</configuration>"
    found = told(tmp_path, config, "/api/x?y=1")
    assert found.outcome == "Another server answers: http://api.test:81/v1/x"
    assert "passes the request on to http://api.test:81/v1/x?y=1" in as_text(found)


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/docs", "301, to the same address with a / at its end: it is a folder"),
        ("/docs/", "The file {folder}/docs/index.html (2 bytes)"),
        ("/empty/", "403.14: the folder may not be listed"),
        ("/none", "404: nothing stands at /none"),
    ],
)
def test_static_files(tmp_path: Path, path: str, outcome: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.html").write_text("hi")
    (tmp_path / "empty").mkdir()
    assert told(tmp_path, "<configuration/>", path).outcome == outcome.format(folder=tmp_path)


def test_secrets_are_masked_everywhere(tmp_path: Path) -> None:
    found = told(tmp_path, FASTCGI, "/x", "GET", "X-Api-Key: hidden", "X-Auth-Token: hidden")
    assert "hidden" not in as_text(found)
    assert "hidden" not in str(as_json(found)["sees"])
    assert "hidden" not in str(as_json(found)["configuration"])


def test_the_text_holds_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    text = as_text(told(tmp_path, FASTCGI, "/a%e2%80%aeb?\x9b"))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "as /handler.fcgi/a\\u202eb?" in text


@pytest.mark.parametrize(
    ("url", "headers", "what"),
    [
        ("shop", (), "URL"),
        ("ftp://x/", (), "URL"),
        ("http:///x", (), "URL"),
        ("/a b", (), "URL"),
        ("/a\r\nb", (), "URL"),
        ("/", ("no colon",), "header"),
        ("/", (": x",), "header"),
        ("/", ("Host: a b",), "host"),
        ("http://a'b/", (), "host"),
    ],
)
def test_what_cannot_be_asked_is_refused(url: str, headers: tuple[str, ...], what: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_asked("GET", url, headers, "127.0.0.1")
    assert what in refused.value.what
    assert refused.value.fix


SECRETS = """<configuration><appSettings><add key="WSGI_HANDLER" value="a.b"/></appSettings>
<system.webServer><rewrite><allowedServerVariables><add name="HTTP_X_USER"/></allowedServerVariables><rules>
<rule name="Set"><match url=".*"/>
  <conditions><add input="{HTTP_COOKIE}" pattern="session=(.*)"/></conditions>
  <serverVariables><set name="HTTP_X_USER" value="{C:1}"/></serverVariables><action type="None"/></rule>
<rule name="Go"><match url="^go"/>
  <conditions><add input="{ToLower:{HTTP_AUTHORIZATION}}" pattern="bearer (.*)$"/></conditions>
  <action type="Redirect" url="/at/{C:1}"/></rule>
<rule name="In"><match url="^in"/>
  <conditions><add input="{HTTP_COOKIE}" pattern="session=(.*)"/></conditions>
  <action type="Rewrite" url="/app/{UrlEncode:{C:1}}?who={C:1}"/></rule>
</rules></rewrite></system.webServer></configuration>"""


@pytest.mark.parametrize("url", ["/x", "/go", "/in"])
def test_what_rules_make_of_secrets_is_hidden_everywhere(tmp_path: Path, url: str) -> None:
    headers = ("Cookie: lang=de; session=S3cretValue%21", "Authorization: Bearer AnotherSecret")
    found = told(tmp_path, SECRETS, url, "GET", *headers)
    shown = json.dumps(as_json(found)) + as_text(found)
    for secret in ("S3cret", "s3cret", "Value", "Another", "anothersecret"):
        assert secret not in shown
    assert "condition {HTTP_COOKIE} (***) matches 'session=(.*)': holds" in shown
    assert url in shown


def test_more_headers_than_fastcgi_servers_send_are_told(tmp_path: Path) -> None:
    headers = [f"X-{number}: a" for number in range(1500)]
    assert len(told(tmp_path, FASTCGI, "/", "GET", *headers).sees) > 1500


def test_nothing_that_a_terminal_would_obey_is_printed(tmp_path: Path) -> None:
    found = told(tmp_path, FASTCGI, "/a\x9b2J\udcff", "GET", "X: \x1b[31m")
    text = as_text(found)
    assert all(char.isprintable() or char == "\n" for char in text)
    text.encode()


PHP = """<configuration><system.webServer>
  <handlers>
    <add name="PHP" path="*.php" verb="*" modules="FastCgiModule" scriptProcessor="php-cgi.exe"/>
    <add name="All" path="all/*" verb="*" modules="FastCgiModule" scriptProcessor="bin/all.fcgi"/>
  </handlers>
  <defaultDocument><files><add value="index.php"/></files></defaultDocument>
</system.webServer></configuration>"""


def test_a_program_that_is_not_python_is_told_with_its_script(tmp_path: Path) -> None:
    (tmp_path / "index.php").write_text("<?php")
    found = told(tmp_path, PHP, "/?x=1")
    assert found.outcome == "php-cgi.exe answers, by FastCGI: /index.php"
    assert "the default document /index.php stands there" in [step.text for step in found.steps]
    sees = {shown.name: shown.value for shown in found.sees}
    assert sees["SCRIPT_FILENAME"] == str(tmp_path / "index.php")
    assert sees["QUERY_STRING"] == "x=1"
    every = told(tmp_path, PHP, "/all/x")
    assert every.outcome == "bin/all.fcgi answers, by FastCGI: no script, as it answers all paths"


def test_a_path_below_a_file_is_told_to_run_nothing(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("<?php")
    found = told(tmp_path, PHP, "/photo.jpg/x.php")
    assert found.status == 404
    assert found.outcome == "404: nothing that may be run stands at /photo.jpg/x.php"


@pytest.mark.parametrize(("entry", "status"), [("192.0.2.7", 403), ("192.0.2.8", 200)])
def test_options_of_the_server_are_told(tmp_path: Path, entry: str, status: int) -> None:
    security = f'<security><ipSecurity><add ipAddress="{entry}"/></ipSecurity></security>'
    config = f"<configuration><system.webServer>{security}</system.webServer></configuration>"
    serving = Serving(SiteTable(0, str(tmp_path), (("", config),), ()), {})
    found = explain(serving, Asked("OPTIONS", "*", "http", "h", "192.0.2.7"))
    assert found.status == status


def test_a_body_that_is_too_long_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, FASTCGI, "/", "POST", "Content-Length: 30000001")
    assert (found.status, found.sees) == (413, ())
    assert found.outcome.startswith("413.1: ")
    assert "maxAllowedContentLength" in found.steps[-1].text


PAGES = """<configuration><system.webServer><httpErrors{}>
<error statusCode="404" path="e/404.html"/>
<error statusCode="404" subStatusCode="8" path="/app/gone" responseMode="ExecuteURL"/>
<error statusCode="403" path="https://e.test/" responseMode="Redirect"/></httpErrors>
</system.webServer></configuration>"""


@pytest.mark.parametrize(
    ("mode", "url", "remote", "told_of"),
    [
        ("", "/none", "192.0.2.7", "; in its place the file /e/404.html (httpErrors, web.config:2)"),
        ("", "/none", "127.0.0.1", "; clients elsewhere get the file /e/404.html (httpErrors, web.config:2)"),
        (' errorMode="Custom"', "/none", "127.0.0.1", "; in its place the file /e/404.html"),
        (' errorMode="Detailed"', "/none", "192.0.2.7", ""),
        ("", "/web.config", "192.0.2.7", "; in its place what the site answers at /app/gone"),
        ("", "/folder/", "192.0.2.7", "; in its place a redirect to https://e.test/"),
        ("", "/folder/a.txt", "192.0.2.7", ""),
    ],
)
def test_pages_in_the_place_of_errors_are_told(
    tmp_path: Path, mode: str, url: str, remote: str, told_of: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("a")
    outcome = told(tmp_path, PAGES.replace("{}", mode), url, remote=remote).outcome
    assert (told_of in outcome) if told_of else ("httpErrors" not in outcome)


def test_secrets_are_masked_by_their_values_and_what_a_rule_makes_is_shown(tmp_path: Path) -> None:
    broker = '<add key="BROKER" value="amqp://u:hidden@h"/>'
    store = '<add key="STORE" value="AccountName=a;AccountKey=hidden"/>'
    config = PLATFORM.replace(
        "<configuration>", f"<configuration><appSettings>{broker}{store}</appSettings>"
    ).replace(
        "<handlers>",
        '<rewrite><rules><rule name="Short"><match url="^s/(.*)"/>'
        '<action type="Redirect" url="/long?code={R:1}"/></rule></rules></rewrite><handlers>',
    )
    found = told(tmp_path, config, "http://example.org/s/1")
    assert found.status == 301
    for text in (as_text(found), json.dumps(as_json(found))):
        assert "hidden" not in text
        assert "/long?code={R:1}" in text
