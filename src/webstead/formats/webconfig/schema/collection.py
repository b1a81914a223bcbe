"""Collections: `add` (or `mimeMap`, `rule` …), `remove`, `clear`, in document order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from webstead.formats.webconfig.attributes import check, required
from webstead.formats.webconfig.configuration import Add, Clear, Edit, Remove
from webstead.formats.webconfig.document import Element

__all__ = ["edits"]

T = TypeVar("T")


def edits(
    element: Element,
    read: Callable[[Element], tuple[str, T]],
    *,
    remove_by: str | None,
    add: str = "add",
    repeats: Callable[[Element], None] | None = None,
) -> tuple[Edit[T], ...]:
    """The edits of a collection. read: gives an item its key and value. remove_by: the attribute of `remove`;
    None when the collection's key has several, and only `clear` is possible. repeats: told of a key that is
    there already in this file; without it that is an error, as on IIS."""
    found: list[Edit[T]] = []
    present: set[str] = set()
    for child in element.children:
        if child.name == add:
            key, value = read(child)
            if key.lower() in present:
                if repeats is None:
                    raise _repeated(element, child, key)
                repeats(child)
            present.add(key.lower())
            found.append(Add(key.lower(), value, child.origin))
        elif child.name == "clear":
            check(child, ())
            present.clear()
            found.append(Clear(child.origin))
        elif child.name == "remove" and remove_by is not None:
            check(child, (remove_by,))
            key = required(child, remove_by).strip().lower()
            present.discard(key)
            found.append(Remove(key, child.origin))
        else:
            known = {add, "clear"} | ({"remove"} if remove_by else set())
            _refuse_child(element, child, known)
    return tuple(found)


def _refuse_child(element: Element, child: Element, known: set[str]) -> None:
    check(Element(element.name, {}, (child,), element.path, element.line, element.column), (), known)


def _repeated(element: Element, child: Element, key: str) -> Exception:
    return child.error(
        f"<{element.name}> has two entries of the same key",
        found=f"{key!r} a second time (IIS answers 500.19, 0x800700B7: cannot add duplicate entry)",
        fix="Remove one of them, or put a <remove> before the second.",
    )
