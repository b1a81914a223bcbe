"""appSettings, and the environmentVariables of processes."""

from __future__ import annotations

from dataclasses import replace

from webstead.formats.webconfig.attributes import check, required, text
from webstead.formats.webconfig.configuration import Edit, Level
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import AppSetting, Note
from webstead.formats.webconfig.schema.collection import edits

__all__ = ["read_app_settings", "read_environment"]


def read_app_settings(element: Element, level: Level, notes: list[Note]) -> Level:
    """Keys are stripped, values verbatim; an entry without a key is passed over and a later one wins, as in
    wfastcgi."""
    check(element, ("file",), ("add", "remove", "clear"))
    if file := text(element, "file"):
        notes.append(Note(f"appSettings file={file!r} is not read yet", element.origin, matters=True))

    def repeats(child: Element) -> None:
        key = child.attributes["key"].value.strip()
        notes.append(Note(f"appSettings has {key} twice; the later one wins", child.origin, matters=True))

    return replace(level, app_settings=edits(_with_keys(element), _setting, remove_by="key", repeats=repeats))


def _with_keys(element: Element) -> Element:
    def is_empty(child: Element) -> bool:
        return child.name == "add" and not (text(child, "key") or "").strip()

    return replace(element, children=tuple(child for child in element.children if not is_empty(child)))


def _setting(element: Element) -> tuple[str, AppSetting]:
    check(element, ("key", "value"))
    key = required(element, "key").strip()
    return key, AppSetting(key, text(element, "value") or "", element.origin)


def read_environment(element: Element) -> tuple[Edit[AppSetting], ...]:
    """The `environmentVariables` of an element, if it has them."""
    found = element.child("environmentVariables")
    if found is None:
        return ()
    check(found, (), ("environmentVariable", "remove", "clear"))
    return edits(found, _variable, add="environmentVariable", remove_by="name")


def _variable(element: Element) -> tuple[str, AppSetting]:
    check(element, ("name", "value"))
    name = required(element, "name").strip()
    return name, AppSetting(name, required(element, "value", may_be_empty=True), element.origin)
