"""Sites whose web.config rewrites, as they were written for IIS: the gallery's template around Django with a
web.config in its static folder; a reverse proxy, and outbound rules."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.live import REPOSITORY, Up, fetch, live

SITES = REPOSITORY / "tests" / "fixtures" / "sites"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("library") / "site"
    shutil.copytree(SITES / "django_gallery", folder)
    with live(folder) as up:
        yield up.ready()
        assert up.interrupt() == 0


@pytest.mark.parametrize(
    ("url", "path", "query", "number"),
    [
        ("/", "/", {}, 0),
        ("/?q=tea&page=2", "/", {"q": "tea", "page": "2"}, 0),
        ("/books/12/", "/books/12/", {}, 12),
        ("/books/7/?q=%C3%A9%26", "/books/7/", {"q": "é&"}, 7),
    ],
)
def test_django_sees_the_url_that_was_asked_for(
    library: str, url: str, path: str, query: dict[str, str], number: int
) -> None:
    told = json.loads(fetch(library + url).text)
    assert (told["path"], told["query"], told["number"]) == (path, query, number)
    assert told["script"] == ""
    assert told["full"] == told["original"] == url
    assert told["absolute"] == library.rstrip("/") + url


def test_django_answers_what_it_does_not_know_and_adds_its_slash(library: str) -> None:
    assert fetch(library + "/nothing").status == 404
    slash = fetch(library + "/books/3?x=1")
    assert (slash.status, slash.headers["location"]) == (301, "/books/3/?x=1")


def test_a_form_arrives(library: str) -> None:
    assert json.loads(fetch(library + "/lend/", data=b"book=7&who=Ann").text) == [
        "POST",
        {"book": "7", "who": "Ann"},
    ]


def test_the_static_folder_has_its_own_rules_and_handlers(library: str) -> None:
    sheet = fetch(library + "/static/site.css?v=3")
    assert (sheet.status, sheet.text) == (200, "body { color: teal; }\n")
    assert sheet.headers["cache-control"] == "max-age=604800"
    assert fetch(library + "/static/none.css").status == 404
    assert fetch(library + "/static/web.config").status == 404


@pytest.mark.parametrize(
    "path", ["/library/settings.py", "/manage.py", "/web.config", "/static/../manage.py"]
)
def test_no_file_of_the_project_is_sent(library: str, path: str) -> None:
    assert fetch(library + path).status == 404


class _Reports(BaseHTTPRequestHandler):
    """Another server of this machine: it tells what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._told("")

    def do_POST(self) -> None:
        self._told(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _told(self, body: str) -> None:
        asked = [self.command, self.path, self.headers["Host"], self.headers["X-Original-URL"], body]
        data = json.dumps(asked).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if self.path.startswith("/base/away"):
            self.send_header("Location", f"http://{self.headers['Host']}/base/here")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def reports() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Reports) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def site(reports: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Up, str]]:
    folder = tmp_path_factory.mktemp("rules") / "site"
    shutil.copytree(SITES / "rules_and_proxy", folder)
    _write_address(folder / "web.config", reports)
    with live(folder) as up:
        yield up, up.ready()
        assert up.interrupt() == 0


def _write_address(file: Path, address: str) -> None:
    text = file.read_text()
    assert "127.0.0.1:9100" in text
    file.write_text(text.replace("127.0.0.1:9100", address))


def test_a_rule_passes_requests_on_to_another_server(site: tuple[Up, str], reports: str) -> None:
    answer = fetch(site[1] + "/reports/2026/5?sum=1&x=%2F")
    assert answer.status == 201
    assert json.loads(answer.text) == [
        "GET",
        "/base/2026/5?sum=1&x=%2F",
        reports,
        "/reports/2026/5?sum=1&x=%2F",
        "",
    ]


def test_a_body_is_passed_on_too(site: tuple[Up, str], reports: str) -> None:
    answer = fetch(site[1] + "/reports/new", data=b"name=tea")
    assert json.loads(answer.text) == ["POST", "/base/new", reports, "/reports/new", "name=tea"]


def test_what_the_other_server_says_of_itself_leads_to_the_site(site: tuple[Up, str]) -> None:
    location = fetch(site[1] + "/reports/away").headers["location"]
    assert urlsplit(location).netloc in ("", urlsplit(site[1]).netloc)


def test_links_of_a_page_are_rewritten_as_it_streams_by(site: tuple[Up, str]) -> None:
    page = fetch(site[1]).text
    assert 'href="/one?a=1&amp;b=2"' in page
    assert "'/two'" in page
    assert 'action="/send"' in page
    assert 'href="https://elsewhere.test/"' in page
    assert '<img src="http://inner.test/logo.png">' in page  # no rule names this tag
    assert "<title>http://inner.test/ stays here</title>" in page


def test_other_kinds_pass_unchanged(site: tuple[Up, str]) -> None:
    assert "http://inner.test/one" in fetch(site[1] + "/plain").text


def test_headers_are_rewritten_and_taken_away(site: tuple[Up, str]) -> None:
    moved = fetch(site[1] + "/moved")
    assert (moved.status, moved.headers["location"]) == (302, "/new")
    assert "x-powered-by" not in {name.lower() for name in fetch(site[1]).headers}
