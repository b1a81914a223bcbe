"""Where a server that the project names listens: on the port that the host gives, whatever its words say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from webstead.plan.commands import PORT
from webstead.plan.model import PlanWarning
from webstead.project import Evidence
from webstead.project.servers import Option, ServerCommand, read_server

__all__ = ["before_target", "give_port", "without"]

_PORT_AT_END = re.compile(r":(\d{1,5})$")
_LOOPBACK = "127.0.0.1"

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
    fixed = first.value.rpartition(":")[2]
    text = f"{where.where} starts the app on the fixed port {fixed}; the host gives it another one."
    shown = value.replace(PORT, "$PORT")
    fix = f"Write {first.name} {shown} in place of {first.name} {first.value}."
    return kept, (PlanWarning(text, fix, (where,), "fixed-port"),)


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
