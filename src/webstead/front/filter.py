"""What stands between an answer and the client."""

from __future__ import annotations

from collections.abc import Callable

from webstead.formats.webconfig import Site
from webstead.front.asgi import Send
from webstead.front.exchange import Exchange
from webstead.front.files import Files

__all__ = ["Filter", "Maker"]

Filter = Callable[[Exchange, Send], Send]
"""Gives the send that the answer is told to; it passes the messages on, changed or not, to the send that it
is given. Of `http.response.pathsend` it may make `http.response.body`. It may change the exchange's headers:
what is asked of the app afterwards has them so."""

Maker = Callable[[Site, str, Files], Filter | None]
"""The filter of a URL path (canonical, after rewriting), None where the configuration wants none. It is the
same for all paths for which the same is in force."""
