"""Requests: refusals in words, nothing sent twice, patience, and an application in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from webstead.client import Api, of_server
from webstead.client.in_process import InProcess
from webstead.client.place import Place
from webstead.errors import RemoteError
from webstead.settings import Secret

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

PLACE = of_server("http://127.0.0.1:8000", "localhost", Secret("t"), "the server").of_site("shop")


class Answers(httpx.BaseTransport):
    """Gives these, one after the other; an int is a status, an exception is raised."""

    def __init__(self, *answers: int | httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer, json={}) if isinstance(answer, int) else answer


class Patient(Api):
    """Over a network, as far as it knows."""

    @property
    def in_process(self) -> bool:
        return False


def api(*answers: int | httpx.Response | Exception) -> tuple[Patient, Answers, list[float]]:
    transport, slept = Answers(*answers), list[float]()
    return Patient(PLACE, transport=transport, pause=slept.append), transport, slept


def test_a_request_names_the_site_and_who_asks() -> None:
    asked, transport, _ = api(200)
    asked.get("/api/deployments", top=3, clean=True)
    (request,) = transport.requests
    assert request.headers["host"] == "shop.scm.localhost:8000"
    assert request.headers["authorization"] == "Bearer t"
    assert request.url.query == b"top=3&clean=true"


def test_a_redirect_is_not_followed() -> None:
    asked, transport, _ = api(httpx.Response(302, headers={"location": "https://elsewhere.example"}))
    with pytest.raises(RemoteError, match="browser"):
        asked.get("/api/settings")
    assert len(transport.requests) == 1


def test_what_changes_something_is_sent_once() -> None:
    asked, transport, slept = api(httpx.ReadError("gone"), 503)
    with pytest.raises(RemoteError, match="no answer"):
        asked.ask("POST", "/api/site/restart")
    with pytest.raises(RemoteError, match="not ready"):
        asked.ask("POST", "/api/site/restart")
    assert (len(transport.requests), slept) == (2, [])


def test_a_poll_waits_for_a_server_that_is_started_again() -> None:
    asked, transport, slept = api(httpx.ConnectError("refused"), 503, 401, 200)
    told: list[str] = []
    assert asked.patient_get("/api/deployments/latest", told.append) == {}
    assert len(transport.requests) == 4
    assert slept == [1.0, 1.0, 1.0]
    assert len(told) == 1


def test_patience_has_an_end() -> None:
    asked, _, slept = api(*[httpx.ConnectError("refused")] * 200)
    with pytest.raises(RemoteError):
        asked.patient_get("/api/deployments/latest", lambda text: None)
    assert sum(slept) == 90


def test_a_poll_does_not_wait_for_what_will_not_come() -> None:
    asked, _, slept = api(403)
    with pytest.raises(RemoteError, match="do not allow"):
        asked.patient_get("/api/deployments/latest", lambda text: None)
    assert slept == []


@pytest.mark.parametrize("body", [b"<html></html>", b"{", b"\xff"])
def test_an_answer_that_is_no_json_is_not_understood(body: bytes) -> None:
    asked, _, _ = api(httpx.Response(200, content=body))
    with pytest.raises(RemoteError, match="not understood"):
        asked.get("/api/settings")


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webstead.client.api.LARGEST_ANSWER", 1000)
    asked, _, _ = api(httpx.Response(200, content=b"x" * 2000))
    with pytest.raises(RemoteError, match="too long"):
        asked.get("/api/settings")


class App:
    """An ASGI application that remembers its life, counts what it is sent, and streams without end."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.disconnected = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for answer in ("startup", "shutdown"):
                self.events.append((await receive())["type"])
                await send({"type": f"lifespan.{answer}.complete"})
            return
        if scope["path"] == "/fails":
            raise RuntimeError("a mistake")
        size, more = 0, True
        while more:
            message: Message = await receive()
            size += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-size", b"%d" % size)]})
        if scope["path"] == "/endless":
            await self._stream(receive, send)
        await send({"type": "http.response.body", "body": b"[1]", "more_body": False})

    async def _stream(self, receive: Receive, send: Send) -> None:
        try:
            for _ in range(3):
                await send({"type": "http.response.body", "body": b"line\n", "more_body": True})
            assert (await receive())["type"] == "http.disconnect"
        finally:  # by what it receives, or by an OSError of what it sends
            self.disconnected.set()


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def in_process(app: App) -> Iterator[Api]:
    transport = InProcess(app)
    yield Api(PLACE, transport=transport)
    transport.close()
    transport.close()
    assert app.events == ["lifespan.startup", "lifespan.shutdown"]


def test_an_upload_streams_into_this_process(in_process: Api) -> None:
    pieces = (b"x" * 100_000 for _ in range(50))
    reply = in_process.send("POST", "/", content=pieces, headers={"Content-Length": "5000000"})
    assert reply.headers["x-size"] == "5000000"
    assert reply.body == b"[1]"


def test_a_stream_without_end_ends_when_its_reader_leaves(in_process: Api, app: App) -> None:
    with in_process.stream("GET", "/endless") as answer:
        assert next(answer.iter_lines()) == "line"
    assert app.disconnected.wait(10)


def test_a_mistake_of_the_application_is_raised(in_process: Api) -> None:
    with pytest.raises(RuntimeError, match="a mistake"):
        in_process.get("/fails")


def test_a_site_is_reached_by_the_same_application(app: App) -> None:
    transport = InProcess(app)
    server = Api(of_server("http://127.0.0.1", "localhost", Secret("t"), "it"), transport=transport)
    site = server.of_site("shop")
    assert site.get("/") == [1]
    site.close()
    assert server.get("/") == [1]
    transport.close()


def test_a_server_with_another_token_is_found_anew() -> None:
    again = [of_server("http://127.0.0.1:9", "localhost", Secret("new"), "it")]

    def find() -> Place:
        return again[0]

    asked = Api(of_server("http://127.0.0.1:9", "localhost", Secret("old"), "it"), again=find)
    asked.pause = lambda seconds: None
    with pytest.raises(RemoteError):
        asked.of_site("shop").patient_get("/", lambda text: None)
    with pytest.raises(RemoteError):
        asked.patient_get("/", lambda text: None)
    assert asked.place.authorization == Secret("Bearer new")
