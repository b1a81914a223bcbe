"""Serving one channel, one request after the other, with blocking calls: IIS's way, where each process gets
one pipe and one request at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from webstead.formats.fastcgi.records import Buffer, RemoteProtocolError
from webstead.formats.fastcgi.server import Refused, Reply, Request, ServerConnection, ServerEvent
from webstead.gateway.engine.connection import SECONDS_TO_LOOK, PeerGone, read_part, send_replies
from webstead.gateway.engine.reading import Reading
from webstead.gateway.observe.log import Log
from webstead.gateway.transport.channel import Channel, ChannelListener
from webstead.gateway.wsgi.environ import REQUIRED
from webstead.gateway.wsgi.runner import Runner

__all__ = [
    "BAD_PROTOCOL",
    "CUT_SHORT",
    "ONE_CHANNEL",
    "ChannelConnection",
    "Solo",
    "SoloListener",
]

# Exit codes: EX_IOERR and EX_PROTOCOL of sysexits.h.
CUT_SHORT = 74
BAD_PROTOCOL = 76

ONE_CHANNEL: Mapping[str, str] = {"FCGI_MAX_CONNS": "1", "FCGI_MAX_REQS": "1", "FCGI_MPXS_CONNS": "0"}
"""The answers to GET_VALUES of a process that serves one channel."""


class ChannelConnection:
    """The Connection of a channel. Closing the channel waits until the server has got the response, so that
    stop_sending() has nothing to add.

    taken: a thread of the app receives, and cannot be woken up: what comes next would be missing.
    """

    __slots__ = ("_channel", "_taken", "aborted", "closed", "codec", "draining", "later", "reading")

    def __init__(self, channel: Channel, codec: ServerConnection) -> None:
        self._channel = channel
        self.codec = codec
        self.later: deque[ServerEvent] = deque()
        self.aborted = False
        self.closed = False
        self.draining = False
        self.reading: Reading | None = None
        self._taken = False

    def send(self, data: Buffer) -> None:
        try:
            self._channel.send(data)
        except OSError as error:
            raise PeerGone(str(error)) from None

    def send_file(self, head: bytes, file: int, offset: int, count: int) -> None:
        self.send(head + read_part(file, offset, count))

    def look(self, request_id: int) -> None:
        """A blocking channel cannot be asked; its servers abort by closing it."""

    def await_more(self, reading: Reading) -> None:
        """Nobody else uses the codec meanwhile: end_reading() waits for who receives."""
        try:
            data = self._channel.receive()
            if not data:
                reading.check()
                data = self._channel.receive()  # an interruption says b"" only once
        except OSError as error:
            raise PeerGone(str(error)) from None
        if not data:
            raise PeerGone("the server closed the connection")
        self.later.extend(self.codec.feed(data))

    def take_in(self) -> None:
        """What is received is taken in: it cannot be left in the channel."""

    def end_reading(self) -> None:
        """A thread that receives is woken up: what it receives until then is of its own request, which has no
        END_REQUEST yet."""
        reading, self.reading = self.reading, None
        if reading is None:
            return
        reading.finish()
        if not reading.left(0):
            self._channel.interrupt()
            self._taken = not reading.left(SECONDS_TO_LOOK)

    def send_last(self, request_id: int, data: bytes) -> None:
        if self.reading is not None:
            self.end_reading()
        keep = self.codec.done(request_id)
        self.send(data)
        self.aborted = False
        if self.later:
            send_replies(self)
        self.closed = self._taken or not keep

    def stop_sending(self) -> None:
        self.closed = True

    def cut(self) -> None:
        """What has been sent is all: the server is told by the end of the channel."""
        self.closed = True
        self._channel.interrupt()

    def close(self) -> None:
        self.closed = True
        self._channel.close()


class Solo:
    """run() returns the exit code when the server or we have closed the channel: 0, or

    CUT_SHORT: the server closed it in the middle of a request that it was sending. (While one is being
    answered, closing is how a server aborts it: 0.) BAD_PROTOCOL: what it sent is no FastCGI.
    """

    def __init__(self, channel: Channel, runner: Runner, values: Mapping[str, str], log: Log) -> None:
        """values: the answers to GET_VALUES, see ONE_CHANNEL."""
        self._channel = channel
        self._runner = runner
        self._log = log
        self._connection = ChannelConnection(channel, ServerConnection(values, base=REQUIRED))
        self._stopping = False

    def run(self) -> int:
        try:
            return self._serve()
        finally:
            self._connection.close()

    def stop(self) -> None:
        """Answer what has begun, then return from run(). From any thread or signal handler."""
        self._stopping = True
        self._channel.interrupt()

    def _serve(self) -> int:
        connection = self._connection
        codec = connection.codec
        receive = self._channel.receive
        while not connection.closed:
            if self._stopping and codec.idle:
                self._channel.interrupt()  # again: what has arrived is answered, but no more is waited for
            try:
                data = receive()
                if not data:
                    if self._stopping and codec.idle:
                        break
                    data = receive()  # the end says b"" each time, an interruption once
            except OSError as error:
                return self._ended(str(error))
            if not data:
                return self._ended("the server closed the connection")
            try:
                self._take(codec.feed(data))
            except RemoteProtocolError as error:
                self._runner.refuse(connection, error)
                return BAD_PROTOCOL
        return 0

    def _take(self, events: list[ServerEvent]) -> None:
        connection = self._connection
        for at, event in enumerate(events, 1):
            if type(event) is Request:
                if at < len(events):
                    connection.later.extend(events[at:])
                self._runner(connection, event)
                return
            if type(event) is Reply:
                self._reply(event)
            elif type(event) is Refused:
                self._runner.refuse_one(connection, event)

    def _reply(self, reply: Reply) -> None:
        try:
            self._connection.send(reply.data)
        except PeerGone:
            self._connection.closed = True
        if reply.close:
            self._connection.closed = True

    def _ended(self, reason: str) -> int:
        if self._connection.codec.idle:
            return 0
        self._log.line(f"a request was cut short: {reason}")
        return CUT_SHORT


class SoloListener:
    """Serves the channels of a listener one after the other, as Solo does."""

    def __init__(
        self, listener: ChannelListener, runner: Runner, values: Mapping[str, str], log: Log
    ) -> None:
        self._listener = listener
        self._runner = runner
        self._values = values
        self._log = log
        self._current: Solo | None = None
        self._stopping = False

    def run(self) -> int:
        """Returns the exit code: that of the last channel."""
        code = 0
        try:
            while not self._stopping:
                channel = self._listener.accept()
                if channel is None:
                    break
                code = self._one(channel)
        finally:
            self._listener.close()
        return code

    def _one(self, channel: Channel) -> int:
        self._current = Solo(channel, self._runner, self._values, self._log)
        if self._stopping:  # stop() came before it could see this one
            self._current.stop()
        try:
            return self._current.run()
        finally:
            self._current = None

    def stop(self) -> None:
        """Answer what has begun, then return from run(). From any thread or signal handler."""
        self._stopping = True
        self._listener.interrupt()
        current = self._current
        if current is not None:
            current.stop()
