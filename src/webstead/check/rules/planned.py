"""What the plan finds, by the kinds that it gives its warnings: found once, told here as findings."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.check.document import Place
from webstead.check.rule import Find, Found
from webstead.check.subject import Subject
from webstead.plan.model import PlanWarning

__all__ = [
    "asgi_behind_fastcgi",
    "no_start",
    "not_set",
    "of_kinds",
    "of_requirements",
    "of_the_project",
    "place_of",
    "variable_not_allowed",
]


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


def not_set(subject: Subject) -> Iterator[Found]:
    """Webstead serves the app of the code, where there is one that fits."""
    served = subject.target == "webstead" and subject.plan.start is not None
    for found in of_kinds("handler-not-set")(subject):
        yield Found(found.place, found.why, found.fix, severity="warning" if served else "error")


def of_requirements(subject: Subject) -> Iterator[Found]:
    """What pip finds wrong, too; the rest of the project's findings is told of Webstead alone."""
    requirements = subject.project.manifests.of("requirements")
    for finding in requirements.findings if requirements else ():
        warning = PlanWarning(finding.text, finding.fix, finding.evidence)
        yield Found(place_of(subject, warning), *_words(warning))


def of_the_project(subject: Subject) -> Iterator[Found]:
    """All that `of_requirements` does not tell."""
    told = set(of_requirements(subject))
    return (found for found in of_kinds("project")(subject) if found not in told)


def no_start(subject: Subject) -> Iterator[Found]:
    """Nothing says how the app is started, and nothing else found why."""
    for question in subject.plan.questions[:1]:
        if any(each.text == question.text for each in subject.derived.problems):
            return
        first = question.evidence[0] if question.evidence else None
        place = subject.place(first.path, first.line) if first else Place(".", 0, 0, 0, 0)
        fix = "\n".join(part for part in (question.fix, *question.answers) if part)
        lines = [line for line in question.text.split("\n") if not line.startswith("Looked for:")]
        yield Found(place, " ".join(lines), fix)


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
