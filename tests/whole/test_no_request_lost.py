"""Under load: edits of web.config and recycling lose no request; what is killed costs no more than what it
had in hand, and nothing is done twice that must not be."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.live import Up, fetch, live
from tests.loads import Load, eventually
from tests.observed import words_of

CONNECTIONS = 8
EDITS = 100
RECYCLES = 20

WSGI = """\
import os

def application(environ, start_response):
    if environ["REQUEST_METHOD"] == "POST":
        with open("posts.txt", "ab", buffering=0) as file:
            file.write(environ["wsgi.input"].read())
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""

SERVER = """\
import asyncio, os

async def serve(reader, writer):
    body = str(os.getpid()).encode()
    answer = b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(body), body)
    try:
        while await reader.readuntil(b"\\r\\n\\r\\n"):
            writer.write(answer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", int(os.environ["PORT"])) as server:
        await server.serve_forever()

asyncio.run(main())
"""

HEADERS = '<httpProtocol><customHeaders><add name="x-edit" value="{edit}"/></customHeaders></httpProtocol>'
HANDLER = '<handlers><add name="app" path="*" verb="*" resourceType="Unspecified" {} /></handlers>'
FASTCGI = f"""<configuration>
  <appSettings><add key="WSGI_HANDLER" value="app.application"/></appSettings>
  <system.webServer>
    {HANDLER.format('modules="FastCgiModule" scriptProcessor="python.exe|wfastcgi.py"')} {HEADERS}
  </system.webServer></configuration>"""
PLATFORM = f"""<configuration><system.webServer>
    {HANDLER.format('modules="httpPlatformHandler"')} {HEADERS}
    <httpPlatform processPath="python" arguments="app.py"/>
  </system.webServer></configuration>"""
KINDS = pytest.mark.parametrize("kind", ["fastcgi", "platform"])


class Site:
    def __init__(self, folder: Path, up: Up, config: str) -> None:
        self.folder = folder
        self.up = up
        self.url = up.ready()
        self._config = config

    def edit(self, value: int) -> None:
        """Returns when it is in force."""
        write(self.folder, self._config, value)
        eventually(lambda: fetch(self.url).headers.get("x-edit") == f"{value}")

    def recycle(self, times: int) -> None:
        """Each time until the new instances serve."""
        for _ in range(times):
            self.up.process.send_signal(signal.SIGHUP)
            self.up.wait_for(lambda line: line.startswith("Recycled: "))

    def kill(self, wanted: str) -> None:
        victim = next(p for p in self.up.family() if wanted in " ".join(words_of(p)))
        victim.kill()
        victim.wait(5)

    @property
    def posted(self) -> list[str]:
        return (self.folder / "posts.txt").read_text().split()


def write(folder: Path, config: str, value: int) -> None:
    (folder / "web.config").write_text(config.format(edit=value))


@contextmanager
def serving(folder: Path, kind: str) -> Iterator[Site]:
    config = FASTCGI if kind == "fastcgi" else PLATFORM
    (folder / "app.py").write_text(WSGI if kind == "fastcgi" else SERVER)
    write(folder, config, 0)
    with live(folder) as up:
        yield Site(folder, up, config)


@KINDS
def test_edits_and_recycling_lose_no_request(tmp_path: Path, kind: str) -> None:
    with serving(tmp_path, kind) as site:
        with Load(site.url, CONNECTIONS) as load:
            load.answers(100)
            recycling = threading.Thread(target=site.recycle, args=(RECYCLES,))
            recycling.start()
            for number in range(1, EDITS + 1):
                site.edit(number)
            recycling.join(60)
            assert not recycling.is_alive()
        assert load.count.lost == 0, load.count
        assert len(load.count.bodies) > RECYCLES  # each recycling brought instances that answered
        assert site.up.interrupt() == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("victim", ["webstead/gateway", "webstead.front"])
def test_what_is_killed_costs_what_it_had_in_hand(tmp_path: Path, victim: str, method: str) -> None:
    kills = 3
    with serving(tmp_path, "fastcgi") as site:
        with Load(site.url, CONNECTIONS, method=method) as load:
            for _ in range(kills):
                load.answers(50)
                site.kill(victim)
            load.answers(200)
        assert load.count.lost <= kills * CONNECTIONS, load.count
        assert load.count.late == load.count.refused == 0
        if method == "POST":
            posted = site.posted
            assert len(posted) == len(set(posted)), "done twice"
            assert len(posted) >= load.count.statuses[200]
        assert site.up.interrupt() == 0


def test_a_platform_process_that_is_killed_costs_what_it_had_in_hand(tmp_path: Path) -> None:
    kills = 3
    with serving(tmp_path, "platform") as site:
        with Load(site.url, CONNECTIONS) as load:
            for _ in range(kills):
                load.answers(50)
                site.kill("app.py")
            load.answers(200)
        assert load.count.lost <= kills * CONNECTIONS, load.count
        assert load.count.late == load.count.refused == 0
        assert site.up.interrupt() == 0


@pytest.mark.alone  # how many requests a client gets in before the front ends is a matter of time
@KINDS
def test_when_the_supervisor_is_killed_its_port_is_free_and_up_again_serves(
    tmp_path: Path, kind: str
) -> None:
    with serving(tmp_path, kind) as site, Load(site.url, CONNECTIONS) as load:
        load.answers(100)
        family = site.up.family()
        site.up.process.kill()
        site.up.process.wait(5)
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive
        lost = load.count.lost
        assert lost <= 2 * CONNECTIONS, load.count  # those in hand, and those that waited to be accepted
        assert load.count.late == 0
        port = site.url.rpartition(":")[2]
        with Up((tmp_path, "--port", port), cwd=tmp_path, env={}) as again:
            assert again.ready() == site.url
            load.answers(200)
            assert load.count.lost <= lost + CONNECTIONS
            assert again.interrupt() == 0
