"""What the plan finds, by the kinds that it gives its warnings: found once, told here as findings."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.check.document import Place
from webstead.check.rule import Find, Found
from webstead.check.subject import Subject
from webstead.plan.model import PlanWarning

__all__ = ["asgi_behind_fastcgi", "no_start", "of_kinds", "place_of", "variable_not_allowed"]


_FIXES = {
    "handler-without-platform": "Add the section, with the processPath of the app's program.",
    "platform-without-handler": 'Add to <handlers>: <add name="Python" path="*" verb="*" modules="…" />',
    "repeated-key": "Remove one of them.",
}
"""What to do, where the warning does not say it."""


def of_kinds(*kinds: str) -> Find:
    """The warnings of these kinds."""

    def find(subject: Subject) -> Iterator[Found]:
        for warning in subject.warnings:
            if warning.kind in kinds:
                why, fix = _words(warning)
                yield Found(place_of(subject, warning), why, fix)

    return find


def asgi_behind_fastcgi(subject: Subject) -> Iterator[Found]:
    """wfastcgi knows WSGI only; Webstead's gateway runs ASGI, without WebSockets."""
    iis = subject.target != "webstead"
    for found in of_kinds("asgi-behind-fastcgi")(subject):
        yield Found(found.place, found.why, found.fix, severity="error" if iis else "warning")


def variable_not_allowed(subject: Subject) -> Iterator[Found]:
    """The list may stand in the server's own configuration, where IIS is the server."""
    iis = subject.target != "webstead"
    for found in of_kinds("server-variable-not-allowed")(subject):
        why = found.why + (", unless the server's own list has it" if iis else "")
        yield Found(found.place, why, found.fix, severity="warning" if iis else "error")


def no_start(subject: Subject) -> Iterator[Found]:
    """Nothing says how the app is started, and nothing else found why."""
    for question in subject.plan.questions[:1]:
        if any(each.text == question.text for each in subject.derived.problems):
            return
        first = question.evidence[0] if question.evidence else None
        place = subject.place(first.path, first.line) if first else Place(".", 0, 0, 0, 0)
        fix = "\n".join(part for part in (question.fix, *question.answers) if part)
        yield Found(place, " ".join(question.text.split("\n")), fix)


def place_of(subject: Subject, warning: PlanWarning) -> Place:
    """Of its first evidence; the whole project where it has none."""
    if not warning.evidence:
        return Place(".", 0, 0, 0, 0)
    return subject.place(warning.evidence[0].path, warning.evidence[0].line)


def _words(warning: PlanWarning) -> tuple[str, str]:
    """Why, and what to do; some warnings say both in one sentence."""
    why = _why(warning)
    fix = warning.fix or _FIXES.get(warning.kind, "")
    said, added, what = why.rpartition("; add ")
    return (said, fix or f"Add {what}") if added else (why, fix)


def _why(warning: PlanWarning) -> str:
    """Without the place in front of it, which is shown beside."""
    for evidence in warning.evidence:
        if warning.text.startswith(f"{evidence.where}: "):
            return warning.text.removeprefix(f"{evidence.where}: ")
        if warning.text.startswith(f"{evidence.where} "):
            return f"This {warning.text.removeprefix(f'{evidence.where} ')}"
    return warning.text
