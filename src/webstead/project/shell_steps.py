"""What a line or a script for a shell does, where that is told by its text alone: steps one after the other,
the last of which is the server.

`cd backend && python manage.py migrate && exec gunicorn app:app` needs no shell once it is taken apart: a
folder, a step that comes before the server, and the server's words. What decides, loops, pipes or substitutes
is left to a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from webstead.project.command_line import CommandLine, NoCommandError, needs_shell, read_command
from webstead.project.paths import join

__all__ = ["ShellSteps", "read_script", "read_steps"]

_ENDS = frozenset({"&&", ";", "\n"})
_OPERATORS = frozenset("&;|<>()")
_CONTROL = frozenset(
    {"if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "function"}
    | {"{", "}", "[", "[[", "test", "trap", "wait", "eval", "read", "shift", "return", "exit"}
)
_SAYS_NOTHING = frozenset({"echo", "set", "source", ".", "true", ":", "clear", "printf", "umask", "ulimit"})
"""Commands without which the server starts just so. `source` activates an environment: the site has its
own."""


@dataclass(frozen=True, slots=True)
class ShellSteps:
    """words, variables: the server's. directory: where it runs, seen from where the text does. before: the
    commands in front of it, as written."""

    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    directory: str = "."
    before: tuple[str, ...] = ()


@dataclass(slots=True)
class _Shell:
    """What has happened so far."""

    directory: str = "."
    variables: list[tuple[str, str]] = field(default_factory=list)
    commands: list[CommandLine] = field(default_factory=list)


def read_script(text: str) -> ShellSteps:
    """A script's lines as steps. Raises NoCommandError for one that only a shell can run."""
    joined = text.replace("\r\n", "\n").replace("\\\n", " ")
    lines = (line.strip() for line in joined.split("\n"))
    return read_steps("\n".join(line for line in lines if line and not line.startswith("#")))


def read_steps(text: str) -> ShellSteps:
    """Raises NoCommandError for what only a shell can run, open quotes, and no command at all."""
    shell = _Shell()
    for words in _commands(text):
        _perform(shell, words)
    if not shell.commands:
        raise NoCommandError("names no command", "Give it one, such as: gunicorn app:app")
    *before, last = shell.commands
    return ShellSteps(
        last.words,
        (*shell.variables, *last.variables),
        shell.directory,
        tuple(shlex.join(line.words) for line in before),
    )


def _perform(shell: _Shell, words: Sequence[str]) -> None:
    match words:
        case ["cd", folder]:
            directory = join(shell.directory, folder)
            if directory is None:
                raise needs_shell(f"cd {folder}")
            shell.directory = directory
        case ["export", *assignments] if all("=" in one for one in assignments):
            shell.variables += [
                (name, value) for name, _, value in (one.partition("=") for one in assignments)
            ]
        case [name, *_] if name in _SAYS_NOTHING:
            return
        case ["exec", *rest] if rest and not rest[0].startswith("-"):
            _perform(shell, rest)
        case ["sh" | "bash", "-c", inner]:
            _perform_inner(shell, inner)
        case [name, *_] if name in _CONTROL or name == "cd":
            raise needs_shell(shlex.join(words))
        case _:
            shell.commands.append(read_command(shlex.join(_bare(words))))


def _perform_inner(shell: _Shell, text: str) -> None:
    for words in _commands(text):
        _perform(shell, words)


def _bare(words: Sequence[str]) -> Sequence[str]:
    """Without `env` in front, which only sets variables."""
    return words[1:] if words[0] == "env" and len(words) > 2 and "=" in words[1] else words


def _commands(text: str) -> Iterator[list[str]]:
    """The words of each command. Raises NoCommandError where an operator is one that a shell is needed
    for."""
    if "$(" in text or "`" in text:
        raise needs_shell(text)
    for line in text.split("\n"):
        words: list[str] = []
        for token in _tokens(line):
            if token in _ENDS:
                if words:
                    yield words
                words = []
            elif token and _OPERATORS.issuperset(token):
                raise needs_shell(text)
            else:
                words.append(token)
        if words:
            yield words


def _tokens(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="".join(sorted(_OPERATORS)))
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError as error:
        raise NoCommandError(f"cannot be read ({error})", "Close the quotes.") from None
