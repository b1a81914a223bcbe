"""A site of one pool, run by the real supervisor with the real front."""

from __future__ import annotations

import asyncio
import http.client
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from webstead.events import Event, InstanceStarted
from webstead.host.launch import Launch
from webstead.host.listen import Listener, listen
from webstead.host.supervisor import Supervisor
from webstead.plan.model import Foreign, Process
from webstead.policies import NO_POLICIES, Policies
from webstead.site_table import SiteFiles

APPS = Path(__file__).parent / "apps"
WEB_CONFIG = """<configuration><system.webServer>
  <handlers><add name="app" path="*" verb="*" modules="{module}" scriptProcessor="{script}"
  resourceType="Unspecified"/></handlers> {platform}
</system.webServer></configuration>"""


def site(root: Path, protocol: str) -> SiteFiles:
    fastcgi = protocol == "fastcgi"
    text = WEB_CONFIG.format(
        module="FastCgiModule" if fastcgi else "httpPlatformHandler",
        script="python|app" if fastcgi else "",
        platform="" if fastcgi else '<httpPlatform processPath="python" arguments="x.py"/>',
    )
    return SiteFiles(str(root), (("", text),))


def gateway(
    target: str = "host_wsgi:app",
    *,
    serve_on: bool = False,
    instances: int = 1,
    threads: int = 1,
    policies: Policies = NO_POLICIES,
) -> Launch:
    words = ("python", "-m", "webstead.gateway", target)
    process = Process(
        *("fastcgi:python|app", "app", "fastcgi", words, "."),
        instances=instances,
        threads=threads,
        policies=policies,
        startup_seconds=20.0,
        serve_on_failure=serve_on,
    )
    return Launch(process, words, APPS, dict(os.environ), (), None, Path(sys.executable))


def program(app: str, *, policies: Policies = NO_POLICIES) -> Launch:
    """A FastCGI program that is not ours."""
    words = ("python", f"{app}.py")
    process = Process(
        *("fastcgi:python|app", "app", "fastcgi", words, "."),
        foreign=Foreign(),
        policies=policies,
        startup_seconds=20.0,
    )
    return Launch(process, words, APPS, dict(os.environ), (), None, Path(sys.executable))


def platform(app: str, *, seconds: float = 20.0, policies: Policies = NO_POLICIES) -> Launch:
    words = ("python", f"{app}.py")
    process = Process("platform:", "app", "http", words, ".", startup_seconds=seconds, policies=policies)
    return Launch(process, words, APPS, dict(os.environ), (), None, Path(sys.executable))


class Scene:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.events: list[Event] = []
        self.supervisor = Supervisor([Listener(listen("127.0.0.1", 0))], self.events.append)
        self.site = self.supervisor.add("", self.events.append)
        self.port = int(self.supervisor.url.rpartition(":")[2])

    def pids(self, name: str = "app") -> list[int]:
        return [e.pid for e in self.events if isinstance(e, InstanceStarted) and e.instance.startswith(name)]

    def told(self, kind: type[Event]) -> list[Event]:
        return [e for e in self.events if isinstance(e, kind)]

    async def get(self, path: str = "/") -> tuple[int, str]:
        return await asyncio.to_thread(get, self.port, path)

    async def post(self, path: str) -> tuple[int, str]:
        return await asyncio.to_thread(get, self.port, path, b"a body")

    async def header(self, name: str) -> str | None:
        """Of a GET of /."""
        return await asyncio.to_thread(header, self.port, name)

    async def answers(self, expected: Callable[[tuple[int, str]], bool]) -> None:
        """Returns when a GET of / is answered so."""
        async with asyncio.timeout(20):
            while not expected(await self.get()):  # noqa: ASYNC110 - as in `until`
                await asyncio.sleep(0.02)

    async def answered_by(self, pid: int) -> None:
        await self.answers(lambda answer: answer == (200, str(pid)))


def get(port: int, path: str, body: bytes | None = None) -> tuple[int, str]:
    """Status and body; (0, reason) when the connection is lost."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET" if body is None else "POST", path, body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError as error:
        return 0, str(error)
    finally:
        connection.close()


def header(port: int, name: str) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/")
        return connection.getresponse().getheader(name)
    finally:
        connection.close()


async def until(so: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not so():  # noqa: ASYNC110 - what other processes do sets no event here
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(launch: Launch, root: Path) -> AsyncIterator[Scene]:
    before = set(psutil.Process().children(recursive=True))
    scene = Scene(root)
    try:
        await scene.supervisor.begin({"*": ""})
        await scene.site.start([launch], site(root, launch.process.protocol))
        yield scene
    finally:
        begun = time.monotonic()
        await scene.supervisor.stop()
        assert time.monotonic() - begun < 5.0
        assert set(psutil.Process().children(recursive=True)) <= before


def run(work: Coroutine[None, None, None]) -> None:
    asyncio.run(work)
