"""Application Insights, as wfastcgi's APPINSIGHTS_INSTRUMENTATIONKEY has it, when the app's environment has
the package `applicationinsights`: requests are told by its own WSGI wrapper, lines of the log as events.

Done better than the package does it: the app's iterable is closed also when the response is cut short,
`start_response` returns `write`, and what is still to be sent at the end is sent.
"""

from __future__ import annotations

import atexit
import importlib
import json
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from threading import Condition, Thread
from typing import Any, Callable, Protocol
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from webstead.gateway.loading.interface import App
from webstead.gateway.observe.log import Log
from webstead.gateway.wfastcgi.settings import Secret

__all__ = ["FLUSH_SECONDS", "instrumented", "tracking_address"]

FLUSH_SECONDS = 5.0
"""How long the end of the process may wait for what is being sent. Within GRACE_SECONDS of a stop."""

POST_SECONDS = 10.0
"""How long one sending may take. Precedents, of this and the next two: the package's own."""

BATCH_SECONDS = 1.0
"""Items are sent together with those that come within this time."""

BATCH_ITEMS = 100

RETRY_SECONDS = 5.0
"""Between two tries when nobody takes the items."""

MOST_ITEMS = 5000
"""Kept while nobody takes them; the oldest go. Precedent: the package hurries at 500, and keeps all."""

_REFUSED = 400
_WRITE = "webstead.insights.write"


def instrumented(app: App, key: Secret, connection: Secret, log: Log) -> App:
    """app, wrapped; app itself where the package is missing or fails, with one line in the log. connection:
    the connection string, for an endpoint of one's own."""
    try:
        package = importlib.import_module("applicationinsights")
        wrapper = importlib.import_module("applicationinsights.requests").WSGIApplication
        sender = package.channel.AsynchronousSender(tracking_address(connection, key))
        outbox = _Outbox(sender.service_endpoint_uri, log)
        channel = package.channel.TelemetryChannel(None, outbox)
        wrapped = wrapper(str(key), _closing(app), telemetry_channel=channel)
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


class _Item(Protocol):
    """What is used of the package's items."""

    def write(self) -> object: ...


class _Outbox:
    """What the package's channel takes for its queue, with a thread of our own behind it. The package's tries
    again without a pause while nobody answers, keeps everything meanwhile, and is cut off in the middle when
    the process ends."""

    def __init__(self, address: str, log: Log) -> None:
        self._address = address
        self._log = log
        self._items: list[_Item] = []
        self._sending = 0
        self._dropped = 0
        self._ending = False
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="insights", daemon=True)
        self._thread.start()

    def put(self, item: _Item) -> None:
        with self._changed:
            self._items.append(item)
            if len(self._items) > MOST_ITEMS:
                del self._items[0]
                self._dropped += 1
            self._changed.notify()

    def flush(self) -> None:
        """Nothing to do: what is here is on its way."""

    def finish(self) -> None:
        """Send what is left, once."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(FLUSH_SECONDS)
        if lost := self._dropped + self._sending + len(self._items):
            self._log.line(f"warning: {lost} items for Application Insights could not be sent")

    def _run(self) -> None:
        while batch := self._batch():
            taken = _posted(self._address, batch)
            with self._changed:
                self._sending = 0
                if not taken:
                    self._items[:0] = batch
                    if self._changed.wait_for(lambda: self._ending, RETRY_SECONDS):
                        return

    def _batch(self) -> list[_Item]:
        """The items to send together; none when the process ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ending)
            self._changed.wait_for(lambda: len(self._items) >= BATCH_ITEMS or self._ending, BATCH_SECONDS)
            batch = self._items[:BATCH_ITEMS]
            del self._items[:BATCH_ITEMS]
            self._sending = len(batch)
            return batch


def _posted(address: str, items: Sequence[_Item]) -> bool:
    """Whether the items are done with: taken, or refused for what they are (400, as the package has it)."""
    body = json.dumps([item.write() for item in items]).encode()
    headers = {"Accept": "application/json", "Content-Type": "application/json; charset=utf-8"}
    request = Request(address, body, headers)  # noqa: S310 (http: or https:, see tracking_address)
    try:
        with urlopen(request, timeout=POST_SECONDS):  # noqa: S310
            return True
    except HTTPError as error:
        with error:
            return error.code == _REFUSED
    except (OSError, HTTPException):
        return False
