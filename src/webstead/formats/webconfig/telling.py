"""What a rule tells of itself in the trace: what it looked at, what it captured, and what came of it."""

from __future__ import annotations

from webstead.formats.webconfig.model import Answer, Remote, TraceStep
from webstead.formats.webconfig.rules import Condition, Rule
from webstead.formats.webconfig.variables import Captures, Reference, Template
from webstead.settings import MASK, is_secret_header

__all__ = ["Telling"]

_SHOWN = 500
"""Characters of one value."""


class Telling:
    """Writes the steps of one rule."""

    def __init__(self, rule: Rule, trace: list[TraceStep]) -> None:
        self._rule = rule
        self._trace = trace

    def match(self, subject: str, matches: bool, groups: tuple[str, ...] | None) -> None:
        rule = self._rule
        wanted = f"{'not ' if rule.match.negate else ''}{rule.match.source!r}"
        if matches:
            self._say(f"{_shown(subject)} matches {wanted}{_captured('R', groups)}")
        else:
            self._say(f"{_shown(subject)} does not match {wanted}: passed over")

    def condition(self, condition: Condition, text: str, holds: bool, groups: tuple[str, ...]) -> None:
        """groups: what {C:n} stands for from here on, where it captured anything."""
        wanted = condition.match_type if condition.pattern is None else f"matches {condition.source!r}"
        wanted = f"not {wanted}" if condition.negate else wanted
        secret = _is_secret(condition.input)
        captured = "" if secret else _captured("C", groups)
        outcome = f"holds{captured}" if holds else "does not hold"
        seen = MASK if secret else _shown(text)
        self._say(f"condition {condition.input.source} ({seen}) {wanted}: {outcome}")

    def looked_up(self, reference: Reference, key: str, value: str) -> None:
        """In a map; before what it was looked up for."""
        secret = reference.argument is not None and _is_secret(reference.argument)
        seen, found = (MASK, MASK) if secret else (_shown(key), _shown(value))
        self._say(f"looks up {seen} in the map {reference.name.strip()}: {found}")

    def sets(self, name: str, value: str) -> None:
        self._say(f"sets {name} to {MASK if is_secret_header(name) else _shown(value)}")

    def action(self, captures: Captures, end: Answer | Remote | None) -> None:
        """end: of the action; for a failure `ends` tells it."""
        action = self._rule.action
        if action.type == "None":
            self._say("fires, and has no action")
        elif isinstance(end, Remote):
            self._say(f"passes the request on to {_remote(end)}")
        elif end is None:
            self._say(f"rewrites to {_url(captures.path, captures.query)}")

    def ends(self, end: Answer | Remote | None) -> None:
        if isinstance(end, Answer):
            self._say(_answer(end))
        elif end is None:
            self._say("stops the processing of rules")

    def _say(self, text: str) -> None:
        self._trace.append(TraceStep("rewrite", f"rule {self._rule.name!r}: {text}", self._rule.origin))


def _is_secret(template: Template) -> bool:
    """Whether it looks at what a request must not show."""
    variables = (each.name for each in template.references() if each.kind == "variable")
    return any(map(is_secret_header, variables))


def _shown(text: str) -> str:
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}…"


def _captured(letter: str, groups: tuple[str, ...] | None) -> str:
    if groups is None or len(groups) < 2:
        return ""
    named = (f"{{{letter}:{number}}} {_shown(group)}" for number, group in enumerate(groups) if number)
    return f", captures {', '.join(named)}"


def _url(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _remote(remote: Remote) -> str:
    return f"{remote.scheme}://{remote.authority}{_url(remote.path, remote.query)}"


def _answer(answer: Answer) -> str:
    if answer.location:
        return f"redirects to {answer.location} ({answer.status})"
    if answer.status == 0:
        return "drops the connection"
    status = f"answers {answer.status}.{answer.sub_status}"
    return f"{status}: {answer.reason}" if answer.reason else status
