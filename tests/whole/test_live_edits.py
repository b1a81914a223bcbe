"""What changes in a site's files while it is up takes effect at once, without a flag; what cannot, never."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.live import REPOSITORY, Up, fetch, live
from tests.loads import eventually
from tests.observed import words_of

APP = """\
import os
from pathlib import Path

LOADED = Path(__file__).with_name("loaded.txt").read_text()

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {os.environ.get('GREETING', '')} {LOADED}".encode()]
"""

ECHO = Subprotocol("echo.v1")
CONFIG = """\
<configuration>
  <appSettings file="local.config"><add key="WSGI_HANDLER" value="app.application"/>
    <add key="GREETING" value="{greeting}"/></appSettings>
  <system.webServer>
    <handlers><add name="app" path="*" verb="*" modules="FastCgiModule" resourceType="Unspecified"
      scriptProcessor="python.exe|wfastcgi.py"/></handlers>
    <fastCgi><application fullPath="python.exe" arguments="wfastcgi.py" maxInstances="1"
      monitorChangesTo="{monitored}"/></fastCgi>
    <httpProtocol><customHeaders><add name="x-edit" value="{edit}"/></customHeaders></httpProtocol>
  </system.webServer>
</configuration>
"""


def config(edit: str = "0", greeting: str = "hello", monitored: str = "loaded.txt") -> str:
    return CONFIG.format(edit=edit, greeting=greeting, monitored=monitored)


class Site:
    def __init__(self, folder: Path, up: Up, url: str) -> None:
        self.folder = folder
        self.up = up
        self.url = url

    def write(self, text: str, name: str = "web.config") -> None:
        (self.folder / name).write_text(text)

    @property
    def edit(self) -> str | None:
        return fetch(self.url).headers.get("x-edit")

    def comes(self, edit: str) -> None:
        """Returns when that edit is in force."""
        eventually(lambda: self.edit == edit, seconds=5)

    @property
    def words(self) -> list[str]:
        """The process that answered, its greeting, and what it has loaded."""
        return fetch(self.url).text.split()

    def told(self, beginning: str) -> str:
        return self.up.wait_for(lambda line: line.startswith(beginning))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "loaded.txt").write_text("first")
    (folder / "web.config").write_text(config())
    with live(folder, "--workers", "1", env={"WEBSTEAD_STATE_DIR": str(tmp_path / "state")}) as up:
        yield Site(folder, up, up.ready())
        assert up.interrupt() == 0


@pytest.mark.alone
def test_a_rule_takes_effect_in_no_time_and_starts_no_process(site: Site) -> None:
    before = site.words
    for number in range(1, 6):
        began = time.monotonic()
        site.write(config(f"{number}"))
        site.comes(f"{number}")
        assert time.monotonic() - began < 1.0  # the target is half a second; this machine may be busy
    site.told("Configuration in force: web.config")
    assert site.words == before


def test_a_setting_starts_new_processes_beside_the_old(site: Site) -> None:
    before = site.words
    site.write(config("1", greeting="good-day"))
    site.told("Changed: web.config")
    site.told("Ready: ")
    after = site.words
    assert after[1:] == ["good-day", "first"]
    assert after[0] != before[0]
    assert site.edit == "1"


def test_files_beside_and_nested_files_count_too(site: Site) -> None:
    site.write('<appSettings><add key="GREETING" value="beside"/></appSettings>', "local.config")
    site.told("Ready: ")
    assert site.words[1] == "beside"
    (site.folder / "static").mkdir()
    site.write(
        '<configuration><system.webServer><httpProtocol><customHeaders><add name="x-nested" value="1"/>'
        "</customHeaders></httpProtocol></system.webServer></configuration>",
        "static/web.config",
    )
    eventually(lambda: fetch(site.url + "/static/x").headers.get("x-nested") == "1")
    (site.folder / "static").rename(site.folder / "elsewhere")
    eventually(lambda: fetch(site.url + "/static/x").headers.get("x-nested") is None)


def test_a_broken_edit_changes_nothing_and_says_where_it_is_broken(site: Site, tmp_path: Path) -> None:
    before = site.words
    for broken, place in (
        (config("1").replace("</customHeaders>", ""), "web.config:"),
        (config("1").replace("<handlers>", '<handlers colour="red">'), "web.config:5:"),
        (
            config("1").replace("</handlers>", '<add name="app" path="x" verb="*"/></handlers>'),
            "web.config:6:",
        ),
    ):
        site.write(broken)
        assert place in site.told("error: ")
        site.told("The site goes on as it was before this change.")
        assert site.edit == "0"
        (state,) = (tmp_path / "state" / "sites").glob("*/run/state.json")
        error = json.loads(state.read_text())["error"]
        assert error["path"] == "web.config"
        assert error["line"] > 0
    assert site.words == before
    site.write(config("2"))
    eventually(lambda: site.edit == "2")
    eventually(lambda: json.loads(state.read_text())["error"] is None)


def test_processes_that_do_not_start_keep_the_last_good_configuration(site: Site) -> None:
    before = site.words
    site.write(config("1").replace("app.application", "app.nothing_of_this_name"))
    assert "app" in site.told("error: ")
    assert site.edit == "0"
    assert site.words == before
    site.write(config("2"))
    eventually(lambda: site.edit == "2")
    assert site.words == before


def test_a_file_that_is_written_in_steps_is_taken_when_it_is_whole(site: Site) -> None:
    whole = config("1")
    with (site.folder / "web.config").open("w") as file:
        for start in range(0, len(whole), 200):
            file.write(whole[start : start + 200])
            file.flush()
            assert site.edit == "0"  # and each step takes the time of a request
    eventually(lambda: site.edit == "1")
    aside = site.folder / "web.config.new"
    aside.write_text(config("2"))
    (site.folder / "web.config").unlink()
    assert site.edit == "1"
    aside.rename(site.folder / "web.config")
    eventually(lambda: site.edit == "2")
    assert not [line for line in site.up.lines if line.startswith("error: ")]


def test_a_named_file_renews_the_instances(site: Site, tmp_path: Path) -> None:
    before = site.words
    site.write("second", "loaded.txt")
    site.told("Recycling: loaded.txt")
    site.told("Recycled: ")
    assert site.words[2] == "second"
    assert site.words[0] != before[0]
    outside = tmp_path / "restart.txt"
    outside.write_text("")
    site.write(config("1", monitored=str(outside)))
    eventually(lambda: site.edit == "1")
    last = site.words
    outside.write_text("now")
    site.told("Recycled: ")
    assert site.words[0] != last[0]


def test_sighup_renews_all_instances(site: Site) -> None:
    before = site.words
    site.up.process.send_signal(signal.SIGHUP)
    site.told("Recycling: SIGHUP")
    site.told("Recycled: ")
    assert site.words[0] != before[0]


def test_app_offline_takes_the_site_off_until_it_is_gone(site: Site) -> None:
    pid = int(site.words[0])
    page = "<!doctype html><title>Back soon</title><p>Zur\u00fcck um acht."
    site.write(page, "App_Offline.htm")
    site.told("Offline: ")
    for path in ("/", "/static/site.css"):
        answer = fetch(site.url + path)
        assert (answer.status, answer.text, answer.headers["content-type"]) == (503, page, "text/html")
    eventually(lambda: not running(pid))
    site.write(config("1"))
    site.write(page + "!", "App_Offline.htm")
    eventually(lambda: fetch(site.url).text == page + "!")
    (site.folder / "App_Offline.htm").unlink()
    eventually(lambda: fetch(site.url).status == 200)  # none in between but 503 with the page
    assert site.edit == "1"
    site.told("Ready: ")


def test_a_site_that_comes_up_offline(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(REPOSITORY / "examples" / "flask-guestbook", folder)
    (folder / "app_offline.htm").write_text("closed")
    with live(folder, env={"GUESTBOOK_DB": str(tmp_path / "db.sqlite3")}) as up:
        url = up.ready()
        assert (fetch(url).status, fetch(url).text) == (503, "closed")
        assert not [member for member in up.family() if "webstead/gateway" in " ".join(words_of(member))]
        (folder / "app_offline.htm").unlink()
        eventually(lambda: fetch(url).status == 200)
        assert up.interrupt() == 0


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_is_open_goes_on_at_an_edit_and_has_its_grace_when_its_process_is_renewed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "site"
    shutil.copytree(REPOSITORY / "tests" / "fixtures" / "sites" / "fastapi_platform", folder)
    file = folder / "web.config"
    with live(folder) as up:
        url = up.ready()
        with connect(url.replace("http://", "ws://") + "/echo", subprotocols=[ECHO]) as socket:
            events = HTTPConnection(urlsplit(url).netloc, timeout=20)
            events.request("GET", "/events")
            stream = events.getresponse()
            assert stream.readline() == b"data: first\n"
            header = (
                '<httpProtocol><customHeaders><add name="x-edit" value="1"/></customHeaders></httpProtocol>'
            )
            file.write_text(file.read_text().replace("</system.webServer>", f"{header}</system.webServer>"))
            eventually(lambda: fetch(url).headers.get("x-edit") == "1")
            socket.send("still here")
            assert socket.recv(timeout=20) == "still here"
            fetch(url + "/release", method="POST")
            assert [stream.readline(), stream.readline()] == [b"\n", b"data: second\n"]
            up.process.send_signal(signal.SIGHUP)
            up.wait_for(lambda line: line.startswith("Recycled: "))
            socket.send("and still")
            assert socket.recv(timeout=20) == "and still"
            up.wait_for(lambda line: line.startswith("Draining: "))
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=20)
            events.close()
            stream.close()
        assert fetch(url).status == 200
        assert up.interrupt() == 0
