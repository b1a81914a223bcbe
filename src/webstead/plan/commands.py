"""Start commands in words: from --command and Procfile, and what is wrong with the port in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from webstead.errors import UsageError
from webstead.plan.model import PlanWarning
from webstead.project import Evidence, Project
from webstead.project.command_line import CommandLine, NoCommandError, read_command
from webstead.project.frameworks import MODULE_DISTRIBUTIONS, PROGRAMS

__all__ = [
    "PORT",
    "config_of_gunicorn",
    "host_variables",
    "host_words",
    "missing_program",
    "port_warning",
    "program_of",
    "split_command",
]

PORT = "%HTTP_PLATFORM_PORT%"
"""Where the instance's port goes in a command of the plan."""

_PORT_NAMES = ("PORT", "HTTP_PLATFORM_PORT")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))")
_PORT_OPTION = re.compile(r"^(?:-p|--port|--server\.port|-b|--bind|--listen|-P)(?:=(.*))?$")
_FIXED = re.compile(r"^(?:.*:)?(\d{2,5})$")
_TAKES_A_BARE_PORT = frozenset({"http.server", "runserver"})
_READS_PORT = frozenset({"gunicorn"})
"""Programs that listen on $PORT by themselves (gunicorn's default bind)."""


def split_command(text: str) -> CommandLine:
    """The words of --command. Raises UsageError for open quotes, no words, and what only a shell could
    run."""
    try:
        return read_command(text)
    except NoCommandError as error:
        fix = f"Write: --command '{error.instead}'" if error.instead else error.fix
        raise UsageError(f"--command {error.what}.", found=f"--command {text!r}", fix=fix) from None


def host_words(words: Sequence[str], settings: Mapping[str, str]) -> tuple[str, ...]:
    """`$PORT` and `${PORT:-8000}` become the instance's port; other variables that are set become `%NAME%`,
    which the host fills in; `${NAME:-text}` of an unset one becomes text."""

    def put(match: re.Match[str]) -> str:
        name, default = match[1] or match[3], match[2]
        if name in _PORT_NAMES:
            return PORT
        return default if default is not None and name not in settings else f"%{name}%"

    return tuple(_VARIABLE.sub(put, word) for word in words)


def host_variables(
    variables: Sequence[tuple[str, str]], settings: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The same for the values of assignments in front of a command."""
    return tuple((name, host_words([value], settings)[0]) for name, value in variables)


def program_of(words: Sequence[str]) -> str:
    """The program that a command really runs: `gunicorn`, also for `python -m gunicorn` and `uv run
    gunicorn`."""
    rest = list(words)
    if rest[:2] == ["uv", "run"] or rest[:2] in (["poetry", "run"], ["pipenv", "run"]):
        rest = rest[2:]
    if len(rest) >= 3 and re.fullmatch(r"python[\d.]*", rest[0]) and rest[1] == "-m":
        return rest[2]
    return re.split(r"[\\/]", rest[0])[-1] if rest else ""


def missing_program(words: Sequence[str], project: Project) -> str | None:
    """The distribution that brings the command's program, when the manifests do not have it."""
    program = program_of(words)
    distribution = PROGRAMS.get(program) or MODULE_DISTRIBUTIONS.get(program)
    if distribution is None or not project.manifests.known or project.manifests.has(distribution):
        return None
    extras = ("fastapi[standard]", "fastapi[all]", "uvicorn[standard]")
    texts = [item.text.replace(" ", "").lower() for item in project.manifests.listed]
    brought = distribution in ("uvicorn", "fastapi-cli") and any(text.startswith(extras) for text in texts)
    return None if brought else distribution


def port_warning(
    words: Sequence[str], values: Sequence[str], evidence: Evidence, variable: str = PORT
) -> PlanWarning | None:
    """A command that names a fixed port, and the given one nowhere: the host would wait for it in vain."""
    everything = " ".join((*words, *values)).upper()
    if any(f"%{name}%" in everything for name in ("HTTP_PLATFORM_PORT", "ASPNETCORE_PORT", "PORT")):
        return None
    if program_of(words) in _READS_PORT and not any(_PORT_OPTION.match(word) for word in words):
        return None
    bare = not _TAKES_A_BARE_PORT.isdisjoint(words)
    fixed = next((word for before, word in pairwise(words) if _is_port(before, word, bare=bare)), None)
    if fixed is None:
        return None
    port = fixed.rpartition(":")[2].rpartition("=")[2]
    return PlanWarning(
        f"{evidence.where} starts the app on the fixed port {port}; the host gives it another one.",
        f"Write {fixed.removesuffix(port)}{variable} in place of {fixed}.",
        (evidence,),
        "fixed-port",
    )


def config_of_gunicorn(words: Sequence[str]) -> str:
    """The configuration file that a gunicorn command reads; empty when it is none, or names its port."""
    if program_of(words) != "gunicorn" or any(_PORT_OPTION.match(word) for word in words):
        return ""
    named = (
        inline if equals else following
        for word, following in zip(words, (*words[1:], ""), strict=True)
        for option, equals, inline in (word.partition("="),)
        if option in ("-c", "--config")
    )
    return next(named, "gunicorn.conf.py").removeprefix("./")


def _is_port(before: str, word: str, *, bare: bool) -> bool:
    """bare: a number by itself is one for this command."""
    option = _PORT_OPTION.match(word)
    if option:
        return bool(option[1] and _FIXED.match(option[1]))
    if not _FIXED.match(word):
        return False
    return _PORT_OPTION.match(before) is not None or ":" in word or bare
