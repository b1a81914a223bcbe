"""Programs that serve themselves: which is started, how, and on which port."""

from __future__ import annotations

import pytest

from webstead.plan import Overrides, Plan, make_plan
from webstead.project import MemoryTree

PORT = "%HTTP_PLATFORM_PORT%"
LAUNCHER = f"python -m webstead.portbind --to {PORT}"
STREAMLIT_WORDS = f"--server.port {PORT} --server.address 127.0.0.1 --server.headless true"
GUARD = "if __name__ == '__main__':\n"

GRADIO = "import gradio as gr\ndemo = gr.Interface(str, 'text', 'text')\n"
NICEGUI = "from nicegui import ui\nui.label('x')\n"
TORNADO = (
    "import tornado.web\nimport tornado.ioloop\ndef make_app():\n    return tornado.web.Application([])\n"
)
AIOHTTP = "from aiohttp import web\napp = web.Application()\n"
SERVER = "from http.server import HTTPServer, SimpleHTTPRequestHandler as H\n"
MCP = "from mcp.server.mcpserver import MCPServer\nmcp = MCPServer('x')\n"
FASTMCP = "from fastmcp import FastMCP\nmcp = FastMCP('x')\n"
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
STREAMLIT = "import streamlit as st\nst.title('x')\n"


def planned(files: dict[str, str], **overrides: str) -> Plan:
    return make_plan(MemoryTree(files), Overrides(running="3.12", **overrides))  # type: ignore[arg-type]


def start_of(files: dict[str, str]) -> str:
    plan = planned(files)
    assert plan.start is not None, plan.questions
    assert plan.start.evidence
    return plan.start.target or " ".join(plan.start.command).replace(f"{LAUNCHER} ", "")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        # the port of the call
        (GRADIO + "demo.launch(server_port=7861)\n", "--port 7861 m.py"),
        (GRADIO + "demo.queue().launch()\n", "--port 7860 m.py"),
        ("from gradio import load\nload('models/x').launch()\n", "--port 7860 m.py"),
        (NICEGUI + "ui.run(port=9000)\n", "--port 9000 m.py"),
        (NICEGUI + f"{GUARD}    ui.run()\n", "--port 8080 m.py"),
        ("from nicegui import *\nui.run(port=81)\n", "--port 81 m.py"),
        (TORNADO + f"{GUARD}    make_app().listen(8888)\n", "--port 8888 m.py"),
        (AIOHTTP + "web.run_app(app, port=8001)\n", "--port 8001 m.py"),
        (AIOHTTP + "web.run_app(app)\n", "--port 8080 m.py"),
        ("import aiohttp.web\naiohttp.web.run_app(make())\n", "--port 8080 m.py"),
        (SERVER + "HTTPServer(('', 8000), H).serve_forever()\n", "--port 8000 m.py"),
        (SERVER + "address = ('', 8002)\nHTTPServer(address, H).serve_forever()\n", "--port 8002 m.py"),
        (SERVER + "with HTTPServer(('', 8003), H) as s:\n    s.serve_forever()\n", "--port 8003 m.py"),
        (
            SERVER
            + "import threading\ns = HTTPServer(('', 1), H)\nthreading.Thread(target=s.serve_forever)\n",
            "--port 1 m.py",
        ),
        (
            "import socketserver, http.server\nsocketserver.TCPServer(('', 84), 0).serve_forever()\n",
            "--port 84 m.py",
        ),
        ("import panel as pn\npn.serve(view)\n", "--port 0 m.py"),
        ("import panel as pn\npn.serve(view, port=5006, show=True)\n", "--port 5006 m.py"),
        (MCP + f"{GUARD}    mcp.run(transport='streamable-http', port=3000)\n", "--port 3000 m.py"),
        (FASTMCP + f"{GUARD}    mcp.run('sse')\n", "--port 8000 m.py"),
        (FASTMCP + "import asyncio\nasyncio.run(mcp.run_http_async(port=77))\n", "--port 77 m.py"),
        (
            "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x', port=91)\nmcp.run(transport='sse')\n",
            "--port 91 m.py",
        ),
        ("import cherrypy\ncherrypy.quickstart(Root())\n", "--port 8080 m.py"),
        # the port of a name
        (NICEGUI + "PORT = 9001\nui.run(port=PORT)\n", "--port 9001 m.py"),
        (NICEGUI + "import os\nui.run(port=int(os.environ.get('PORT', 9002)))\n", "--port 9002 m.py"),
        (NICEGUI + "import os\nui.run(port=int(os.getenv('PORT') or '9003'))\n", "--port 9003 m.py"),
        (NICEGUI + "host, port = '', 9004\nui.run(host=host, port=port)\n", "--port 9004 m.py"),
        (
            NICEGUI + "class Settings:\n    port: int = 9005\nui.run(port=Settings().port)\n",
            "--port 9005 m.py",
        ),
        (NICEGUI + "def main(port=9006):\n    ui.run(port=port)\nmain()\n", "--port 9006 m.py"),
        (
            NICEGUI
            + "import argparse\np = argparse.ArgumentParser()\np.add_argument('--port', default=9007)\n"
            "ui.run(port=p.parse_args().port)\n",
            "--port 9007 m.py",
        ),
        (
            NICEGUI + "import typer\ncli = typer.Typer()\n@cli.command()\n"
            "def serve(port: int = typer.Option(9008)):\n    ui.run(port=port)\ncli()\n",
            "--port 9008 m.py",
        ),
        (
            TORNADO + "from tornado.options import define, options\ndefine('port', default=9009)\n"
            "async def main():\n    make_app().listen(options.port)\nimport asyncio\nasyncio.run(main())\n",
            "--port 9009 m.py",
        ),
        (NICEGUI + "ui.run(port=9010 if debug else 9011)\n", "--port 9010 --port 9011 m.py"),
        (NICEGUI + "import sys\nui.run(port=int(sys.argv[1]))\n", "--first m.py"),
        (NICEGUI + "port = port or 9012\nui.run(port=port)\n", "--port 9012 m.py"),
        # servers of other apps that cannot be imported
        (f"import uvicorn\n{GUARD}    uvicorn.run(make(), port=8005)\n", "--port 8005 m.py"),
        (f"from waitress import serve\n{GUARD}    serve(make(), listen='*:8006')\n", "--port 8006 m.py"),
        ("import bottle\nbottle.run(port=8007)\n", "--port 8007 m.py"),
        (
            "from wsgiref.simple_server import make_server\n"
            f"{GUARD}    make_server('', 6543, config.make()).serve_forever()\n",
            "--port 6543 m.py",
        ),
        (f"from flask import Flask\n{GUARD}    Flask('x').run(port=8008)\n", "--port 8008 m.py"),
        # objects that nothing serves
        (AIOHTTP, "--serve aiohttp m:app"),
        (
            "from aiohttp import web\ndef init(argv):\n    app = web.Application()\n    return app\n",
            "--serve aiohttp m:init()",
        ),
        (
            "from aiohttp import web\nasync def make():\n    return web.Application()\n",
            "--serve aiohttp m:make()",
        ),
        (TORNADO, "--serve tornado m:make_app()"),
    ],
)
def test_a_script_listens_on_the_hosts_port_in_place_of_its_own(code: str, words: str) -> None:
    assert start_of({"m.py": code}) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (STREAMLIT, f"python -m streamlit run m.py {STREAMLIT_WORDS}"),
        ("from streamlit import title\ntitle('x')\n", f"python -m streamlit run m.py {STREAMLIT_WORDS}"),
        (
            "import panel as pn\npn.panel('x').servable()\n",
            f"python -m panel serve m.py --port {PORT} --address 127.0.0.1",
        ),
    ],
)
def test_a_framework_that_takes_the_port_by_its_command_gets_it_there(code: str, words: str) -> None:
    assert start_of({"m.py": code}) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("from sanic import Sanic\napp = Sanic('x')\n", "m:app"),
        ("from sanic import Sanic\ndef make():\n    app = Sanic('x')\n    return app\n", "m:make()"),
    ],
)
def test_sanic_serves_what_it_made(code: str, words: str) -> None:
    plan = planned({"m.py": code, "requirements.txt": "sanic\n"})
    assert plan.start is not None
    assert (plan.start.interface, plan.start.target) == ("asgi", words)
    own = f"python -m sanic {words} --host 127.0.0.1 --port {PORT}"
    assert " ".join(plan.start.command).startswith(own)
    assert [step.kind for step in plan.install] == ["environment", "requirements"]


def test_what_is_wrapped_around_sanic_is_no_app_of_its_own() -> None:
    code = "from sanic import Sanic\nimport socketio\napi = Sanic('x')\napp = socketio.ASGIApp(sio, api)\n"
    plan = planned({"m.py": code})
    assert plan.start is not None
    assert plan.start.target == "m:app"
    assert "uvicorn" in plan.start.command


@pytest.mark.parametrize(
    ("code", "target"),
    [
        (MCP, "m:mcp.streamable_http_app()"),
        (MCP + f"{GUARD}    mcp.run()\n", "m:mcp.streamable_http_app()"),
        (FASTMCP + f"{GUARD}    mcp.run(transport='stdio')\n", "m:mcp.http_app()"),
        (FASTMCP + "app = mcp.http_app(path='/tools')\n", "m:app"),
        (FASTAPI + FASTMCP + "inner = mcp.http_app()\napp.mount('/tools', inner)\n", "m:app"),
        (FASTAPI + FASTMCP + "app.mount('/tools', mcp.http_app())\n", "m:app"),
        (
            MCP + "from starlette.applications import Starlette\nfrom starlette.routing import Mount\n"
            "site = Starlette(routes=[Mount('/', app=mcp.streamable_http_app())])\n",
            "m:site",
        ),
        (
            FASTAPI + "from fastmcp import FastMCP\nmcp = FastMCP.from_fastapi(app)\ninner = mcp.http_app()\n"
            "both = FastAPI(routes=[*inner.routes, *app.routes])\n",
            "m:both",
        ),
        (FASTAPI + GRADIO + "app = gr.mount_gradio_app(app, demo, path='/')\n", "m:app"),
        (FASTAPI + NICEGUI + "ui.run_with(app)\n", "m:app"),
        (
            FLASK + "from tornado.wsgi import WSGIContainer\nfrom tornado.httpserver import HTTPServer\n"
            "from tornado.ioloop import IOLoop\n"
            f"{GUARD}    HTTPServer(WSGIContainer(app)).listen(5000)\n    IOLoop.current().start()\n",
            "m:app",
        ),
        (FLASK + SERVER + f"{GUARD}    app.run()\n", "m:app"),
        (FASTAPI + f"import uvicorn\n{GUARD}    uvicorn.run(app, port=8000)\n", "m:app"),
        (
            "from wsgiref.simple_server import make_server\ndef site(environ, start_response): ...\n"
            "make = make_server\n"
            f"{GUARD}    make_server('', 8000, site).serve_forever()\n",
            "m:site",
        ),
    ],
)
def test_what_a_server_can_import_is_no_script(code: str, target: str) -> None:
    assert start_of({"m.py": code}) == target


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {"home.py": STREAMLIT, "pages/1_more.py": STREAMLIT},
            f"python -m streamlit run home.py {STREAMLIT_WORDS}",
        ),
        (
            {"x.py": STREAMLIT + "import parts\n", "parts.py": STREAMLIT},
            f"python -m streamlit run x.py {STREAMLIT_WORDS}",
        ),
        (
            {"one.py": STREAMLIT, "streamlit_app.py": STREAMLIT},
            f"python -m streamlit run streamlit_app.py {STREAMLIT_WORDS}",
        ),
        (
            {"a.py": GRADIO + "demo.launch()\n", "examples/b.py": GRADIO + "demo.launch()\n"},
            "--port 7860 a.py",
        ),
        (
            {
                "a.py": NICEGUI + "ui.run()\n",
                "b.py": NICEGUI + "ui.run()\n",
                "Dockerfile": 'CMD ["python", "b.py"]\n',
            },
            "--port 8080 b.py",
        ),
        (
            {
                "a.py": NICEGUI + "ui.run()\n",
                "b.py": NICEGUI + "ui.run()\n",
                "start.sh": "exec python -u ./a.py\n",
            },
            "--port 8080 a.py",
        ),
        (
            {
                "health.py": SERVER + "HTTPServer(('', 1), H).serve_forever()\n",
                "bot.py": NICEGUI + "ui.run()\n",
                "requirements.txt": "nicegui\n",
            },
            "--port 8080 bot.py",
        ),
        ({"demo.py": AIOHTTP + "web.run_app(app)\n", "routes.py": AIOHTTP}, "--port 8080 demo.py"),
        (
            {
                "main.py": "from ui import build\nbuild().launch(server_port=70)\n",
                "ui.py": "import gradio as gr\ndef build():\n    return gr.Blocks()\n",
            },
            "--port 70 main.py",
        ),
        (
            {
                "main.py": f"from shop.serve import main\n{GUARD}    main()\n",
                "shop/serve.py": SERVER + "def main():\n    HTTPServer(('', 71), H).serve_forever()\n",
                "shop/__init__.py": "",
            },
            "--port 71 main.py",
        ),
        (
            {
                "main.py": NICEGUI + "from config import settings\nui.run(port=settings.port)\n",
                "config.py": "class Settings:\n    port = 72\nsettings = Settings()\n",
            },
            "--port 72 main.py",
        ),
        (
            {
                "shop/__main__.py": "from .web import run\nrun()\n",
                "shop/web.py": SERVER + "def run():\n    HTTPServer(('', 73), H).serve_forever()\n",
                "shop/__init__.py": "",
            },
            "--port 73 --module shop.__main__",
        ),
        (
            {
                "run.py": f"import uvicorn, shop\n{GUARD}    uvicorn.run(shop.make(1), port=74)\n",
                "shop.py": "from fastapi import FastAPI\ndef make(name):\n    return FastAPI(title=name)\n",
            },
            "--port 74 run.py",
        ),
        # beside apps that a server can import
        ({"app.py": FASTAPI, "ui.py": STREAMLIT, "requirements.txt": "fastapi\n"}, "app:app"),
        (
            {"app.py": FASTAPI, "ui.py": STREAMLIT, "requirements.txt": "streamlit\n"},
            f"python -m streamlit run ui.py {STREAMLIT_WORDS}",
        ),
        (
            {"api/main.py": FASTAPI, "app.py": STREAMLIT, "requirements.txt": "streamlit\nfastapi\n"},
            f"python -m streamlit run app.py {STREAMLIT_WORDS}",
        ),
        (
            {"app.py": FASTAPI, "tools/ui.py": STREAMLIT, "requirements.txt": "streamlit\nfastapi\n"},
            "app:app",
        ),
        (
            {"app.py": FASTAPI, "ui.py": STREAMLIT, "Dockerfile": "CMD streamlit run ui.py\n"},
            f"python -m streamlit run ui.py {STREAMLIT_WORDS}",
        ),
        ({"app.py": FASTAPI + "import ui\n", "ui.py": GRADIO + f"{GUARD}    demo.launch()\n"}, "app:app"),
        (
            {
                "app.py": FLASK,
                "proxy.py": SERVER + "HTTPServer(('', 1), H).serve_forever()\n",
                "requirements.txt": "flask\n",
            },
            "app:app",
        ),
        (
            {"app.py": MCP + f"{GUARD}    mcp.run(transport='sse')\n", "requirements.txt": "mcp\n"},
            "--port 8000 app.py",
        ),
        (
            {
                "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop')\n",
                "shop.py": "",
                "feed.py": SERVER + "HTTPServer(('', 1), H).serve_forever()\n",
            },
            "django.core.wsgi:get_wsgi_application()",
        ),
    ],
)
def test_one_of_several_is_chosen_for_a_reason(files: dict[str, str], words: str) -> None:
    assert start_of(files) == words
    assert all(alternative.why_not for alternative in planned(files).alternatives)


@pytest.mark.parametrize(
    ("files", "answers"),
    [
        (
            {"a.py": NICEGUI + "ui.run()\n", "b.py": GRADIO + "demo.launch()\n"},
            ("webstead up --command 'python a.py'", "webstead up --command 'python b.py'"),
        ),
        (
            {"api.py": FASTAPI, "ui.py": STREAMLIT, "requirements.txt": "fastapi\nstreamlit\n"},
            (
                "webstead up --app api:app",
                "webstead up --command 'python -m streamlit run ui.py --server.port $PORT "
                "--server.address 127.0.0.1 --server.headless true'",
            ),
        ),
        ({"a.py": AIOHTTP, "b.py": AIOHTTP}, ("webstead up --app a:app", "webstead up --app b:app")),
    ],
)
def test_equals_are_asked_about(files: dict[str, str], answers: tuple[str, ...]) -> None:
    plan = planned(files)
    assert plan.start is None
    (question,) = plan.questions
    assert question.text.startswith("2 apps fit equally well.")
    assert question.answers == answers


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        (GRADIO, "demo.launch()"),
        (
            "from mcp.server import Server\nfrom mcp.server.stdio import stdio_server\nimport asyncio\n"
            "async def main():\n    async with stdio_server() as (r, w): ...\nasyncio.run(main())\n",
            'mcp.run(transport="streamable-http")',
        ),
        ("from fastmcp import FastMCP\ndef make():\n    return FastMCP('x')\n", "app = make().http_app()"),
    ],
)
def test_what_is_never_served_is_told_with_what_serves_it(code: str, fix: str) -> None:
    plan = planned({"m.py": code})
    assert plan.start is None
    assert fix in plan.questions[0].fix


def test_an_object_of_a_framework_is_started_by_its_name() -> None:
    plan = planned({"a.py": AIOHTTP, "b.py": AIOHTTP}, app="b:app")
    assert plan.start is not None
    assert " ".join(plan.start.command) == f"{LAUNCHER} --serve aiohttp b:app"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("python m.py", f"{LAUNCHER} --port 8888 m.py"),
        ("python3 -u ./m.py --debug", f"{LAUNCHER} --port 8888 ./m.py --debug"),
        ("python -m m", f"{LAUNCHER} --port 8888 --module m"),
        ("python m.py --port 9999", f"{LAUNCHER} --port 8888 --port 9999 m.py --port 9999"),
        ("python m.py --port $PORT", f"python m.py --port {PORT}"),
        ("python other.py", "python other.py"),
        ("python takes.py", "python takes.py"),
    ],
)
@pytest.mark.parametrize("source", ["--command", "Procfile"])
def test_a_command_that_runs_a_script_gets_the_port_to_it(command: str, words: str, source: str) -> None:
    files = {
        "m.py": TORNADO + f"{GUARD}    make_app().listen(8888)\n",
        "takes.py": NICEGUI + "import os\nui.run(port=int(os.environ['PORT']))\n",
        "other.py": "print()\n",
    }
    if source == "--command":
        plan = planned(files, command=command)
    else:
        plan = planned({**files, "Procfile": f"web: {command}\n"})
    assert plan.start is not None
    assert " ".join(plan.start.command) == words


def test_a_server_that_is_not_listed_is_laid_behind_the_packages() -> None:
    code = f"import uvicorn\n{GUARD}    uvicorn.run(make(), port=8005)\n"
    plan = planned({"m.py": code, "requirements.txt": "starlette\n"})
    assert [step.words for step in plan.install if step.kind == "overlay"] == [("uvicorn",)]
    plan = planned({"m.py": code, "requirements.txt": "uvicorn\n"})
    assert "overlay" not in [step.kind for step in plan.install]


def test_a_framework_that_is_not_listed_is_told() -> None:
    plan = planned({"m.py": NICEGUI + "ui.run()\n", "requirements.txt": "flask\n"})
    assert any("do not list nicegui" in warning.text for warning in plan.warnings)


def test_flasks_own_server_is_left_out_where_importing_would_start_it() -> None:
    plan = planned({"m.py": FLASK + "app.run(port=5000)\n"})
    assert plan.start is not None
    assert plan.start.target == "m:app"
    assert ("FLASK_RUN_FROM_CLI", "true") in [(s.name, s.text) for s in plan.settings]


def test_bokeh_is_told_to_take_websockets_through_the_front() -> None:
    plan = planned({"m.py": "import panel as pn\npn.serve(view)\n"})
    assert ("BOKEH_ALLOW_WS_ORIGIN", "*") in [(s.name, s.text) for s in plan.settings]


def test_the_evidence_names_the_line_and_the_port() -> None:
    plan = planned({"m.py": TORNADO + f"{GUARD}    make_app().listen(8888)\n"})
    assert plan.start is not None
    told = [f"{evidence.where} {evidence.why}" for evidence in plan.start.evidence]
    assert told == [
        "m.py:6 Tornado serves itself: listen()",
        "m.py:6 its port is 8888",
        "m.py where it would listen on port 8888, it listens on the host's",
    ]


@pytest.mark.parametrize(
    ("files", "directory", "words"),
    [
        ({"src/web.py": NICEGUI + "ui.run()\n"}, ".", "src/web.py"),
        ({"src/web.py": NICEGUI + "ui.run()\nopen('data.csv')\n", "src/data.csv": ""}, "src", "web.py"),
        ({"src/web.py": NICEGUI + "ui.run()\nopen('data.csv')\n", "data.csv": ""}, ".", "src/web.py"),
        (
            {"src/web.py": NICEGUI + "from src.names import x\nui.run()\n", "src/names.py": "x = 1\n"},
            ".",
            "--module src.web",
        ),
    ],
)
def test_a_script_starts_where_its_imports_and_its_files_are(
    files: dict[str, str], directory: str, words: str
) -> None:
    plan = planned(files)
    assert plan.start is not None
    assert plan.start.directory == directory
    assert " ".join(plan.start.command) == f"{LAUNCHER} --port 8080 {words}"
