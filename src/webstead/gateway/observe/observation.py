"""What is known of the requests in progress, and who is told of those that are over.

Without an access log, metrics or limits nothing observes, and a request costs nothing here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

if TYPE_CHECKING:
    import asyncio

__all__ = ["Observation", "Outcome", "Sink", "Ticket", "request_name"]


class Outcome(NamedTuple):
    """How a request ended. status: the HTTP status that was sent; 0 when nothing was. received, sent: bytes
    of the bodies. fault: "", or app (it failed), aborted (nobody waited), cut (the response is not whole),
    refused (the request broke a rule or a limit)."""

    status: int
    received: int
    sent: int
    seconds: float
    fault: str = ""


class Ticket:
    """A request in progress. params: its FastCGI parameters, as the app sees them. began: monotonic seconds.
    thread: the ident of the thread that runs it. task: of an ASGI app. cut: ends its connection, from any
    thread."""

    __slots__ = ("began", "cut", "params", "task", "thread")

    def __init__(
        self, params: Mapping[str, Any], cut: Callable[[], None], task: asyncio.Task[None] | None = None
    ) -> None:
        self.params = params
        self.cut = cut
        self.task = task
        self.thread = threading.get_ident()
        self.began = monotonic()


Sink = Callable[[Ticket, Outcome], None]


class Observation:
    """active: the requests in progress; copy it before a look from another thread."""

    def __init__(self, sinks: Sequence[Sink], began: Sequence[Callable[[Ticket], None]] = ()) -> None:
        self.active: set[Ticket] = set()
        self._sinks = tuple(sinks)
        self._began = tuple(began)

    def begin(self, ticket: Ticket) -> None:
        self.active.add(ticket)
        for told in self._began:
            told(ticket)

    def end(self, ticket: Ticket, status: int, received: int, sent: int, fault: str = "") -> None:
        self.active.discard(ticket)
        outcome = Outcome(status, received, sent, monotonic() - ticket.began, fault)
        for sink in self._sinks:
            sink(ticket, outcome)


def request_name(params: Mapping[str, Any]) -> str:
    """Method and path on one line, safe for a log."""
    path = f"{params.get('REQUEST_METHOD', '')} {params.get('SCRIPT_NAME', '')}{params.get('PATH_INFO', '')}"
    text = path.encode("latin-1", "replace").decode("utf-8", "backslashreplace")
    return text if text.isprintable() else ascii(text)
