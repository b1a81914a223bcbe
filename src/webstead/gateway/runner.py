"""Run the app for one request, and see to it that every request gets an answer, or a connection that is
plainly cut.
"""

from __future__ import annotations

from io import BytesIO

from webstead.formats.fastcgi.records import RemoteProtocolError
from webstead.formats.fastcgi.server import Reply, Request, end_of_response
from webstead.gateway.body import open_body
from webstead.gateway.connection import Connection, PeerGone
from webstead.gateway.details import sees_details
from webstead.gateway.environ import Environ, declared_length, make_environ, set_whole_body
from webstead.gateway.exchange import AppError, Exchange
from webstead.gateway.interface import App
from webstead.gateway.loader import app_traceback
from webstead.gateway.log import Log

__all__ = ["REASONS", "Runner"]

REASONS = {
    400: "400 Bad Request",
    431: "431 Request Header Fields Too Large",
    500: "500 Internal Server Error",
}

_APOLOGY = "The app failed to answer this request. The reason is in its log.\n"


class Runner:
    """own: the environ's values that are the same for every request. Called by any thread; never raises."""

    __slots__ = ("_app", "_log", "_own")

    def __init__(self, app: App, own: Environ, log: Log) -> None:
        self._app = app
        self._own = own
        self._log = log

    def __call__(self, connection: Connection, request: Request) -> None:
        """Answer the request. After it the connection is ready for the next one, draining, or closed."""
        environ = make_environ(request, self._own)
        exchange = Exchange(connection, request.request_id, environ["REQUEST_METHOD"] == "HEAD")
        try:
            self._answer(connection, request, environ, exchange)
        except PeerGone as error:
            self._log.line(f"{_named(environ)}: nobody waits for the response: {error}")
        except BaseException as error:  # noqa: BLE001 (also SystemExit: one request must not end the others)
            self._failed(error, environ, exchange)
        if exchange.excess:
            self._log.line(
                f"{_named(environ)}: {exchange.excess} bytes of body beyond Content-Length were dropped"
            )
        _settle(connection, exchange)

    def refuse(self, connection: Connection, error: RemoteProtocolError) -> None:
        """Answer what broke the protocol or a limit, when a request is open; then close."""
        self._log.line(f"refused: {error}")
        if error.request_id:
            exchange = Exchange(connection, error.request_id, False)
            try:
                exchange.replace(REASONS.get(error.status, REASONS[400]), f"{error}\n")
                connection.stop_sending()
            except PeerGone:
                connection.closed = True
        else:
            connection.closed = True

    def _answer(self, connection: Connection, request: Request, environ: Environ, exchange: Exchange) -> None:
        if request.complete and not request.body and not environ.get("CONTENT_LENGTH"):
            environ["wsgi.input"] = BytesIO()
            self._run(environ, exchange)
            return
        try:
            length = declared_length(environ)
            if request.complete:
                set_whole_body(environ, request.body, length)
            else:
                environ["wsgi.input"] = open_body(connection, request.body, length)
        except ValueError as error:
            self._log.line(f"{_named(environ)}: refused: {error}")
            exchange.replace(REASONS[400], f"{error}\n")
            return
        self._run(environ, exchange)

    def _run(self, environ: Environ, exchange: Exchange) -> None:
        result = self._app(environ, exchange.start_response)
        if type(result) is list or type(result) is tuple:
            exchange.whole(result[0] if len(result) == 1 else b"".join(result))
            return
        if result is None:
            raise AppError("the app returned None instead of its body")
        try:
            for chunk in result:
                exchange.write(chunk)
            exchange.finish()
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _failed(self, error: BaseException, environ: Environ, exchange: Exchange) -> None:
        detail = app_traceback(error)
        outcome = "500" if not exchange.started else "sent whole" if exchange.ended else "cut short"
        self._log.line(f"{_named(environ)}: the app failed; the response was {outcome}\n{detail.rstrip()}")
        if exchange.started:
            return
        try:
            exchange.replace(REASONS[500], detail if sees_details(environ) else _APOLOGY)
        except PeerGone as gone:
            self._log.line(f"{_named(environ)}: nobody waits for the response: {gone}")


def _named(environ: Environ) -> str:
    path = f"{environ['REQUEST_METHOD']} {environ['SCRIPT_NAME']}{environ['PATH_INFO']}"
    text = path.encode("latin-1", "replace").decode("utf-8", "backslashreplace")
    return text if text.isprintable() else ascii(text)


def _send_replies(connection: Connection) -> None:
    """Of the events behind a request that is over: what the protocol answers; its body is of no interest
    now.
    """
    while connection.later:
        event = connection.later.popleft()
        if type(event) is Reply:
            connection.send(event.data)


def _settle(connection: Connection, exchange: Exchange) -> None:
    """Leave the connection as the protocol wants it after this response."""
    try:
        if connection.aborted and not exchange.ended:
            connection.send(end_of_response(connection.codec.request_id))
        elif not exchange.ended:
            connection.closed = True
            return
        body_open = connection.codec.body_open
        keep = connection.codec.done()
        if connection.later:
            _send_replies(connection)
    except PeerGone:
        connection.closed = True
        return
    connection.aborted = False
    if not keep:
        if body_open:
            connection.stop_sending()
        else:
            connection.closed = True
