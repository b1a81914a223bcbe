"""ASGI servers in this process, and what the tests ask them with."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from webstead.formats.fastcgi.client import Body, End, Head, ResponseParser, Stderr
from webstead.formats.fastcgi.records import HEADER_SIZE, unpack_header
from webstead.gateway.asgi.interface import Receive, Scope, Send
from webstead.gateway.asgi.server import MOST_CONNECTIONS, AsgiServer
from webstead.gateway.dialect import Dialect
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Observation
from webstead.gateway.transport.listen import open_listener

from .conftest import SECONDS, Peer

App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Heard(Log):
    """The lines, in memory, for who waits for one."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def line(self, text: str) -> None:
        with self._changed:
            self.lines.append(text)
            self._changed.notify_all()

    def note(self, text: str) -> None:
        self.line(text)

    def wait_for(self, part: str) -> str:
        """The first line that has it."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(part in line for line in self.lines), SECONDS), (
                self.lines
            )
            return next(line for line in self.lines if part in line)


class Served:
    """path: the server's socket. ended: run_listener has returned."""

    def __init__(self, path: Path, server: AsgiServer, log: Heard) -> None:
        self.path = path
        self.server = server
        self.log = log
        self.ended = threading.Event()

    def peer(self) -> Peer:
        return Peer(self.path)


def new_server(
    app: App,
    log: Log,
    *,
    observation: Observation | None = None,
    multiplex: int = 1,
    shows: Callable[[Mapping[str, str]], bool] = lambda params: True,
    most: int = MOST_CONNECTIONS,
    started: Callable[[], None] = lambda: None,
) -> AsgiServer:
    return AsgiServer(app, log, Dialect(), observation, multiplex, shows, most=most, started=started)


@contextmanager
def serving(
    folder: Path,
    app: App,
    *,
    observation: Observation | None = None,
    multiplex: int = 1,
    shows: Callable[[Mapping[str, str]], bool] = lambda params: True,
    most: int = MOST_CONNECTIONS,
) -> Iterator[Served]:
    """A server in a thread, stopped at the end, by when nothing may run any more."""
    path = folder / "asgi.sock"
    log = Heard()
    server = new_server(app, log, observation=observation, multiplex=multiplex, shows=shows, most=most)
    served = Served(path, server, log)
    listener = open_listener(f"unix:{path}", {})

    def run() -> None:
        server.run_listener(listener)
        served.ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield served
    finally:
        server.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()
        assert served.ended.is_set()
        assert not path.exists()


class Sorter:
    """Records of several requests, each to a parser of its own. order: of the requests that have ended."""

    def __init__(self) -> None:
        self.bodies: dict[int, bytes] = {}
        self.statuses: dict[int, int] = {}
        self.errors: dict[int, bytes] = {}
        self.order: list[int] = []
        self.protocol: dict[int, int] = {}
        self._rest = b""
        self._parsers: dict[int, ResponseParser] = {}

    def feed(self, data: bytes) -> None:
        data = self._rest + data
        while len(data) >= HEADER_SIZE:
            _, _, request_id, length, padding = unpack_header(data, 0)
            size = HEADER_SIZE + length + padding
            if len(data) < size:
                break
            self._record(request_id, data[:size])
            data = data[size:]
        self._rest = data

    def _record(self, request_id: int, record: bytes) -> None:
        parser = self._parsers.setdefault(request_id, ResponseParser(request_id))
        for event in parser.feed(record):
            if type(event) is Head:
                self.statuses[request_id] = event.status
            elif type(event) is Body:
                self.bodies[request_id] = self.bodies.get(request_id, b"") + event.data
            elif type(event) is Stderr:
                self.errors[request_id] = self.errors.get(request_id, b"") + event.data
            elif type(event) is End:
                self.order.append(request_id)
                self.protocol[request_id] = event.protocol_status
                del self._parsers[request_id]


async def start(send: Send, status: int = 200, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def body(send: Send, data: bytes, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def whole(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Each piece of the body comes back at once."""
    assert scope["type"] == "http"
    await start(send)
    while True:
        message = await receive()
        await body(send, message["body"], message["more_body"])
        if not message["more_body"]:
            return


async def say_path(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    await start(send, 200, (b"content-type", b"text/plain"))
    await body(send, scope["path"].encode())


class Watched:
    """/wait streams nothing until the server leaves; what happened then is in `seen`."""

    def __init__(self) -> None:
        self.inside = threading.Event()
        self.over = threading.Event()
        self.seen: list[object] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        if scope["path"] != "/wait":
            await say_path(scope, receive, send)
            return
        self.seen.append(await receive())
        self.inside.set()
        message = await receive()
        self.seen.append(message["type"])
        try:
            await start(send)
            self.seen.append("silence")
            while True:
                await body(send, b"to nobody", True)
        except OSError as error:
            self.seen.append(type(error).__name__)
        self.over.set()
