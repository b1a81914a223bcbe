"""A start command as people write it: assignments, then words. There is never a shell here."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

__all__ = ["CommandLine", "NoCommandError", "needs_shell", "read_command"]

_OPERATORS = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<"})
_BUILT_INS = frozenset({"cd", "source", "export", "."})
_ASSIGNMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")
_NOT_IN_QUOTES = frozenset("\"'\\`")


@dataclass(frozen=True, slots=True)
class CommandLine:
    """variables: the assignments in front of the command (`A=1 gunicorn …`)."""

    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()


class NoCommandError(ValueError):
    """what: why the text is no command, as the end of a sentence. fix: one sentence. instead: the command
    that does it, where that is known."""

    def __init__(self, what: str, fix: str, instead: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.instead = instead


def read_command(text: str) -> CommandLine:
    """The words and assignments. Raises NoCommandError for open quotes, no words, and what only a shell could
    run."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise NoCommandError(f"cannot be read ({error})", "Close the quotes.") from None
    if _needs_shell(words):
        raise needs_shell(text)
    count = next((n for n, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
    if count == len(words):
        raise NoCommandError("names no command", "Give it one, such as: gunicorn app:app")
    variables = ((left, right) for left, _, right in (word.partition("=") for word in words[:count]))
    return CommandLine(tuple(words[count:]), tuple(variables))


def needs_shell(text: str) -> NoCommandError:
    """That only a shell can run it, and how to give it one."""
    script = "Put the steps into a script that the project holds, and name it: sh start.sh"
    return NoCommandError("needs a shell", script, "" if _NOT_IN_QUOTES & set(text) else f'sh -c "{text}"')


def _needs_shell(words: list[str]) -> bool:
    if words[:2] in (["sh", "-c"], ["bash", "-c"]):
        return False
    return bool(words and words[0] in _BUILT_INS) or any(
        word in _OPERATORS or word.endswith(";") or "$(" in word or "`" in word for word in words
    )
