"""A rule: one question about a project, asked for the targets that it matters on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from webstead.check.document import Place
from webstead.check.finding import Edit, Severity
from webstead.check.subject import Subject
from webstead.check.target import TARGETS, Target

__all__ = ["Find", "Found", "Rule"]


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule has found; the rule's own severity holds where it names none."""

    place: Place
    why: str
    fix: str = ""
    edit: Edit | None = None
    severity: Severity | None = None


Find = Callable[[Subject], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """title: what is wrong, as a noun phrase. help: why it matters and what to do, for the reference page.
    targets: where it is asked. fixes: whether `--fix` can mend it."""

    id: str
    severity: Severity
    title: str
    help: str
    find: Find
    targets: frozenset[Target] = frozenset(TARGETS)
    fixes: bool = False
