"""One app per framework, and a second one in the awkward form that is met as often: what the plan must choose
for each, and what proves that it is served.

Each is a folder of tests/fixtures/frameworks, written as the framework's documentation has it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.proofs import (
    Proof,
    bokeh_session,
    dash_page,
    gradio_call,
    linked,
    listens,
    page,
    posted,
    speaks,
    tool_server,
)

__all__ = ["APPS", "FOLDER", "FrameworkApp"]

FOLDER = Path(__file__).parent / "fixtures" / "frameworks"


@dataclass(frozen=True, slots=True)
class FrameworkApp:
    """framework: as people name it. start: as tests.corpus_trees.shown has it. says: part of a line that it
    prints when it has been asked all this."""

    framework: str
    folder: str
    start: str
    proofs: tuple[Proof, ...]
    says: str = ""


def _of(
    framework: str, folder: str, start: str, *proofs: Proof, says: str = "", directory: str = "."
) -> FrameworkApp:
    return FrameworkApp(framework, folder, f"{start} in {directory}", proofs, says)


_STREAMLIT = (
    "command python -m streamlit run streamlit_app.py --server.port $PORT --server.address 127.0.0.1"
    " --server.headless true"
)
_PORTBIND = "command python -m webstead.portbind --to $PORT"

APPS: tuple[FrameworkApp, ...] = (
    _of(
        "Django (WSGI)",
        "django_wsgi",
        "wsgi library.wsgi:application",
        page("/", "<li>Persuasion</li>"),
        linked("/", r'href="(/static/[^"]+\.css)"', "darkgreen"),
    ),
    _of(
        "Django (ASGI)",
        "django_asgi",
        "asgi lobby.asgi:application",
        page("/", "come in"),
        speaks("/ws/echo", "steps", "heard steps"),
    ),
    _of("Flask", "flask", "wsgi app:app", page("/", "Tea or coffee"), page("/brew/tea", '"ready":true')),
    _of(
        "Flask",
        "flask_factory",
        "wsgi teahouse:create_app()",
        page("/", "Welcome to the tea house, 0.1"),
        directory="src",
    ),
    _of(
        "FastAPI",
        "fastapi",
        "asgi main:app",
        page("/weather/Oslo?days=3", '"days":3'),
        speaks("/ws", "Oslo", '"sky":"clear"'),
    ),
    _of(
        "FastAPI",
        "fastapi_run",
        "command fastapi run --port $PORT app/main.py --workers 2",
        page("/tides/Brest", '"tide":"high"'),
    ),
    _of(
        "Starlette",
        "starlette",
        "asgi clock:app",
        page("/", '"wound":true'),
        page("/ticks", "tick 0\ntick 1\ntick 2"),
        speaks("/alarm", "seven", "ring after seven"),
    ),
    _of(
        "Quart",
        "quart",
        "asgi post_office:app",
        posted("/letters", {"to": "Ada"}, '"stamped":true'),
        speaks("/telegram", "ARRIVED", "ARRIVED STOP"),
    ),
    _of(
        "Litestar",
        "litestar",
        "asgi app:app",
        page("/trees/3", '"apples":300'),
        speaks("/shake", "two", "two apples fall"),
    ),
    _of(
        "Litestar",
        "litestar_run",
        "command litestar --app orchard.web:create_app run --port $PORT --wc 1",
        page("/", "The gate is open"),
    ),
    _of(
        "Sanic",
        "sanic",
        "asgi server:app",
        page("/laps/3", '"laps":3'),
        speaks("/radio", "box", "copy: box"),
    ),
    _of(
        "Sanic",
        "sanic_workers",
        "command sanic racetrack.server:create_app --factory --host=0.0.0.0 --port=$PORT --workers=2",
        page("/", "lane "),
    ),
    _of(
        "aiohttp",
        "aiohttp",
        f"{_PORTBIND} --port 8080 harbour.py",
        page("/ships/Argo", "Argo"),
        speaks("/radio", "Hello", "Hello, over"),
        says="Running on",
    ),
    _of(
        "Tornado",
        "tornado",
        f"{_PORTBIND} --port 8888 main.py",
        page("/", "The sails turn"),
        speaks("/wind", "the west", "wind from the west"),
    ),
    _of("Bottle", "bottle", f"{_PORTBIND} --port 8080 hello.py", page("/hello/Ada", "Hello Ada")),
    _of("Bottle", "bottle_object", "wsgi wsgi:application", page("/", "Mind the stairs")),
    _of("Falcon", "falcon", "wsgi things:app", page("/nest", '"eggs": 3')),
    _of("Falcon", "falcon_asgi", "asgi aviary.asgi:app", page("/nest", '"eggs": 4')),
    _of("Pyramid", "pyramid", f"{_PORTBIND} --port 6543 helloworld.py", page("/hello/Ada", "Hello Ada")),
    _of(
        "Pyramid",
        "pyramid_paste",
        "wsgi wsgi:application",
        page("/", '"king": "Khufu"'),
    ),
    _of(
        "Dash",
        "dash",
        "wsgi app:app.server",
        page("/_dash-layout", '"number"'),
        dash_page("square.children", {"number.value": 7}, "The square is 49"),
    ),
    _of("Dash", "dash_server", "command gunicorn board:server", page("/_dash-layout", "Departures")),
    _of(
        "Streamlit",
        "streamlit",
        _STREAMLIT,
        page("/_stcore/health", "ok"),
        page("/", "<title>Streamlit</title>"),
        listens("/_stcore/stream", protocols=("streamlit",)),
    ),
    _of(
        "Gradio",
        "gradio",
        f"{_PORTBIND} --port 7860 app.py",
        page("/", "gradio"),
        gradio_call("/gradio_api/call/greet", "Ada", "Hello, Ada!"),
        says="Running on local URL",
    ),
    _of(
        "Gradio",
        "gradio_mounted",
        "asgi main:app",
        page("/", "the page is at /ui"),
        page("/ui/", "gradio"),
        gradio_call("/ui/gradio_api/call/shout", "hey", "HEY"),
    ),
    _of(
        "NiceGUI",
        "nicegui",
        f"{_PORTBIND} --port 8080 main.py",
        page("/", "Lighthouse", "Switch on"),
        speaks("/_nicegui_ws/socket.io/?EIO=4&transport=websocket", None, '"sid"'),
        says="NiceGUI ready to go",
    ),
    _of(
        "Panel",
        "panel",
        "command python -m panel serve app.py --port $PORT --address 127.0.0.1",
        page("/app", "<title>Tower</title>"),
        bokeh_session("/app"),
    ),
    _of(
        "Panel",
        "panel_serve",
        f"{_PORTBIND} --port 5006 tower.py",
        page("/", "<title>Tower</title>"),
        bokeh_session("/"),
    ),
    _of(
        "MCP servers",
        "mcp",
        f"{_PORTBIND} --port 8000 server.py",
        tool_server("add", {"a": 2, "b": 3}, '"text":"5"'),
    ),
    _of(
        "MCP servers",
        "fastmcp",
        "asgi server:mcp.http_app()",
        tool_server("multiply", {"a": 6, "b": 7}, '"text":"42"'),
    ),
    _of(
        "http.server",
        "http_server",
        f"{_PORTBIND} --port 8000 main.py",
        page("/", "Nothing but the standard library"),
        says='"GET / HTTP/1.1" 200',
    ),
)
