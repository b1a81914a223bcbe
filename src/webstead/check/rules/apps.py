"""The app that web.config names: whether it is there, and can be imported."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.check.rule import Found
from webstead.check.rules.planned import of_kinds
from webstead.check.rules.processes import PLATFORMS, fastcgi_handlers
from webstead.check.subject import Subject

__all__ = ["colon_form", "does_not_import", "not_there"]

_SETTINGS = ("WSGI_HANDLER", "WSGI_ALT_VIRTUALENV_HANDLER")


def not_there(subject: Subject) -> Iterator[Found]:
    """By the code alone, unless the app was imported."""
    if not subject.imported:
        for found in of_kinds("handler-missing")(subject):
            yield Found(found.place, f"{found.why} (The code was read, nothing was run.)", found.fix)


def does_not_import(subject: Subject) -> Iterator[Found]:
    for process in subject.plan.processes:
        target = process.target or next((word for word in process.command if word in subject.imported), "")
        imported = subject.imported.get(target)
        if imported is not None and imported.failure:
            evidence = subject.derived.evidence.get(process.pool) or (
                subject.plan.start.evidence if subject.plan.start else ()
            )
            place = subject.place(evidence[0].path, evidence[0].line) if evidence else subject.place(".", 0)
            if imported.path:
                place = subject.place(imported.path, imported.line)
            why = f"{imported.failure} ({target} was imported in the site's environment.)"
            yield Found(place, why, imported.fix)


def colon_form(subject: Subject) -> Iterator[Found]:
    """wfastcgi splits the name at dots and knows no colon (its _get_handler, version 3.0.0)."""
    if not _runs_wfastcgi(subject):
        return
    for document in subject.documents:
        for element, key in document.settings():
            value = element.attributes.get("value")
            if value is None or element.attributes[key].value.strip() not in _SETTINGS:
                continue
            if ":" in value.value:
                dotted = value.value.replace(":", ".")
                why = f"wfastcgi does not know the form with a colon, {value.value}: it finds no such module."
                edit = document.replace(element, "value", dotted)
                yield Found(document.place(element, "value"), why, f'Write value="{dotted}".', edit)


def _runs_wfastcgi(subject: Subject) -> bool:
    """Whether a handler runs Python by FastCGI, and not by Webstead's own gateway: one of the files, or (when
    they have neither one nor a platform section) one of the server's own."""
    scripts = [script for document in subject.documents for _, script in fastcgi_handlers(document)]
    if scripts:
        return any("webstead" not in script.lower() for script in scripts)
    return not any(True for document in subject.documents for _ in document.elements(*PLATFORMS))
