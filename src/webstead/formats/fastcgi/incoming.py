"""One request on its way in, as the app's side reads it: its states, and what each record does in them.

A connection reads several of these at once; their streams are interleaved, but within one request the order
is fixed: PARAMS, then the streams of its role (`records.STREAMS`), each closed by an empty record.

    PARAMS_COMING ── end of PARAMS ──┬─ responder ──▶ GATHER ── end of STDIN ──▶ WHOLE
                                     │                  └── more than `gather` bytes ──▶ BODY ── end ──▶ WHOLE
                                     ├─ authorizer ─▶ WHOLE
                                     └─ filter ─────▶ FILTER_BODY ── end ──▶ FILTER_DATA ── end ──▶ WHOLE

GATHER collects a small body, so that one event carries the whole request and a slow upload holds no thread.
The Request event comes with the step to WHOLE, BODY or FILTER_BODY. A request that breaks a limit gives
Refused in its place; SKIP_PARAMS, SKIP_BODY or SKIP_DATA then read past the rest of it, up to SPENT. An
ABORT_REQUEST before the Request event leads to GONE: nobody has heard of the request, and nobody will.
"""

from __future__ import annotations

from typing import Callable, NamedTuple

from webstead.formats.fastcgi.events import (
    Aborted,
    BodyEnd,
    Chunk,
    DataChunk,
    DataEnd,
    Refused,
    Request,
    ServerEvent,
)
from webstead.formats.fastcgi.pairs import PairsDecoder
from webstead.formats.fastcgi.records import (
    ABORT_REQUEST,
    AUTHORIZER,
    DATA,
    FILTER,
    PARAMS,
    RESPONDER,
    STDIN,
    RemoteProtocolError,
)

__all__ = [
    "ACTIONS",
    "EARLY",
    "GONE",
    "OPEN",
    "PARAMS_COMING",
    "SPENT",
    "TOO_LARGE",
    "WHOLE",
    "Incoming",
    "Limits",
]

(
    PARAMS_COMING,
    GATHER,
    WHOLE,
    BODY,
    FILTER_BODY,
    FILTER_DATA,
    SKIP_PARAMS,
    SKIP_BODY,
    SKIP_DATA,
    SPENT,
    GONE,
) = range(11)

EARLY = frozenset({PARAMS_COMING, GATHER})
"""The request has not been handed over."""

OPEN = frozenset({BODY, FILTER_BODY, FILTER_DATA, SKIP_PARAMS, SKIP_BODY, SKIP_DATA})
"""It has been handed over, or refused, and more of it is to come."""

TOO_LARGE = 431
"""The HTTP status of a request that breaks a limit (RFC 6585)."""

_BEHIND_PARAMS = {RESPONDER: GATHER, AUTHORIZER: WHOLE, FILTER: FILTER_BODY}
_SKIP_UP_TO = {RESPONDER: SKIP_BODY, AUTHORIZER: SKIP_PARAMS, FILTER: SKIP_DATA}
_BEHIND_BODY = {BODY: WHOLE, FILTER_BODY: FILTER_DATA}
_NO_PARAMS: dict[str, str] = {}


class Limits(NamedTuple):
    """What all requests of a connection share."""

    gather: int
    max_params: int
    decoder: PairsDecoder


class Incoming:
    """How far a request has come. parts: what has been read of the stream in progress, size bytes of it."""

    __slots__ = ("keep", "params", "parts", "role", "size", "state")

    def __init__(self, state: int, keep: bool, role: int = RESPONDER) -> None:
        self.state = state
        self.keep = keep
        self.role = role
        self.params = _NO_PARAMS
        self.parts: list[bytes] = []
        self.size = 0


Action = Callable[[Incoming, int, bytes, Limits, "list[ServerEvent]"], None]
"""(request, its id, a record's content, limits, where events go)"""


def _on_params(
    request: Incoming, request_id: int, content: bytes, limits: Limits, events: list[ServerEvent]
) -> None:
    if not content:
        _end_params(request, request_id, limits, events)
        return
    request.size += len(content)
    if request.size > limits.max_params:
        request.state = _SKIP_UP_TO[request.role]
        events.append(_refused(request, request_id, f"more than {limits.max_params} bytes of parameters"))
    else:
        request.parts.append(content)


def _end_params(request: Incoming, request_id: int, limits: Limits, events: list[ServerEvent]) -> None:
    try:
        request.params = limits.decoder.decode(b"".join(request.parts))
    except RemoteProtocolError as error:
        if error.status != TOO_LARGE:
            raise RemoteProtocolError(str(error), error.status, request_id) from None
        request.state = SPENT if request.role == AUTHORIZER else _SKIP_UP_TO[request.role]
        events.append(_refused(request, request_id, str(error)))
        return
    request.parts = []
    request.size = 0
    request.state = _BEHIND_PARAMS[request.role]
    if request.state != GATHER:
        _hand_over(request, request_id, events)


def _refused(request: Incoming, request_id: int, message: str) -> Refused:
    request.parts = []
    return Refused(request_id, TOO_LARGE, message, request.keep)


def _on_gather(
    request: Incoming, request_id: int, content: bytes, limits: Limits, events: list[ServerEvent]
) -> None:
    request.parts.append(content)
    request.size += len(content)
    if not content or request.size > limits.gather:
        request.state = BODY if content else WHOLE
        _hand_over(request, request_id, events)


def _hand_over(request: Incoming, request_id: int, events: list[ServerEvent]) -> None:
    body = b"".join(request.parts)
    whole = request.state == WHOLE
    events.append(Request(request_id, request.params, request.keep, body, whole, request.role))
    request.params = _NO_PARAMS  # they are the app's now
    request.parts = []


def _on_body(
    request: Incoming, request_id: int, content: bytes, limits: Limits, events: list[ServerEvent]
) -> None:
    if content:
        events.append(Chunk(content, request_id))
    else:
        events.append(BodyEnd(request_id))
        request.state = _BEHIND_BODY[request.state]


def _on_data(
    request: Incoming, request_id: int, content: bytes, limits: Limits, events: list[ServerEvent]
) -> None:
    if content:
        events.append(DataChunk(content, request_id))
    else:
        events.append(DataEnd(request_id))
        request.state = WHOLE


def _on_skip(
    request: Incoming, request_id: int, content: bytes, limits: Limits, events: list[ServerEvent]
) -> None:
    if not content:
        request.state = SPENT


def _on_abort_early(
    request: Incoming, request_id: int, content: bytes, limits: Limits, events: list[ServerEvent]
) -> None:
    request.state = GONE


def _on_abort(
    request: Incoming, request_id: int, content: bytes, limits: Limits, events: list[ServerEvent]
) -> None:
    events.append(Aborted(request_id))


def _on_breach(
    request: Incoming, request_id: int, content: bytes, limits: Limits, events: list[ServerEvent]
) -> None:
    if content:
        message = "a record of a stream that is closed, or not yet open"
        raise RemoteProtocolError(message, 400, request_id)


ACTIONS: dict[tuple[int, int], Action] = {
    (PARAMS_COMING, PARAMS): _on_params,
    (PARAMS_COMING, STDIN): _on_breach,
    (PARAMS_COMING, ABORT_REQUEST): _on_abort_early,
    (GATHER, PARAMS): _on_breach,
    (GATHER, STDIN): _on_gather,
    (GATHER, ABORT_REQUEST): _on_abort_early,
    (WHOLE, PARAMS): _on_breach,
    (WHOLE, STDIN): _on_breach,
    (WHOLE, ABORT_REQUEST): _on_abort,
    (BODY, PARAMS): _on_breach,
    (BODY, STDIN): _on_body,
    (BODY, ABORT_REQUEST): _on_abort,
    (FILTER_BODY, PARAMS): _on_breach,
    (FILTER_BODY, STDIN): _on_body,
    (FILTER_BODY, DATA): _on_breach,
    (FILTER_BODY, ABORT_REQUEST): _on_abort,
    (FILTER_DATA, PARAMS): _on_breach,
    (FILTER_DATA, STDIN): _on_breach,
    (FILTER_DATA, DATA): _on_data,
    (FILTER_DATA, ABORT_REQUEST): _on_abort,
    (SKIP_PARAMS, PARAMS): _on_skip,
    (SKIP_BODY, STDIN): _on_skip,
    (SKIP_DATA, DATA): _on_skip,
}
"""What a record does in the state of its request. What is not here is passed over: a responder's DATA, an
answer's type, an unknown one (UNKNOWN_TYPE is for management records only, section 4.2), and all that comes
for a request that was refused."""
