"""Every example answers through `up`, as its README says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.live import REPOSITORY, fetch, live
from tests.observed import words_of

EXAMPLES = REPOSITORY / "examples"


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy, so that databases and logs stay out of the repository."""
    name = str(request.param)
    copy = tmp_path / name
    shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns("instance", "*.sqlite3"))
    return copy


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


@pytest.mark.parametrize("example", ["flask-guestbook"], indirect=True)
def test_flask_guestbook_keeps_what_was_written(example: Path) -> None:
    with live(example) as up:
        url = up.ready()
        posted = fetch(url, data=form(name="Ada", text="<b>first</b> & best"))
        assert posted.status in (302, 303)
        page = fetch(url)
        assert "Ada" in page.text
        assert "&lt;b&gt;first&lt;/b&gt; &amp; best" in page.text
        style = fetch(url + "/static/guestbook.css")
        assert style.headers["content-type"].startswith("text/css")
        assert json.loads(fetch(url + "/health").text) == {"status": "ok"}
        assert fetch(url + "/app.py").status == 404
        assert up.interrupt() == 0


@pytest.mark.parametrize("example", ["django-notes"], indirect=True)
def test_django_notes_has_tables_static_files_and_admin(example: Path) -> None:
    with live(example) as up:
        url = up.ready()
        assert fetch(url).status == 200
        login = fetch(url + "/admin/login/")
        assert login.status == 200
        sheets = re.findall(r'href="(/static/[^"]+\.css)"', login.text)
        assert sheets
        for sheet in sheets:
            assert fetch(url + sheet).headers["content-type"].startswith("text/css")
        for path in ("/db.sqlite3", "/manage.py", "/notes_site/settings.py", "/static/../manage.py"):
            assert fetch(url + path).status == 404
        assert up.interrupt() == 0
    assert not (example / "staticfiles").exists()
    assert not (example / "static").exists()


@pytest.mark.parametrize("example", ["fastapi-chat"], indirect=True)
def test_fastapi_chat_serves_its_page(example: Path) -> None:
    with live(example) as up:
        url = up.ready()
        assert "<title>Chat</title>" in fetch(url).text
        assert fetch(url + "/static/chat.js").status == 200
        assert up.interrupt() == 0


@pytest.mark.parametrize("example", ["iis-fastcgi"], indirect=True)
def test_iis_fastcgi_site_runs_as_it_stands(example: Path) -> None:
    with live(example) as up:
        url = up.ready()
        assert fetch(url).status == 200
        style = fetch(url + "/static/hello.css")
        assert style.status == 200
        assert "etag" in style.headers
        told = fetch(url + "/request?a=1%202")
        assert "/request" in told.text
        assert "handler.fcgi" not in re.sub(r"REQUEST_URI.*|HTTP_X_ORIGINAL_URL.*", "", told.text)
        for path in ("/static/web.config", "/web.config", "/static/%77eb.config", "/static/..%2fweb.config"):
            assert fetch(url + path).status in (400, 404), path
        assert up.interrupt() == 0
    assert "hello" in (example / "LogFiles" / "wfastcgi.log").read_text()


@pytest.mark.parametrize("example", ["iis-httpplatform"], indirect=True)
def test_iis_httpplatform_site_runs_as_it_stands(example: Path) -> None:
    with live(example) as up:
        url = up.ready()
        assert "To do this week" in fetch(url).text
        assert fetch(url + "/static/todo.css").status == 200
        assert len([p for p in up.family() if "waitress" in " ".join(words_of(p))]) == 2
        assert up.interrupt() == 0
    assert list((example / "LogFiles").glob("python*.log"))
