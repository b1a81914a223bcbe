"""What makes an app, by dotted name: frameworks, wrappers, servers. The tables that the reading of code is
driven by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "ADDING_ATTRIBUTES",
    "ADDING_METHODS",
    "ASGI_FUNCTION",
    "CONSTRUCTORS",
    "FACTORY_DECORATORS",
    "FUNCTION_DECORATORS",
    "IMPORT_DISTRIBUTIONS",
    "INNER_APPS",
    "MCP_APPS",
    "METHODS",
    "MODULE_DISTRIBUTIONS",
    "PROGRAMS",
    "SERVERS",
    "STANDALONE_WRAPPERS",
    "WRAPPERS",
    "WSGI_BEFORE",
    "WSGI_FUNCTION",
    "Framework",
]

AppInterface = Literal["wsgi", "asgi"]


@dataclass(frozen=True, slots=True)
class Framework:
    """distribution: its normalised name on the package index, empty where none is needed. attribute: what of
    the object is the app itself (Dash's is `.server`). server: words of a server that comes with it and does
    more for its apps than any other does, with {target} and {port}; empty: uvicorn, or the gateway."""

    name: str
    interface: AppInterface
    distribution: str = ""
    attribute: str = ""
    server: tuple[str, ...] = ()


_DJANGO = Framework("Django", "wsgi", "django")
_DJANGO_ASGI = Framework("Django", "asgi", "django")
_FALCON = Framework("Falcon", "wsgi", "falcon")
_BOTTLE = Framework("Bottle", "wsgi", "bottle")
_PYRAMID = Framework("Pyramid", "wsgi", "pyramid")
_CHERRYPY = Framework("CherryPy", "wsgi", "cherrypy")
_CONNEXION = Framework("Connexion", "asgi", "connexion")
_MCP = Framework("MCP server", "asgi", "mcp", ".streamable_http_app()")
_FASTMCP = Framework("MCP server", "asgi", "fastmcp", ".http_app()")

_SANIC = Framework(
    "Sanic",
    "asgi",
    "sanic",
    server=(
        *("python", "-m", "sanic", "{target}", "--host", "127.0.0.1", "--port", "{port}"),
        *("--single-process", "--no-motd", "--no-access-logs"),
    ),
)
"""By ASGI its WebSockets cannot be iterated, and some of its listeners are not called."""

WSGI_FUNCTION = Framework("WSGI", "wsgi")
ASGI_FUNCTION = Framework("ASGI", "asgi")

CONSTRUCTORS: dict[str, Framework] = {
    "ariadne.asgi.GraphQL": Framework("Ariadne", "asgi", "ariadne"),
    "ariadne.wsgi.GraphQL": Framework("Ariadne", "wsgi", "ariadne"),
    "apiflask.APIFlask": Framework("APIFlask", "wsgi", "apiflask"),
    "blacksheep.Application": Framework("BlackSheep", "asgi", "blacksheep"),
    "bottle.Bottle": _BOTTLE,
    "bottle.app": _BOTTLE,
    "bottle.default_app": _BOTTLE,
    "cherrypy.Application": _CHERRYPY,
    "cherrypy.tree.mount": _CHERRYPY,
    "connexion.App": _CONNEXION,
    "connexion.AsyncApp": _CONNEXION,
    "connexion.FlaskApp": _CONNEXION,
    "channels.routing.ProtocolTypeRouter": Framework("Django Channels", "asgi", "channels"),
    "dash.Dash": Framework("Dash", "wsgi", "dash", ".server"),
    "dash.dash.Dash": Framework("Dash", "wsgi", "dash", ".server"),
    "django.core.asgi.get_asgi_application": _DJANGO_ASGI,
    "django.core.handlers.wsgi.WSGIHandler": _DJANGO,
    "django.core.wsgi.get_wsgi_application": _DJANGO,
    "emmett.App": Framework("Emmett", "asgi", "emmett"),
    "esmerald.Esmerald": Framework("Esmerald", "asgi", "esmerald"),
    "eve.Eve": Framework("Eve", "wsgi", "eve"),
    "falcon.API": _FALCON,
    "falcon.App": _FALCON,
    "falcon.asgi.App": Framework("Falcon", "asgi", "falcon"),
    "fastapi.FastAPI": Framework("FastAPI", "asgi", "fastapi"),
    "fastapi.applications.FastAPI": Framework("FastAPI", "asgi", "fastapi"),
    "fasthtml.FastHTML": Framework("FastHTML", "asgi", "python-fasthtml"),
    "fasthtml.common.fast_app": Framework("FastHTML", "asgi", "python-fasthtml"),
    "fasthtml.common.FastHTML": Framework("FastHTML", "asgi", "python-fasthtml"),
    "fastmcp.FastMCP": _FASTMCP,
    "fastmcp.FastMCP.as_proxy": _FASTMCP,
    "fastmcp.FastMCP.from_fastapi": _FASTMCP,
    "fastmcp.FastMCP.from_openapi": _FASTMCP,
    "fastmcp.server.FastMCP": _FASTMCP,
    "flask.Flask": Framework("Flask", "wsgi", "flask"),
    "flask.app.Flask": Framework("Flask", "wsgi", "flask"),
    "flask_openapi3.OpenAPI": Framework("Flask-OpenAPI3", "wsgi", "flask-openapi3"),
    "litestar.Litestar": Framework("Litestar", "asgi", "litestar"),
    "litestar.app.Litestar": Framework("Litestar", "asgi", "litestar"),
    "microdot.asgi.Microdot": Framework("Microdot", "asgi", "microdot"),
    "microdot.wsgi.Microdot": Framework("Microdot", "wsgi", "microdot"),
    "molten.App": Framework("Molten", "wsgi", "molten"),
    "mcp.server.MCPServer": _MCP,
    "mcp.server.fastmcp.FastMCP": _MCP,
    "mcp.server.mcpserver.MCPServer": _MCP,
    "pyramid.paster.get_app": _PYRAMID,
    "quart.Quart": Framework("Quart", "asgi", "quart"),
    "quart.app.Quart": Framework("Quart", "asgi", "quart"),
    "ravyn.Ravyn": Framework("Ravyn", "asgi", "ravyn"),
    "responder.API": Framework("Responder", "asgi", "responder"),
    "sanic.Sanic": _SANIC,
    "shiny.App": Framework("Shiny", "asgi", "shiny"),
    "spyne.server.wsgi.WsgiApplication": Framework("Spyne", "wsgi", "spyne"),
    "starlette.applications.Starlette": Framework("Starlette", "asgi", "starlette"),
    "strawberry.asgi.GraphQL": Framework("Strawberry", "asgi", "strawberry-graphql"),
    "webapp2.WSGIApplication": Framework("webapp2", "wsgi", "webapp2"),
    "web.application": Framework("web.py", "wsgi", "web-py", ".wsgifunc()"),
}
"""Calls that make an app."""

WSGI_BEFORE: dict[str, str] = {"connexion": "3"}
"""Distributions whose apps spoke WSGI before this version."""

INNER_APPS: dict[str, dict[str, Framework]] = {"connexion": {"app": Framework("Flask", "wsgi", "flask")}}
"""Attributes by which apps give out the app inside, by distribution."""

ADDING_METHODS: frozenset[str] = frozenset(
    {
        "add_api_route",
        "add_middleware",
        "add_page",
        "add_resource",
        "add_route",
        "add_routes",
        "add_static_files",
    }
    | {"add_url_rule", "add_websocket_route", "after_request", "before_request", "blueprint", "callback"}
    | {"clientside_callback", "delete", "errorhandler", "exception_handler", "get", "include_router"}
    | {"listener", "merge", "middleware", "mount", "on_event", "patch", "post", "put", "register_blueprint"}
    | {"register_error_handler", "route", "view", "websocket"}
)
"""Methods and decorators by which a module gives an app its routes and the like."""

ADDING_ATTRIBUTES: frozenset[str] = frozenset({"layout"})
"""Attributes that do the same when they are set (Dash's pages)."""

METHODS: dict[str, Framework] = {
    "make_wsgi_app": _PYRAMID,
    "wsgifunc": Framework("web.py", "wsgi", "web-py"),
}
"""Methods whose result is an app, whatever they are called on: the names are theirs alone."""

MCP_APPS = frozenset({"http_app", "sse_app", "streamable_http_app"})
"""Methods by which an MCP server gives itself as an ASGI app."""

WRAPPERS: dict[str, AppInterface | None] = {
    "a2wsgi.ASGIMiddleware": "wsgi",
    "a2wsgi.WSGIMiddleware": "asgi",
    "asgiref.wsgi.WsgiToAsgi": "asgi",
    "asgi_correlation_id.CorrelationIdMiddleware": None,
    "engineio.ASGIApp": "asgi",
    "engineio.WSGIApp": "wsgi",
    "fastapi.middleware.wsgi.WSGIMiddleware": "asgi",
    "gradio.mount_gradio_app": None,
    "socketio.ASGIApp": "asgi",
    "socketio.Middleware": "wsgi",
    "socketio.WSGIApp": "wsgi",
    "starlette.middleware.wsgi.WSGIMiddleware": "asgi",
    "uvicorn.middleware.wsgi.WSGIMiddleware": "asgi",
    "werkzeug.middleware.dispatcher.DispatcherMiddleware": None,
    "werkzeug.middleware.proxy_fix.ProxyFix": None,
    "whitenoise.WhiteNoise": None,
}
"""Calls that take an app and give one; the value is the interface of the result, None for that of the app
inside. Names that end in Middleware count too."""

STANDALONE_WRAPPERS = frozenset(
    {"engineio.ASGIApp", "engineio.WSGIApp", "socketio.ASGIApp", "socketio.WSGIApp"}
)
"""Those that are an app also with none inside."""

FACTORY_DECORATORS = frozenset({"functools.cache", "functools.lru_cache"})
"""Decorators that leave a factory one."""

FUNCTION_DECORATORS: dict[str, Framework] = {
    "webob.dec.wsgify": Framework("WebOb", "wsgi", "webob"),
    "werkzeug.Request.application": Framework("Werkzeug", "wsgi", "werkzeug"),
    "werkzeug.wrappers.Request.application": Framework("Werkzeug", "wsgi", "werkzeug"),
}
"""Decorators that make a function of a request a WSGI app."""

SERVERS = frozenset(
    {
        "bottle.run",
        "cheroot.wsgi.Server",
        "eventlet.wsgi.server",
        "hypercorn.run.run",
        "uvicorn.run",
        "waitress.serve",
        "wsgiref.simple_server.make_server",
    }
)
"""Calls that start a development server with the app as an argument; methods named `run` on an app count
too."""

PROGRAMS: dict[str, str] = {
    "daphne": "daphne",
    "fastapi": "fastapi-cli",
    "flask": "flask",
    "granian": "granian",
    "gunicorn": "gunicorn",
    "hypercorn": "hypercorn",
    "litestar": "litestar",
    "panel": "panel",
    "quart": "quart",
    "sanic": "sanic",
    "streamlit": "streamlit",
    "uvicorn": "uvicorn",
    "waitress-serve": "waitress",
}
"""Programs that a start command names, and the distribution that brings each. Read also for `python -m
NAME`."""

MODULE_DISTRIBUTIONS: dict[str, str] = {"waitress": "waitress", "uwsgi": "uwsgi", "cherrypy": "cherrypy"}

IMPORT_DISTRIBUTIONS: dict[str, frozenset[str]] = {
    "fastapi": frozenset({"fastapi", "fastapi-slim"}),
    "starlette": frozenset({"starlette", "fastapi", "fastapi-slim"}),
    "flask": frozenset(
        {
            "flask",
            "apiflask",
            "connexion",
            "dash",
            "flask-admin",
            "flask-cors",
            "flask-login",
            "flask-restful",
        }
        | {
            "flask-sqlalchemy",
            "flask-wtf",
            "flask-migrate",
            "flask-restx",
            "flask-jwt-extended",
            "flask-socketio",
        }
    ),
    "django": frozenset({"django", "djangorestframework", "wagtail", "django-cms", "django-allauth"}),
    "channels": frozenset({"channels", "daphne"}),
    "mcp": frozenset({"mcp", "fastmcp"}),
}
"""A framework is also installed when one of these is: they depend on it."""
