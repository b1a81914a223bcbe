"""Where a server that the project names listens: on the port that the host gives, whatever its words say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from webstead.plan.commands import PORT, program_of
from webstead.plan.model import PlanWarning
from webstead.project import Evidence
from webstead.project.servers import Option, ServerCommand, program_at, read_server

__all__ = ["PROGRAM_PORTS", "before_target", "give_port", "give_program_port", "without"]

_PORT_AT_END = re.compile(r":(\d{1,5})$")
_LOOPBACK = "127.0.0.1"

PROGRAM_PORTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "bokeh": ("serve", ("--port",)),
    "chainlit": ("run", ("--port",)),
    "fastapi": ("run", ("--port",)),
    "fastmcp": ("run", ("--port", "-p")),
    "flask": ("run", ("--port", "-p")),
    "litestar": ("run", ("--port", "-p")),
    "marimo": ("run", ("--port", "-p")),
    "panel": ("serve", ("--port",)),
    "quart": ("run", ("--port", "-p")),
    "sanic": ("", ("--port", "-p")),
    "solara": ("run", ("--port",)),
    "streamlit": ("run", ("--server.port",)),
}
"""Programs that serve an app by a command of their own: the word that says so (none: all do), and the options
of the port, the one to write first."""

_TAKE_A_BARE_PORT = frozenset({"http.server", "runserver"})
_BARE_PORT = re.compile(r"(?:[\w.*\[\]:-]*:)?\d{2,5}")

Listening = tuple[tuple[str, ...], tuple[PlanWarning, ...]]


def give_port(words: tuple[str, ...], where: Evidence, bound: Evidence | None) -> Listening:
    """The words with the host's port in them. bound: the address that gunicorn's configuration file binds."""
    command = read_server(words)
    if command is None:
        return words, ()
    server = command.server
    given = [option for option in command.options if option.name in (*server.address, *server.port)]
    if any("PORT" in option.value.upper() for option in given):
        return words, ()
    if given:
        return _replaced(words, command, given, where)
    if server.reads_port and bound is None:
        return words, ()
    host = bound.why.rpartition(":")[0] if bound and "unix:" not in bound.why else ""
    address = f"{host or _LOOPBACK}:{PORT}"
    added = (server.port[0], PORT) if server.port else (server.address[0], address)
    return before_target(words, command.target, *added), _bound_elsewhere(bound, added)


def give_program_port(words: tuple[str, ...], where: Evidence) -> Listening:
    """The same for `litestar run`, `panel serve` and the like, and for those that take a bare port."""
    bare = next((at for at, word in enumerate(words) if word in _TAKE_A_BARE_PORT), None)
    if bare is not None:
        return _bare_port(words, bare + 1, where)
    verb, options = PROGRAM_PORTS.get(program_of(words), ("-", ()))
    begin = _behind(words, verb)
    if not options or begin is None:
        return words, ()
    given = next(_given(words, begin, options), None)
    if given is None:
        return (*words[:begin], options[0], PORT, *words[begin:]) if verb else (*words, options[0], PORT), ()
    if "PORT" in given.value.upper():
        return words, ()
    put = list(words)
    put[given.at + (not given.inline)] = _written(given, PORT)
    return tuple(put), (_fixed(where, given, PORT),)


def _bare_port(words: tuple[str, ...], begin: int, where: Evidence) -> Listening:
    """`runserver 0.0.0.0:8000`, `http.server 8000`; behind the word where there is none."""
    if PORT in " ".join(words):
        return words, ()
    at = next((at for at in range(begin, len(words)) if _BARE_PORT.fullmatch(words[at])), None)
    if at is None:
        return (*words[:begin], PORT, *words[begin:]), ()
    host = words[at].rpartition(":")[0]
    put = f"{host}:{PORT}" if host else PORT
    return (*words[:at], put, *words[at + 1 :]), (
        _fixed(where, Option("", words[at], at, inline=False), put),
    )


def _behind(words: Sequence[str], verb: str) -> int | None:
    """The place behind the verb; None without it."""
    first = program_at(words) + 1
    if not verb:
        return first
    return words.index(verb, first) + 1 if verb in words[first:] else None


def _given(words: Sequence[str], begin: int, options: Sequence[str]) -> Iterator[Option]:
    for at in range(begin, len(words)):
        name, equals, value = words[at].partition("=")
        if name in options and equals:
            yield Option(name, value, at, inline=True)
        elif name in options and at + 1 < len(words):
            yield Option(name, words[at + 1], at, inline=False)


def _bound_elsewhere(bound: Evidence | None, added: tuple[str, str]) -> tuple[PlanWarning, ...]:
    match = _PORT_AT_END.search(bound.why) if bound else None
    if bound is None or match is None:
        return ()
    option = " ".join(added).replace(PORT, "$PORT")
    text = f"{bound.where} binds the fixed port {match[1]}; the host gives another one, so {option} is added."
    return (PlanWarning(text, f"Add to the command, which wins: {option}", (bound,)),)


def _replaced(
    words: tuple[str, ...], command: ServerCommand, given: Sequence[Option], where: Evidence
) -> Listening:
    """The first address gets the port; the others are of no use here."""
    first, *others = given
    addresses = command.server.address
    value = _with_port(first.value) if first.name in addresses else PORT
    put = list(words)
    put[first.at + (not first.inline)] = _written(first, value)
    kept = without(put, [option for option in others if option.name in addresses])
    if value == f"{first.value}:{PORT}":
        return kept, ()  # `--bind=0.0.0.0` of App Service's documentation
    return kept, (_fixed(where, first, value),)


def _fixed(where: Evidence, option: Option, instead: str) -> PlanWarning:
    fixed = option.value.rpartition(":")[2]
    text = f"{where.where} starts the app on the fixed port {fixed}; the host gives it another one."
    shown = instead.replace(PORT, "$PORT")
    name = f"{option.name} " if option.name else ""
    fix = f"Write {name}{shown} in place of {name}{option.value}."
    return PlanWarning(text, fix, (where,), "fixed-port")


def _with_port(address: str) -> str:
    if address.startswith(("unix:", "fd:")):
        return f"{_LOOPBACK}:{PORT}"
    return f"{_PORT_AT_END.sub('', address)}:{PORT}"


def _written(option: Option, value: str) -> str:
    if not option.inline:
        return value
    return f"{option.name}={value}" if option.name.startswith("--") else f"{option.name}{value}"


def without(words: Sequence[str], options: Sequence[Option]) -> tuple[str, ...]:
    gone = {option.at + n for option in options for n in range(2 - option.inline)}
    return tuple(word for at, word in enumerate(words) if at not in gone)


def before_target(words: Sequence[str], target: str, *new: str) -> tuple[str, ...]:
    at = list(words).index(target)
    return (*words[:at], *new, *words[at:])
