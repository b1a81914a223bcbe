"""The app's start and end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from webstead.gateway.asgi import lifespan as module
from webstead.gateway.asgi.interface import Message, Receive, Scope, Send
from webstead.gateway.asgi.lifespan import Lifespan
from webstead.gateway.failure import BAD_APP, StartFailure
from webstead.gateway.observe.log import Log


class Heard(Log):
    """The lines, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.notes: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)

    def note(self, text: str) -> None:
        self.notes.append(text)


App = Callable[[Scope, Receive, Send], Awaitable[None]]


def through(app: App) -> tuple[Heard, dict[str, Any]]:
    """Start and stop it. Returns what was logged, and the state."""
    log = Heard()

    async def run() -> dict[str, Any]:
        lifespan = Lifespan(app, log)
        await lifespan.start()
        state = dict(lifespan.state)
        await lifespan.stop()
        return state

    return log, asyncio.run(run())


def test_start_state_and_end() -> None:
    seen: list[Message | Mapping[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "lifespan"
        seen.append(await receive())
        scope["state"]["pool"] = 7
        await send({"type": "lifespan.startup.complete"})
        seen.append(await receive())
        await send({"type": "lifespan.shutdown.complete"})

    log, state = through(app)
    assert seen == [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    assert state == {"pool": 7}
    assert (log.lines, log.notes) == ([], [])


@pytest.mark.parametrize("error", [KeyError("type"), AssertionError("http only"), SystemExit(3)])
def test_an_app_that_raises_has_no_lifespan(error: BaseException) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    log, _ = through(app)
    assert log.lines == []
    assert log.notes == [f"the app has no lifespan: {type(error).__name__}: {error}"]


def test_an_app_that_returns_has_no_lifespan() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        return

    assert through(app)[0].lines == []


@pytest.mark.parametrize(
    ("message", "found", "detail"),
    [
        ("Traceback:\n  line\nValueError: no database\n", "ValueError: no database", True),
        ("no database", "no database", False),
        ("", "lifespan.startup.failed without a message", False),
    ],
)
def test_a_failed_start_is_told_in_the_apps_words(message: str, found: str, detail: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": message})
        raise ValueError("and raises, as Starlette does")

    with pytest.raises(StartFailure) as caught:
        through(app)
    failure = caught.value
    assert (failure.code, failure.what, failure.found) == (BAD_APP, "The app's start-up failed.", found)
    assert failure.detail == (message if detail else "")


def test_a_failed_end_is_logged() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "no way"})

    assert through(app)[0].lines == ["the app's shutdown failed\nno way"]


def test_a_lifespan_that_dies_is_logged_and_not_waited_for() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        raise RuntimeError("died")

    (line,) = through(app)[0].lines
    assert line.startswith("the app's lifespan failed\nTraceback")
    assert line.endswith("RuntimeError: died")
    assert "lifespan.py" not in line.replace(__file__, "")


def test_an_end_that_does_not_come_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_TO_SHUT_DOWN", 0.01)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.sleep(sys.maxsize)

    assert through(app)[0].lines == ["warning: the app's shutdown took more than 0.01 s"]


def test_a_message_that_is_none_is_an_error_of_the_app() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})

    (note,) = through(app)[0].notes
    assert "'http.response.start' is no message of a lifespan" in note
