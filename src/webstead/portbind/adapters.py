"""What else keeps a script from serving here: event loops that bind in C, processes that reload themselves,
debuggers and browsers. Each is changed when the script has imported its module."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any, Callable

from webstead.portbind.redirection import Redirection
from webstead.portbind.sockets import redirect_class

__all__ = ["ADAPTERS", "Adapter"]

Adapter = Callable[[ModuleType, Redirection], None]


def _no_browser(module: ModuleType, redirection: Redirection) -> None:
    """Nobody sits before a server's screen."""

    def opened(*given: Any, **named: Any) -> bool:
        return False

    class Nowhere:
        open = open_new = open_new_tab = staticmethod(opened)

    for name in ("open", "open_new", "open_new_tab"):
        setattr(module, name, opened)
    setattr(module, "get", lambda using=None: Nowhere)  # noqa: B010  mypy knows no such attribute


def _without(owner: Any, name: str, **off: Any) -> None:
    """Calls of a function get these arguments, whatever the script gives."""
    called = getattr(owner, name)

    @functools.wraps(called)
    def call(*given: Any, **named: Any) -> Any:
        return called(*given, **{**named, **off})

    setattr(owner, name, call)


def _uvicorn(module: ModuleType, redirection: Redirection) -> None:
    """A reloader is a parent whose child, the server, would not be this process."""
    _without(module.Config, "__init__", reload=False)


def _werkzeug(module: ModuleType, redirection: Redirection) -> None:
    """Its debugger runs what anybody types."""
    _without(module, "run_simple", use_reloader=False, use_debugger=False)


def _bottle(module: ModuleType, redirection: Redirection) -> None:
    _without(module, "run", reloader=False)


def _tornado(module: ModuleType, redirection: Redirection) -> None:
    """`Application(debug=True)` starts the script anew, by itself and without us, when a file changes."""
    setattr(module, "start", lambda check_time=500: None)  # noqa: B010


def _uvloop(module: ModuleType, redirection: Redirection) -> None:
    create = module.Loop.create_server

    def create_server(loop: Any, factory: Any, host: Any = None, port: Any = None, **named: Any) -> Any:
        if named.get("sock") is None and isinstance(port, int) and redirection.listens(port):
            host, port = redirection.address, redirection.given
        return create(loop, factory, host, port, **named)

    module.Loop.create_server = create_server


def _bokeh(module: ModuleType, redirection: Redirection) -> None:
    """It makes sure that it got the very port that it asked for: so it has to ask for the host's."""
    bind = module.bind_sockets

    def bind_sockets(address: Any, port: int) -> Any:
        return (
            bind(redirection.address, redirection.given) if redirection.listens(port) else bind(address, port)
        )

    setattr(module, "bind_sockets", bind_sockets)  # noqa: B010


def _gevent(module: ModuleType, redirection: Redirection) -> None:
    redirect_class(module.socket, redirection)


ADAPTERS: dict[str, Adapter] = {
    "bokeh.server.util": _bokeh,
    "bottle": _bottle,
    "gevent._socket3": _gevent,
    "tornado.autoreload": _tornado,
    "uvicorn.config": _uvicorn,
    "uvloop": _uvloop,
    "webbrowser": _no_browser,
    "werkzeug.serving": _werkzeug,
}
