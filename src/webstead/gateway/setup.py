"""What this process is to do, before anything of the app is loaded: options, settings, where requests come
from.

A process that IIS has started learns the site's folder with its first request (APPL_PHYSICAL_PATH), unless
--directory names it: so it waits for that request, and reads the web.config that is there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping, Sequence
from typing import Callable, NamedTuple

from webstead.formats.fastcgi.records import RemoteProtocolError
from webstead.formats.fastcgi.server import Request, ServerConnection
from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.options import Options, parse_options
from webstead.gateway.stopping import Stop
from webstead.gateway.transport.channel import Channel, ChannelListener
from webstead.gateway.transport.inherited import Transport
from webstead.gateway.transport.listener import Listener
from webstead.gateway.wfastcgi.settings import (
    DEFAULT_RESTART,
    WfastcgiSettings,
    export_settings,
    wfastcgi_settings,
)
from webstead.gateway.wfastcgi.site_config import find_web_config, read_app_settings

__all__ = ["Replayed", "Setup", "locate", "set_up"]

_FOLDER = "APPL_PHYSICAL_PATH"


class Setup(NamedTuple):
    """restart_on: which files' changes restart the app, "" for none."""

    options: Options
    settings: WfastcgiSettings
    transport: Transport
    restart_on: str


class Replayed:
    """A Channel of which some bytes have been read already: they come first."""

    def __init__(self, channel: Channel, read: bytes) -> None:
        self._channel = channel
        self._read = read
        self.send = channel.send
        self.interrupt = channel.interrupt
        self.close = channel.close

    def receive(self) -> bytes:
        if self._read:
            read, self._read = self._read, b""
            return read
        return self._channel.receive()


class _OneTaken:
    """A ChannelListener whose first channel has been taken from it already."""

    def __init__(self, listener: ChannelListener, first: Channel) -> None:
        self._listener = listener
        self._first: Channel | None = first
        self.interrupt = listener.interrupt
        self.close = listener.close

    def accept(self) -> Channel | None:
        first, self._first = self._first, None
        return first or self._listener.accept()


def locate(options: Options, transport: Transport, stop: Stop) -> tuple[str | None, Transport]:
    """The app's folder, None for the working directory. Where the web server has started this process for one
    connection, and no option names the folder, it waits for the first request, or for a stop; the transport
    that is returned gives that request once more.
    """
    if options.directory is not None or isinstance(transport, Listener):
        return options.directory, transport
    stop.action = transport.interrupt
    stop.on_signals()
    if not isinstance(transport, ChannelListener):
        return _peeked(transport)
    first = transport.accept()
    if first is None:
        return None, transport
    stop.action = first.interrupt
    if stop.begun:  # it was told to the listener, which had a connection already
        first.interrupt()
    folder, channel = _peeked(first)
    return folder, _OneTaken(transport, channel)


def set_up(
    words: Sequence[str],
    folder: str | None,
    transport: Transport,
    environ: MutableMapping[str, str],
    tell: Callable[[str], None],
) -> Setup:
    """Enter the app's folder, read its web.config where that is asked for, and export its app settings.
    Raises StartFailure (BAD_USAGE)."""
    by_server = not isinstance(transport, Listener)
    if folder is not None:
        _enter(folder)
    app_settings = _app_settings(parse_options(words, environ), by_server, tell)
    export_settings(app_settings, environ, tell)
    settings = wfastcgi_settings(app_settings, environ, tell)
    options = parse_options(words, {**environ, **settings.as_variables()})
    restart_on = options.restart_on
    if restart_on is None:
        restart_on = DEFAULT_RESTART if by_server else ""
    sys.path.insert(0, os.getcwd())
    for path in (*options.path, *settings.path):
        if os.path.abspath(path) not in sys.path:
            sys.path.append(os.path.abspath(path))
    return Setup(options, settings, transport, restart_on)


def _enter(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError as error:
        fix = "Name a folder that is there, and that this user may read, as --directory."
        raise StartFailure(BAD_USAGE, "The app's folder cannot be entered.", str(error), fix) from None


def _app_settings(options: Options, by_server: bool, tell: Callable[[str], None]) -> dict[str, str]:
    if options.web_config == "none":
        return {}
    if options.web_config != "auto":
        return read_app_settings(os.path.abspath(options.web_config), tell)
    if options.target and not by_server:
        return {}
    found = find_web_config(os.getcwd(), tell)
    return read_app_settings(found, tell) if found is not None else {}


def _peeked(channel: Channel) -> tuple[str | None, Channel]:
    codec = ServerConnection({})
    read = b""
    while True:
        try:
            data = channel.receive()
            events = codec.feed(data)
        except (OSError, RemoteProtocolError):  # whoever serves it finds the same, and answers
            return None, Replayed(channel, read + data)
        read += data
        for event in events:
            if isinstance(event, Request):
                folder = event.params.get(_FOLDER, "")
                return (_named(folder) if folder else None), Replayed(channel, read)
        if events or not data:  # it waits for an answer that only who serves it can give
            return None, Replayed(channel, read)


def _named(folder: str) -> str | None:
    """None for a folder that is not there: that of another system, behind a server that only imitates IIS."""
    name = folder.encode("latin-1").decode("utf-8", "surrogateescape")
    return name if os.path.isdir(name) else None
