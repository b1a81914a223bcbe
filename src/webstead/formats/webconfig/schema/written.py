"""One element of one file, checked against its shape: what it says itself, nothing inherited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from webstead.formats.webconfig.attributes import check, text
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import Note, Origin
from webstead.formats.webconfig.schema.kinds import Kind, Value
from webstead.formats.webconfig.schema.locks import Locks, read_locks
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["Edit", "Written", "key_texts", "read_written"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One line of a collection, in document order. key: "" for clear. item: what add adds."""

    kind: Literal["add", "remove", "clear"]
    element: Element
    key: str = ""
    item: Written | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """said: the values of the attributes that are there."""

    shape: Shape
    element: Element
    said: Mapping[str, tuple[Value, Origin]]
    elements: Mapping[str, Written]
    edits: tuple[Edit, ...]
    locks: Locks


def read_written(element: Element, shape: Shape, notes: list[Note]) -> Written:
    """Raises ConfigError, with line and column, for what IIS refuses with 500.19."""
    items = shape.items
    lines = {items.add, "clear", *(("remove",) if items.removable else ())} if items else set()
    check(element, shape.attributes, (*shape.elements, *lines))
    return Written(
        shape,
        element,
        _said(element, shape),
        _elements(element, shape, notes),
        _edits(element, items, lines, notes) if items else (),
        read_locks(element),
    )


def _said(element: Element, shape: Shape) -> dict[str, tuple[Value, Origin]]:
    said: dict[str, tuple[Value, Origin]] = {}
    for name, kind in shape.attributes.items():
        if kind.needed or name in element.attributes:
            value = kind.read(element, name)
            if value is not None:
                found = element.attributes[name]
                said[name] = value, Origin(element.path, found.line)
    return said


def _elements(element: Element, shape: Shape, notes: list[Note]) -> dict[str, Written]:
    found: dict[str, Written] = {}
    for child in element.children:
        below = shape.elements.get(child.name)
        if below is None:
            continue
        if child.name in found:
            raise child.error(
                f"<{element.name}> has two elements <{child.name}>",
                found=f"a second <{child.name}> (IIS answers 500.19, 0x800700B7)",
                fix="Put all that they hold into one element.",
            )
        found[child.name] = read_written(child, below, notes)
    return found


def _edits(element: Element, items: Items, lines: set[str], notes: list[Note]) -> tuple[Edit, ...]:
    found: list[Edit] = []
    present: set[str] = set()
    for child in element.children:
        if child.name not in lines:
            continue
        edit = _edit(child, items, notes)
        if edit is None:
            continue
        if edit.kind == "clear":
            present.clear()
        elif edit.kind == "remove":
            present.discard(edit.key)
        elif edit.key in present and items.repeated == "refused":
            raise _repeated(element, child, items)
        else:
            if edit.key in present:
                name = "/".join(key_texts(child, items))
                text_ = f"{element.name} has {name} twice; the later one wins"
                notes.append(Note(text_, child.origin, True, "repeated-key"))
            present.add(edit.key)
        found.append(edit)
    return tuple(found)


def _edit(child: Element, items: Items, notes: list[Note]) -> Edit | None:
    if child.name == "clear":
        check(child, ())
        return Edit("clear", child)
    if child.name == "remove":
        check(child, items.key)
        return Edit("remove", child, _key(child, items))
    if items.keyless and not (text(child, items.key[0]) or "").strip():
        return None
    item = read_written(child, items.shape, notes)
    return Edit("add", child, _key(child, items), item)


def _key(element: Element, items: Items) -> str:
    key = "\0".join(key_texts(element, items))
    return key if items.case_counts else key.lower()


def key_texts(element: Element, items: Items) -> list[str]:
    """What tells an item apart; a part that is left out has its default. Raises ConfigError."""
    return [_key_text(element, name, items.shape.attributes[name]) for name in items.key]


def _key_text(element: Element, name: str, kind: Kind) -> str:
    value = kind.read(element, name)
    text_ = str(kind.default if value is None else value)
    return text_.lower() if isinstance(kind.default, bool) else text_.strip()


def _repeated(element: Element, child: Element, items: Items) -> Exception:
    key = "|".join(value for value in key_texts(child, items) if value)
    return child.error(
        f"<{element.name}> has two entries of the same key",
        found=f"{key!r} a second time (IIS answers 500.19, 0x800700B7: cannot add duplicate entry)",
        fix="Remove one of them, or put a <remove> before the second.",
    )
