"""staticContent (its mime maps), defaultDocument, and what of requestFiltering the path's decoding needs."""

from __future__ import annotations

from dataclasses import replace

from webstead.formats.webconfig.attributes import boolean, check, required
from webstead.formats.webconfig.configuration import Level
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.collection import edits

__all__ = ["read_default_document", "read_request_filtering", "read_static_content"]

_STATIC = ("defaultDocFooter", "isDocFooterFileName", "enableDocFooter")


def read_static_content(element: Element, level: Level, notes: list[Note]) -> Level:
    check(element, _STATIC, ("mimeMap", "remove", "clear", "clientCache"))
    notes.extend(
        Note(f"staticContent {name} is not done yet", element.origin, matters=True)
        for name in sorted(element.attributes.keys() & set(_STATIC))
    )
    if cache := element.child("clientCache"):
        notes.append(
            Note("staticContent/clientCache: caching headers are not set yet", cache.origin, matters=True)
        )
    maps = tuple(child for child in element.children if child.name != "clientCache")
    found = edits(
        replace(element, children=maps),
        _mime_map,
        add="mimeMap",
        remove_by="fileExtension",
    )
    return replace(level, mime_maps=found)


def _mime_map(element: Element) -> tuple[str, str]:
    check(element, ("fileExtension", "mimeType"))
    return required(element, "fileExtension").strip(), required(element, "mimeType").strip()


def read_default_document(element: Element, level: Level, notes: list[Note]) -> Level:
    check(element, ("enabled",), ("files",))
    files = element.child("files")
    return replace(
        level,
        default_document_enabled=boolean(element, "enabled"),
        default_documents=edits(files, _file, remove_by="value") if files is not None else (),
    )


def _file(element: Element) -> tuple[str, str]:
    check(element, ("value",))
    value = required(element, "value").strip()
    return value, value


def read_request_filtering(element: Element, level: Level, notes: list[Note]) -> Level:
    notes.extend(
        Note(f"requestFiltering {name} is not done yet", element.origin, matters=True)
        for name in sorted(element.attributes.keys() - {"allowDoubleEscaping"})
    )
    notes.extend(
        Note(f"requestFiltering/{child.name} is not done yet", child.origin, matters=True)
        for child in element.children
    )
    return replace(level, allow_double_escaping=boolean(element, "allowDoubleEscaping"))
