"""An ASGI server on whatever the gateway was given to serve."""

from __future__ import annotations

from webstead.gateway.asgi.server import AsgiServer
from webstead.gateway.transport.channel import ChannelListener
from webstead.gateway.transport.inherited import Transport
from webstead.gateway.transport.listener import Listener

__all__ = ["AsgiOn"]


class AsgiOn:
    """run() returns the exit code: 0, or of a channel what Solo has for the same."""

    def __init__(self, server: AsgiServer, transport: Transport) -> None:
        self._server = server
        self._transport = transport

    def run(self) -> int:
        transport = self._transport
        if isinstance(transport, Listener):
            self._server.run_listener(transport)
        elif isinstance(transport, ChannelListener):
            self._server.run_channels(transport)
        else:
            self._server.run_channel(transport)
        return self._server.code

    def stop(self) -> None:
        self._server.stop()
