"""Frameworks whose apps serve themselves, by dotted name and method. The tables that the search for scripts
is driven by."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ADDRESS_AT",
    "ANY_ORIGIN",
    "BY_IMPORT",
    "ENTRY_COMMANDS",
    "HTTP_TRANSPORTS",
    "MAKERS",
    "MCP",
    "MOUNTERS",
    "OBJECTS",
    "PORT_KEYWORDS",
    "PORT_VARIABLES",
    "PRODUCTION_SERVERS",
    "SERVING_CALLS",
    "SERVING_METHODS",
    "ScriptFramework",
]


@dataclass(frozen=True, slots=True)
class ScriptFramework:
    """One whose apps are started as a program.

    distribution: on the package index, empty where none is needed. ports: where it listens when the code
    names no port; 0 for any free one. command: words that take the port, with {path} and {port}; empty: the
    file is run as a program. variables: settings that it needs behind a front; {port} in them, too.
    is_server: it serves an app of another framework, which is better served without it where that app has a
    name.
    """

    name: str
    distribution: str = ""
    ports: tuple[int, ...] = ()
    command: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    is_server: bool = False


ANY_ORIGIN = (("BOKEH_ALLOW_WS_ORIGIN", "*"),)
"""Bokeh takes WebSockets from its own address only, and knows none of the names that the front has."""

_AIOHTTP = ScriptFramework("aiohttp", "aiohttp", (8080,))
_CHERRYPY = ScriptFramework("CherryPy", "cherrypy", (8080,), is_server=True)
_GRADIO = ScriptFramework("Gradio", "gradio", (7860,))
_LITSERVE = ScriptFramework("LitServe", "litserve", (8000,))
_MARIMO = ScriptFramework(
    "marimo",
    "marimo",
    command=(
        *("python", "-m", "marimo", "run", "{path}", "--port", "{port}"),
        *("--host", "127.0.0.1", "--headless"),
    ),
)
_ROBYN = ScriptFramework(
    "Robyn",
    "robyn",
    command=("python", "{path}"),
    variables=(("ROBYN_HOST", "127.0.0.1"), ("ROBYN_PORT", "{port}")),
)
"""Its sockets are Rust's; its own variables come before the port that the code names."""
_TELEGRAM = ScriptFramework("python-telegram-bot", "python-telegram-bot", (80,))
_HTTP_SERVER = ScriptFramework("http.server", "", (8000,))
_NICEGUI = ScriptFramework("NiceGUI", "nicegui", (8080,))
_PANEL = ScriptFramework("Panel", "panel", (0,), variables=ANY_ORIGIN)
_TORNADO = ScriptFramework("Tornado", "tornado")
_TWISTED = ScriptFramework("Twisted", "twisted")
MCP = ScriptFramework("MCP server", "mcp", (8000,))

STREAMLIT = ScriptFramework(
    "Streamlit",
    "streamlit",
    command=(
        *("python", "-m", "streamlit", "run", "{path}", "--server.port", "{port}"),
        *("--server.address", "127.0.0.1", "--server.headless", "true"),
    ),
)

CHAINLIT = ScriptFramework(
    "Chainlit",
    "chainlit",
    command=(
        *("python", "-m", "chainlit", "run", "{path}", "--port", "{port}"),
        *("--host", "127.0.0.1", "--headless"),
    ),
)

BY_IMPORT: dict[str, ScriptFramework] = {"chainlit": CHAINLIT, "streamlit": STREAMLIT}
"""A module that imports the package is one, without any call."""

_PANEL_FILE = ScriptFramework(
    "Panel",
    "panel",
    command=("python", "-m", "panel", "serve", "{path}", "--port", "{port}", "--address", "127.0.0.1"),
    variables=ANY_ORIGIN,
)


def _server(name: str, distribution: str = "", *ports: int) -> ScriptFramework:
    return ScriptFramework(name, distribution, ports, is_server=True)


SERVING_CALLS: dict[str, ScriptFramework] = {
    "aiohttp.web.TCPSite": _AIOHTTP,
    "aiohttp.web.run_app": _AIOHTTP,
    "bottle.run": _server("Bottle", "bottle", 8080),
    "cheroot.wsgi.Server": _server("cheroot", "cheroot"),
    "cherrypy.engine.start": _CHERRYPY,
    "cherrypy.quickstart": _CHERRYPY,
    "gevent.pywsgi.WSGIServer": _server("gevent", "gevent"),
    "http.server.test": _HTTP_SERVER,
    "marimo.App": _MARIMO,
    "nicegui.ui.run": _NICEGUI,
    "panel.serve": _PANEL,
    "twisted.internet.reactor.listenTCP": _TWISTED,
    "uvicorn.Server": _server("uvicorn", "uvicorn", 8000),
    "uvicorn.run": _server("uvicorn", "uvicorn", 8000),
    "waitress.serve": _server("waitress", "waitress", 8080),
    "werkzeug.run_simple": _server("Werkzeug", "werkzeug"),
    "werkzeug.serving.run_simple": _server("Werkzeug", "werkzeug"),
    "wsgiref.simple_server.make_server": _server("wsgiref"),
}
"""Calls by which a program begins to serve."""

PRODUCTION_SERVERS = frozenset({"cheroot", "cherrypy", "gevent", "uvicorn", "waitress"})
"""Packages of the servers above that are made for more than development; an app may do without listing
them."""

SERVING_METHODS: dict[str, dict[str, ScriptFramework]] = {
    "launch": {"gradio": _GRADIO},
    "listen": {"tornado": _TORNADO},
    "run": {
        "bottle": _server("Bottle", "bottle", 8080),
        "dash": _server("Dash", "dash", 8050),
        "flask": _server("Flask", "flask", 5000),
        "litserve": _LITSERVE,
        "flask_socketio": _server("Flask-SocketIO", "flask-socketio", 5000),
        "quart": _server("Quart", "quart", 5000),
    },
    "run_webhook": {"telegram": _TELEGRAM},
    "servable": {"panel": _PANEL_FILE},
    "start": {"robyn": _ROBYN},
    "serve_forever": {
        "http": _HTTP_SERVER,
        "socketserver": _HTTP_SERVER,
        "gevent": _server("gevent", "gevent"),
        "werkzeug": _server("Werkzeug", "werkzeug"),
        "wsgiref": _server("wsgiref"),
    },
}
"""Methods by which it does, and the packages that have them: one of those is imported by the program."""

HTTP_TRANSPORTS: dict[str, str] = {
    "run_http_async": "http",
    "run_sse_async": "sse",
    "run_streamable_http_async": "streamable-http",
    "http": "http",
    "sse": "sse",
    "streamable-http": "streamable-http",
}
"""How an MCP server is told to serve HTTP: by the method, or by `run(transport=…)`; the default is stdio."""

MAKERS: dict[str, ScriptFramework] = {
    "gradio.Blocks": _GRADIO,
    "gradio.ChatInterface": _GRADIO,
    "gradio.Interface": _GRADIO,
    "gradio.TabbedInterface": _GRADIO,
}
"""Calls that make what some other call has to serve."""

OBJECTS: dict[str, tuple[str, ScriptFramework]] = {
    "aiohttp.web.Application": ("aiohttp", _AIOHTTP),
    "tornado.web.Application": ("tornado", _TORNADO),
}
"""Apps that only their own framework can serve, and its name for `portbind --serve`."""

MOUNTERS: frozenset[str] = frozenset(
    {
        "chainlit.utils.mount_chainlit",
        "gradio.mount_gradio_app",
        "nicegui.ui.run_with",
        "panel.io.fastapi.add_application",
        "panel.io.fastapi.add_applications",
        "tornado.wsgi.WSGIContainer",
    }
)
"""Calls by which what would serve itself becomes a part of an app, or only serves it."""

ENTRY_COMMANDS = frozenset({"callback", "command", "main"})
"""Decorators of click and Typer: their functions run when the program does."""

PORT_KEYWORDS = ("port", "server_port", "http_port")

PORT_VARIABLES = frozenset({"PORT", "HTTP_PLATFORM_PORT", "ASPNETCORE_PORT"})
"""Variables by which the host tells the port."""

ADDRESS_AT: dict[str, int] = {
    "TCPSite": 2,
    "bind": 0,
    "listen": 0,
    "listenTCP": 0,
    "make_server": 1,
    "run_simple": 1,
}
"""Which argument of a call is its port, where it has no name."""
