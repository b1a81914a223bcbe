"""Application Insights, as wfastcgi's APPINSIGHTS_INSTRUMENTATIONKEY has it, when the app's environment has
the package `applicationinsights`: requests are told by its own WSGI wrapper, lines of the log as events.

Done better than the package does it: the app's iterable is closed also when the response is cut short,
`start_response` returns `write`, and what is still to be sent at the end is sent.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
from collections.abc import Iterator, Sequence
from threading import Condition
from time import monotonic
from typing import Any, Callable, Protocol

from webstead.gateway.interface import App
from webstead.gateway.log import Log
from webstead.gateway.settings import Secret

__all__ = ["FLUSH_SECONDS", "instrumented", "tracking_address"]

FLUSH_SECONDS = 5.0
"""How long the end of the process may wait for what is being sent. Within GRACE_SECONDS of a stop."""

_WRITE = "webstead.insights.write"


def instrumented(app: App, key: Secret, connection: Secret, log: Log) -> App:
    """app, wrapped; app itself where the package is missing or fails, with one line in the log. connection:
    the connection string, for an endpoint of one's own."""
    try:
        package = importlib.import_module("applicationinsights")
        wrapper = importlib.import_module("applicationinsights.requests").WSGIApplication
        outbox = _Outbox(package.channel, tracking_address(connection, key), log)
        wrapped = wrapper(str(key), _closing(app), telemetry_channel=outbox.channel)
    except Exception as error:  # noqa: BLE001 (telemetry that fails must not stop the app)
        log.line(f"Application Insights is off: {type(error).__name__}: {error}")
        return app
    log.add_reader(wrapped.client.track_event)
    atexit.register(outbox.finish)
    log.note("Application Insights is on")
    return _remembering(wrapped)


def tracking_address(connection: str, key: str) -> str | None:
    """Where items are posted to, of a connection string `InstrumentationKey=…;IngestionEndpoint=https://…/;…`
    for this key; None for the package's own default."""
    parts = dict(part.partition("=")[::2] for part in connection.split(";"))
    words = {name.strip().lower(): value.strip() for name, value in parts.items()}
    endpoint = words.get("ingestionendpoint", "")
    if not endpoint.startswith(("https://", "http://")) or words.get("instrumentationkey") != key:
        return None
    return endpoint.rstrip("/") + "/v2/track"


def _remembering(app: App) -> App:
    """Keep `write` for `_closing`: the package's wrapper, in between, loses it."""

    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        def remember(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            environ[_WRITE] = start_response(status, headers, exc_info)
            return environ[_WRITE]

        return app(environ, remember)

    return outer


def _closing(app: App) -> App:
    def inner(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            start_response(status, headers, exc_info)
            return environ[_WRITE]

        result = app(environ, start)
        try:
            yield from result
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    return inner


class _Queue(Protocol):
    """What is used of the package's queue."""

    def get(self) -> object | None: ...


class _Sender(Protocol):
    """What is used of the package's sender. send puts back into the queue what it could not send."""

    send: Callable[[Sequence[object]], None]
    send_buffer_size: int
    send_timeout: float


class _Outbox:
    """The package's channel, and what is needed to know when everything in it has been sent: its sender is a
    daemon thread, which the end of the process cuts off in the middle."""

    def __init__(self, channel: Any, address: str | None, log: Log) -> None:
        self._sender: _Sender = channel.AsynchronousSender(address)
        self._send = self._sender.send
        self._sender.send = self._counted
        self._queue: _Queue = channel.AsynchronousQueue(self._sender)
        self.channel: object = channel.TelemetryChannel(None, self._queue)
        self._sending = 0
        self._idle = Condition()
        self._log = log

    def _counted(self, items: Sequence[object]) -> None:
        with self._idle:
            self._sending += 1
        try:
            self._send(items)
        finally:
            with self._idle:
                self._sending -= 1
                self._idle.notify_all()

    def finish(self) -> None:
        """Send what is left, once."""
        deadline = monotonic() + FLUSH_SECONDS
        self._sender.send_timeout = FLUSH_SECONDS
        items = self._rest()
        while items and monotonic() < deadline:
            batch = items[: self._sender.send_buffer_size]
            del items[: len(batch)]
            self._last_send(batch)
        with self._idle:
            self._idle.wait_for(lambda: not self._sending, max(0.0, deadline - monotonic()))
        if lost := len(items) + len(self._rest()):
            self._log.line(f"warning: {lost} items for Application Insights could not be sent")

    def _last_send(self, items: Sequence[object]) -> None:
        with contextlib.suppress(
            RuntimeError
        ):  # putting back starts a thread: refused at an interpreter's end
            self._send(items)

    def _rest(self) -> list[object]:
        items = []
        while (item := self._queue.get()) is not None:
            items.append(item)
        return items
