"""Run the app for one request, and see to it that every request gets an answer, or a connection that is
plainly cut.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import BufferedReader, BytesIO
from typing import Any, Callable

from webstead.formats.fastcgi.records import AUTHORIZER, FILTER, RemoteProtocolError
from webstead.formats.fastcgi.server import Refused, Request, end_of_response, whole_response
from webstead.gateway.dialect import Dialect
from webstead.gateway.engine.connection import Connection, PeerGone
from webstead.gateway.engine.reading import Reading
from webstead.gateway.loading.interface import App
from webstead.gateway.observe.details import sees_details
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Observation, Ticket, request_name
from webstead.gateway.observe.trouble import APOLOGY, app_traceback, seen_by_client
from webstead.gateway.processes.child import leave_child
from webstead.gateway.wsgi.body import open_body, open_filter
from webstead.gateway.wsgi.environ import Environ, FileWrapper, declared_length, make_environ, set_whole_body
from webstead.gateway.wsgi.exchange import TEXT_HEADERS, AppError, Exchange
from webstead.gateway.wsgi.headers import encode_head

__all__ = ["REASONS", "Runner"]

REASONS = {
    400: "400 Bad Request",
    431: "431 Request Header Fields Too Large",
    500: "500 Internal Server Error",
}

_MOST_REMARKS = 20


class Runner:
    """own: the environ's values that are the same for every request. shows: whether who asks may see the
    traceback of a failure. to_server: failures are told to the web server, too, for its log. Called by any
    thread; never raises.
    """

    __slots__ = (
        "_app",
        "_child",
        "_dialect",
        "_log",
        "_observation",
        "_own",
        "_remarks",
        "_shows",
        "_to_server",
    )

    def __init__(
        self,
        app: App,
        own: Environ,
        log: Log,
        dialect: Dialect,
        shows: Callable[[Mapping[str, Any]], bool] = sees_details,
        to_server: bool = True,
        observation: Observation | None = None,
    ) -> None:
        self._app = app
        self._own = own
        self._log = log
        self._dialect = dialect
        self._shows = shows
        self._to_server = to_server
        self._observation = observation
        self._remarks: set[str] = set()
        self._child = False  # whether this is a process that the app has forked
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)

    def __call__(self, connection: Connection, request: Request) -> None:
        """Answer the request. After it the connection is ready for the next one, draining, or closed."""
        environ = make_environ(request, self._own, self._dialect)
        exchange = Exchange(connection, request.request_id, environ["REQUEST_METHOD"] == "HEAD")
        if self._observation is None:
            self._serve(connection, request, environ, exchange)
        else:
            self._observe(self._observation, connection, request, environ, exchange)

    def _forked(self) -> None:
        self._child = True

    def _observe(
        self,
        observation: Observation,
        connection: Connection,
        request: Request,
        environ: Environ,
        exchange: Exchange,
    ) -> None:
        """Serve, and tell about it. The app may change its environ; what is told stays as it came."""
        ticket = Ticket(dict(environ), connection.cut)
        observation.begin(ticket)
        fault = self._serve(connection, request, environ, exchange)
        received = len(request.body) if request.complete else _declared(dict(ticket.params))
        observation.end(ticket, exchange.status, received, exchange.sent, fault)

    def _serve(self, connection: Connection, request: Request, environ: Environ, exchange: Exchange) -> str:
        """Returns the fault, as an Outcome has it."""
        fault = ""
        try:
            fault = self._answer(connection, request, environ, exchange)
        except PeerGone as error:
            fault = "aborted"
            self._log.line(f"{request_name(environ)}: nobody waits for the response: {error}")
        except BaseException as error:  # noqa: BLE001 (also SystemExit: one request must not end the others)
            if self._child:
                leave_child(error)
            fault = "app" if not exchange.started or exchange.ended else "cut"
            self._failed(error, environ, exchange)
        if exchange.excess or exchange.remark:
            self._remark(environ, exchange)
        if not exchange.ended:
            _settle(connection, request.request_id)
            exchange.close()
        return fault

    def refuse(self, connection: Connection, error: RemoteProtocolError) -> None:
        """Answer what broke the protocol, when a request is open; then close."""
        self.complain(error)
        connection.closed = not error.request_id
        if error.request_id:
            try:
                connection.send(_refusal(error.request_id, error.status, str(error)))
                connection.stop_sending()
            except PeerGone:
                connection.closed = True

    def refuse_one(self, connection: Connection, refused: Refused) -> None:
        """Answer a request that broke a limit, or met one of ours: of that only the log tells. The connection
        goes on."""
        self._log.line(f"refused: {refused.message}")
        told = refused.message if refused.status < 500 else APOLOGY.rstrip()
        answer = _refusal(refused.request_id, refused.status, told)
        try:
            connection.send_last(refused.request_id, answer)
        except PeerGone:
            connection.closed = True

    def complain(self, error: Exception) -> None:
        """Of a connection that has to be closed without an answer."""
        self._log.line(f"refused: {error}")

    def _answer(self, connection: Connection, request: Request, environ: Environ, exchange: Exchange) -> str:
        if request.complete and not request.body and not environ.get("CONTENT_LENGTH"):
            environ["wsgi.input"] = BytesIO()
            self._run(environ, exchange)
            return ""
        try:
            streams = self._open(connection, request, environ)
        except ValueError as error:
            self._log.line(f"{request_name(environ)}: refused: {error}")
            exchange.replace(REASONS[400], f"{error}\n")
            return "refused"
        try:
            self._run(environ, exchange)
        finally:
            for stream in streams:  # of a thread that was left running, which would read the next request
                stream.raw.close()
            if connection.reading is not None:
                connection.end_reading()
        return ""

    def _open(self, connection: Connection, request: Request, environ: Environ) -> tuple[BufferedReader, ...]:
        """Give the app its body. Returns what reads from the connection. Raises ValueError for a
        CONTENT_LENGTH that is not true."""
        if request.role == AUTHORIZER:  # it decides without the body, whose length it may still be told
            environ["wsgi.input"] = BytesIO()
            return ()
        length = declared_length(environ)
        if request.role != FILTER and request.complete:
            set_whole_body(environ, request.body, length)
            return ()
        connection.reading = reading = Reading(connection)
        if request.role == FILTER:
            environ["wsgi.input"], environ["wsgi.data"] = streams = open_filter(reading, length)
            return streams
        environ["wsgi.input"] = stream = open_body(reading, request.body, length)
        return (stream,)

    def _run(self, environ: Environ, exchange: Exchange) -> None:
        result = self._app(environ, exchange.start_response)
        if self._child:
            leave_child(SystemExit())
        if type(result) is list or type(result) is tuple:
            exchange.whole(result[0] if len(result) == 1 else b"".join(result))
            return
        if result is None:
            raise AppError("the app returned None instead of its body")
        try:
            if type(result) is FileWrapper:
                exchange.file(result)
                return
            for chunk in result:
                exchange.write(chunk)
            exchange.finish()
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _failed(self, error: BaseException, environ: Environ, exchange: Exchange) -> None:
        """An error once the response has begun is for the log alone: IIS would make a 500 of it."""
        detail = app_traceback(error)
        outcome = "500" if not exchange.started else "sent whole" if exchange.ended else "cut short"
        self._log.line(
            f"{request_name(environ)}: the app failed; the response was {outcome}\n{detail.rstrip()}"
        )
        if exchange.started:
            return
        shown = self._shows(environ)
        told = self._to_server and (shown or not seen_by_client(environ))
        try:
            exchange.replace(REASONS[500], detail if shown else APOLOGY, detail if told else "")
        except PeerGone as gone:
            self._log.line(f"{request_name(environ)}: nobody waits for the response: {gone}")

    def _remark(self, environ: Environ, exchange: Exchange) -> None:
        if exchange.excess:
            text = f"{exchange.excess} bytes of body beyond Content-Length were dropped"
            self._log.line(f"{request_name(environ)}: {text}")
        if exchange.remark and exchange.remark not in self._remarks and len(self._remarks) < _MOST_REMARKS:
            self._remarks.add(exchange.remark)
            self._log.line(f"warning: {request_name(environ)}: {exchange.remark} (said once)")


def _refusal(request_id: int, status: int, message: str) -> bytes:
    """A whole answer to a request that no app is to see."""
    body = f"{message}\n".encode("utf-8", "backslashreplace")
    length = ("Content-Length", str(len(body)))
    head = encode_head(REASONS.get(status, REASONS[400]), [*TEXT_HEADERS, length])
    return whole_response(request_id, head.block + b"\r\n", body)


def _declared(environ: Environ) -> int:
    try:
        return declared_length(environ) or 0
    except ValueError:
        return 0


def _settle(connection: Connection, request_id: int) -> None:
    """A request that has no END_REQUEST yet gets it when the server gave it up, and a plain cut when it did
    not: what was sent of the response is not whole.
    """
    if not connection.aborted:
        connection.closed = True
        return
    try:
        connection.send_last(request_id, end_of_response(request_id))
    except PeerGone:
        connection.closed = True
