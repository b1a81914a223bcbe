"""The corpus: small project trees after the layouts met in the wild, each with the start that is right.

tests/corpus/<framework>/<name>.tree is one text file, read into memory:

    expect: asgi app.main:api        what starts: see Expected
    or: asgi app:api                 equally right, in the same folder; may be repeated
    in: backend                      the folder it starts in; the root when left out
    says: config.settings.production a part of what the plan tells beside its start; may be repeated
    why: one sentence                why this is the right answer
    === backend/requirements.txt
    fastapi
    === backend/app/main.py
    …
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from webstead.plan import Overrides, Plan, make_plan
from webstead.plan.commands import PORT
from webstead.plan.model import Start
from webstead.project import MemoryTree

__all__ = ["CORPUS", "CorpusTree", "Expected", "Outcome", "judge", "parse_tree", "read_corpus", "shown"]

CORPUS = Path(__file__).parent / "corpus"

_KINDS = frozenset({"wsgi", "asgi", "command", "script", "asks"})
_FILE = re.compile(r"^=== (\S.*)$", re.MULTILINE)

Outcome = Literal["right", "asked", "warned", "silent"]
"""What became of a tree. asked: no start where one is right. warned: a wrong start, with a warning and the
right one among the alternatives. silent: a wrong start and nothing said."""


@dataclass(frozen=True, slots=True)
class Expected:
    """kind and words: `wsgi module:object`, `asgi module:object`, `command WORDS` ($PORT is the port that the
    host gives), `script FRAMEWORK FILE` (it serves itself), or `asks PART` (no start; the question has this
    part). others: equally right: other names of the same app, or a question where no answer is sure."""

    kind: str
    words: str
    others: tuple[tuple[str, str], ...]
    directory: str
    says: tuple[str, ...]

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        return ((self.kind, self.words), *self.others)


@dataclass(frozen=True, slots=True)
class CorpusTree:
    name: str
    expected: Expected
    files: dict[str, str]

    def plan(self) -> Plan:
        return make_plan(MemoryTree(self.files), Overrides(running="3.12"))


def read_corpus() -> list[CorpusTree]:
    paths = sorted(CORPUS.glob("*/*.tree"))
    return [parse_tree(f"{path.parent.name}/{path.stem}", path.read_text(encoding="utf-8")) for path in paths]


def parse_tree(name: str, text: str) -> CorpusTree:
    """Raises ValueError for a tree that does not say all that one has to."""
    header, *parts = _FILE.split(text)
    fields = [line.split(": ", 1) for line in header.splitlines()]
    known = {key: value for key, value in fields if key not in ("says", "or")}
    kind, _, words = known.pop("expect").partition(" ")
    others = tuple(_two(value) for key, value in fields if key == "or")
    directory = known.pop("in", ".")
    if kind not in _KINDS or set(known) != {"why"}:
        raise ValueError(f"{name}: expect is one of {sorted(_KINDS)}, and why is needed")
    says = tuple(value for key, value in fields if key == "says")
    files = {path: body.removeprefix("\n") for path, body in zip(parts[::2], parts[1::2], strict=True)}
    return CorpusTree(name, Expected(kind, words, others, directory, says), files)


def _two(text: str) -> tuple[str, str]:
    kind, _, words = text.partition(" ")
    return kind, words


def judge(tree: CorpusTree, plan: Plan) -> Outcome:
    expected = tree.expected
    if all(part in told(plan) for part in expected.says) and _is_start(expected, plan):
        return "right"
    if plan.start is None:
        return "asked"
    listed = any(
        _names(kind, words, expected.directory, alternative.start)
        for kind, words in expected.ways
        for alternative in plan.alternatives
    )
    return "warned" if plan.warnings and listed else "silent"


def _is_start(expected: Expected, plan: Plan) -> bool:
    return any(_is(kind, words, expected.directory, plan) for kind, words in expected.ways)


def _is(kind: str, words: str, directory: str, plan: Plan) -> bool:
    if kind == "asks":
        return plan.start is None and words in told(plan)
    if plan.start is None:
        return False
    if kind != "script":
        return _names(kind, words, directory, plan.start)
    framework, _, file = words.partition(" ")
    why = " ".join(evidence.why for evidence in plan.start.evidence)
    command = " ".join(plan.start.command)
    beside = file.removeprefix(f"{plan.start.directory}/")
    return framework.lower() in why.lower() and (file in command or beside in command)


def _names(kind: str, words: str, directory: str, start: Start) -> bool:
    said = " ".join(start.command).replace(PORT, "$PORT") if start.interface == "command" else start.target
    return (start.interface, said, start.directory) == (kind, words, directory)


def told(plan: Plan) -> str:
    """All that the plan says to people beside its start: questions, warnings, and what it did not choose."""
    questions = [text for q in plan.questions for text in (q.text, *q.answers, q.fix)]
    warnings = [f"{warning.text} {warning.fix}" for warning in plan.warnings]
    others = [
        f"{other.start.target or ' '.join(other.start.command)} {other.why_not}"
        for other in plan.alternatives
    ]
    return "\n".join([*questions, *warnings, *others])


def shown(plan: Plan) -> str:
    """The start, or the question, in a line."""
    if plan.start is None:
        return "asks: " + " | ".join(question.text.replace("\n", " ")[:150] for question in plan.questions)
    words = " ".join(plan.start.command).replace(PORT, "$PORT")
    words = words if plan.start.interface == "command" else plan.start.target or ""
    return f"{plan.start.interface} {words} in {plan.start.directory}"
