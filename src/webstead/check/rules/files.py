"""Whether web.config is there, can be read, and is finished."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webstead.check.document import Document, Place
from webstead.check.rule import Found
from webstead.check.subject import Refused, Subject
from webstead.plan.configured import config_paths
from webstead.settings import looks_secret

__all__ = ["config_refused", "missing", "not_read", "placeholders", "secrets", "xml_malformed"]

_LEFT = re.compile(
    r"\{\{\s*[\w.-]+\s*\}\}|\$\{[\w.:-]+\}|#\{[\w.:-]+\}#?|\$[a-z]{3,}\$|<%.{0,200}?%>|\{%.{0,200}?%\}|__[A-Z][A-Z0-9_]*__"
    r"|%(?:LAUNCHER_PATH|LAUNCHER_ARGS|INTERPRETERPATH|WFASTCGIPATH)%"
)
"""What templates leave to be filled in: Jinja and Mustache, shells, Octopus, Visual Studio, ERB, replaced
tokens of pipelines, and the publishing tools of ASP.NET Core and of Python for Visual Studio."""
_TEMPLATE = re.compile(r"\{\{|\{%|<%|#\{|\$\{")
_PATTERNS = frozenset({"pattern", "url"})


def missing(subject: Subject) -> Iterator[Found]:
    if any("/" not in path for path in config_paths(subject.project.files)):
        return
    why = "There is no web.config in the root: IIS would serve the folder's files and never start the app."
    yield Found(Place("web.config", 0, 0, 0, 0), why, "webstead init web.config --for httpplatform")


def not_read(subject: Subject) -> Iterator[Found]:
    for path in config_paths(subject.project.files)[:1]:
        why = (
            "App Service for Linux does not read web.config: what it says (handlers, rules, settings,"
            " headers) does not happen there."
        )
        fix = "Put the settings into the app's configuration, and the start into its startup command."
        yield Found(Place(path, 0, 0, 0, 0), why, fix)


def xml_malformed(subject: Subject) -> Iterator[Found]:
    for refused in subject.refused:
        if refused.kind == "xml":
            yield _refused(refused, _hint(subject, refused))


def config_refused(subject: Subject) -> Iterator[Found]:
    for refused in subject.refused:
        if refused.kind == "says":
            yield _refused(refused, "", hides=_is_of_a_secret(subject, refused))


def _is_of_a_secret(subject: Subject, refused: Refused) -> bool:
    """Whether the error stands at a setting that is a secret, whose value its words would show."""
    document = subject.document(refused.error.path)
    element = document.first.get(refused.error.line) if document else None
    names = (
        [element.attributes[name].value for name in ("key", "name") if name in element.attributes]
        if element
        else []
    )
    return any(looks_secret(name, "@") for name in names)


def _refused(refused: Refused, hint: str, *, hides: bool = False) -> Found:
    error = refused.error
    said = error.what if hides or not error.found else f"{error.what}: {error.found}"
    place = Place(error.path, error.line, error.column, 0, 0)
    return Found(place, f"{said.rstrip('.')}.", hint or error.fix)


def _hint(subject: Subject, refused: Refused) -> str:
    """A file of that kind may be a template, of which the markup is no mistake."""
    try:
        text = subject.tree.read(refused.error.path).decode("utf-8", "replace")
    except OSError:
        return ""
    return "It looks like a template: deploy what is made of it." if _TEMPLATE.search(text) else ""


def placeholders(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        yield from _placeholders(document)


def _placeholders(document: Document) -> Iterator[Found]:
    for path, element in document.walked:
        skipped = _PATTERNS if "/rewrite/" in f"/{path}" else {"pattern"}
        for name, attribute in element.attributes.items():
            found = None if name in skipped else _LEFT.search(attribute.value)
            if found is not None:
                why = f"{found[0]} was not filled in: <{element.name} {name}> still has the template's text."
                yield Found(document.place(element, name), why, "Deploy the file that the tool writes.")


def secrets(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for name, element, attribute in document.secret_settings():
            why = f"{name} stands there in plain text: whoever reads the repository or the package has it."
            fix = "Set it where the site runs (an application setting, --env, --env-file) and remove it here."
            yield Found(document.place(element, attribute), why, fix)
