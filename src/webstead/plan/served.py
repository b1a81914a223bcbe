"""What the words of a start command serve: the app that a server is given, the script that serves itself, or
a question that the program answers itself. For who wants to know whether it will start."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from webstead.plan.targets import is_target

__all__ = ["SERVERS", "App", "Asked", "Script", "Server", "Served", "served"]

Wanted = Literal["auto", "wsgi", "asgi"]


@dataclass(frozen=True, slots=True)
class App:
    """An app that a server imports. wanted: the interface that the server speaks. server: the program.
    directory: where it changes to first. path: folders that it puts first on `sys.path`."""

    target: str
    wanted: Wanted
    server: str
    directory: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A file that is run, and modules that must be there for it: those run by `python -m`."""

    path: str = ""
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """Words with which the program itself loads the app, says what is wrong with it, and ends."""

    words: tuple[str, ...]


Served = App | Script | Asked


@dataclass(frozen=True, slots=True)
class Server:
    """wanted: the interface it speaks; "" for one of its own. The others: options that name the app, change
    the directory, add to `sys.path`, and say that the app is a factory."""

    wanted: Wanted | Literal[""]
    app: tuple[str, ...] = ()
    directory: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    factory: tuple[str, ...] = ()


SERVERS: Mapping[str, Server] = {
    "daphne": Server("asgi"),
    "granian": Server("", directory=("--working-dir",), factory=("--factory",)),
    "gunicorn": Server("wsgi", directory=("--chdir",)),
    "hypercorn": Server("auto"),
    "sanic": Server("asgi", factory=("--factory",)),
    "uvicorn": Server("asgi", path=("--app-dir",), factory=("--factory",)),
    "waitress": Server("wsgi", app=("--app",), factory=("--call",)),
    "waitress-serve": Server("wsgi", app=("--app",), factory=("--call",)),
}

_INTERFACES: Mapping[str, Wanted] = {"asgi": "asgi", "asginl": "asgi", "asgi3": "asgi", "wsgi": "auto"}
"""Words of --interface. uvicorn and granian wrap an app that is said to be WSGI; what is not here is not
known."""

_NOT_AN_APP = frozenset(
    {"--bind", "--endpoint", "--env", "--host", "--listen", "--log-config", "--logger-class", "--uds"}
    | {"--unix-socket", "--worker-class", "-b", "-e", "-k", "-u"}
)
"""Options whose value can look like `module:object`."""

_OF_GUNICORN = frozenset({"--config", "--env", "--paste", "--paster", "--pythonpath", "-c", "-e"})
"""What only gunicorn itself can make of its app."""
_WSGI_WORKERS = frozenset({"eventlet", "gevent", "gevent_pywsgi", "gevent_wsgi", "gthread", "sync"})

_RUN_SCRIPTS = frozenset(
    {"bokeh", "chainlit", "fastapi", "gradio", "marimo", "mesop", "panel", "solara", "streamlit", "voila"}
)
"""Programs that run a script which they are given: `streamlit run app.py`."""

_LIST_ROUTES = frozenset({"flask", "litestar", "quart"})
"""Programs that load the app, list its routes and end when they are told `routes` in place of `run`."""

_PORTBIND = "webstead.portbind"

_TAKE_A_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_PYTHON = re.compile(r"(?:.*[/\\])?(?:python|pypy)[\d.]*(?:\.exe)?", re.IGNORECASE)
_RUNNERS = (("uv", "run"), ("poetry", "run"), ("pipenv", "run"))


def served(
    words: Sequence[str], files: Collection[str] = (), variables: Mapping[str, str] | None = None
) -> Served | None:
    """What is served; None for words of which nothing can be known without running them (`sh start.sh`).
    files: names in the folder that they run in. variables: the environment."""
    rest = tuple(words[2:] if tuple(words[:2]) in _RUNNERS else words)
    if not rest:
        return None
    before = len(words) - len(rest)
    if not _PYTHON.fullmatch(rest[0]):
        return _of_program(
            words, before, rest[0].replace("\\", "/").rpartition("/")[2], files, variables or {}
        )
    return _of_python(words, before + 1, files, variables or {})


def _of_python(
    words: Sequence[str], at: int, files: Collection[str], variables: Mapping[str, str]
) -> Served | None:
    """at: of the word behind `python`."""
    while at < len(words):
        word = words[at]
        if word == "-m" and at + 1 < len(words):
            module = words[at + 1]
            if module == _PORTBIND:
                return _of_portbind(words, at + 2)
            found = _of_program(words, at + 1, module, files, variables)
            if isinstance(found, Script):
                return Script(found.path, (module,))
            return found or Script(modules=(module,))
        if not word.startswith("-"):
            return _of_script(words, at)
        if word in ("-c", "-"):
            return None
        at += 2 if word in _TAKE_A_VALUE else 1
    return None


def _of_portbind(words: Sequence[str], at: int) -> Served | None:
    """A script, a module or the object of one, that is helped to the port that it is given."""
    rest = words[at:]
    option = next(
        (n for n, word in enumerate(rest) if not word.startswith("--") and not _is_value(rest, n)), None
    )
    if option is None:
        return None
    script = rest[option]
    if _value(rest[:option], ("--serve",)):
        return Script(modules=(script.partition(":")[0],))
    return Script(modules=(script,)) if "--module" in rest[:option] else _of_script(words, at + option)


def _is_value(words: Sequence[str], number: int) -> bool:
    return number > 0 and words[number - 1] in ("--to", "--port", "--serve")


def _of_script(words: Sequence[str], at: int) -> Served:
    """manage.py can say itself whether its project is right."""
    if words[at].endswith("manage.py") and tuple(words[at + 1 : at + 2]) == ("runserver",):
        return Asked((*words[: at + 1], "check"))
    return Script(words[at])


def _of_program(
    words: Sequence[str], at: int, program: str, files: Collection[str], variables: Mapping[str, str]
) -> Served | None:
    """at: of the program's own word."""
    rest = words[at + 1 :]
    if program == "gunicorn" and _only_gunicorn_knows(rest, files, variables):
        return Asked((*words, "--check-config"))
    if program in SERVERS:
        return _of_server(program, SERVERS[program], rest)
    if program in _LIST_ROUTES and "run" in rest:
        return Asked((*words[: at + 1 + list(rest).index("run")], "routes"))
    if program in _RUN_SCRIPTS:
        script = next((word for word in rest if word.endswith((".py", ".ipynb"))), "")
        return Script(script) if script.endswith(".py") else None
    return None


def _only_gunicorn_knows(words: Sequence[str], files: Collection[str], variables: Mapping[str, str]) -> bool:
    named = any(word.partition("=")[0] in _OF_GUNICORN for word in words)
    return (
        named
        or "gunicorn.conf.py" in files
        or "GUNICORN_CMD_ARGS" in variables
        or not _target(words, Server("wsgi"))
    )


def _of_server(program: str, server: Server, words: Sequence[str]) -> App | None:
    target = _target(words, server)
    wanted = _wanted(program, server, words)
    if not target or not wanted:
        return None
    factory = not target.endswith(")") and any(word in server.factory for word in words)
    return App(
        target + ("()" if factory else ""),
        wanted,
        program,
        _value(words, server.directory),
        tuple(filter(None, [_value(words, server.path)])),
    )


def _target(words: Sequence[str], server: Server) -> str:
    """The word that names the app, without hypercorn's `asgi:`."""
    if named := _value(words, server.app):
        return named
    for before, word in zip(("", *words), words, strict=False):
        bare = re.sub(r"^(?:asgi|wsgi):(?=[^:]+:)", "", word)
        if before not in _NOT_AN_APP and is_target(bare):
            return bare
    return ""


def _wanted(program: str, server: Server, words: Sequence[str]) -> Wanted | Literal[""]:
    if program == "gunicorn":
        return _of_worker(_value(words, ("-k", "--worker-class")) or "sync")
    said = _value(words, ("--interface",))
    return (
        _INTERFACES.get(said, "auto" if server.wanted else "") if said and said != "auto" else server.wanted
    )


def _of_worker(worker: str) -> Wanted:
    if worker in _WSGI_WORKERS:
        return "wsgi"
    return "asgi" if "uvicorn" in worker or "asgi" in worker else "auto"


def _value(words: Sequence[str], options: Collection[str]) -> str:
    """The value of the last of these options."""
    found = ""
    for word, following in zip(words, (*words[1:], ""), strict=False):
        name, equals, inline = word.partition("=")
        if name in options:
            found = inline if equals else following
    return found
