"""An element as it is in force in a folder: its own values over those of the files above, over the defaults,
each with its origin."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from webstead.errors import ConfigError
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import STOCK, Origin
from webstead.formats.webconfig.schema.kinds import Value
from webstead.formats.webconfig.schema.locks import NO_LOCKS, Locks, locked
from webstead.formats.webconfig.schema.shape import Items, Shape
from webstead.formats.webconfig.schema.written import Edit, Written

__all__ = ["STOCK", "Item", "Node", "Said", "empty", "lay", "stock_item"]

C = TypeVar("C", bound=str)
V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class Said:
    """folder: of the level that gives the value."""

    value: Value
    origin: Origin
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a collection. key: lower case."""

    key: str
    node: Node


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Node:
    """element: the innermost that says something, None for none. folder: of the level that it belongs to.

    The questions name attributes and elements of the shape; to ask for another, or for another kind, is a
    mistake of ours (TypeError, KeyError).
    """

    shape: Shape
    element: Element | None = None
    folder: str = ""
    said: Mapping[str, Said] = field(default_factory=dict)
    elements: Mapping[str, Node] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    locks: Locks = NO_LOCKS

    @property
    def name(self) -> str:
        """Of the element."""
        return "" if self.element is None else self.element.name

    @property
    def origin(self) -> Origin:
        return STOCK if self.element is None else self.element.origin

    def origin_of(self, name: str) -> Origin:
        """Of an attribute's value."""
        said = self.said.get(name)
        return STOCK if said is None else said.origin

    def is_said(self, name: str) -> bool:
        """Whether some file gives the attribute a value."""
        return name in self.said

    def value(self, name: str) -> Value:
        said = self.said.get(name)
        return self.shape.attributes[name].default if said is None else said.value

    def text(self, name: str) -> str:
        return _of(self.value(name), str, name)

    def flag(self, name: str) -> bool:
        return _of(self.value(name), bool, name)

    def number(self, name: str) -> int:
        return _of(self.value(name), int, name)

    def seconds(self, name: str) -> float:
        """A time; a whole number of an int attribute counts as seconds."""
        value = self.value(name)
        return float(value) if isinstance(value, int) else _of(value, float, name)

    def flags(self, name: str) -> frozenset[str]:
        return _of(self.value(name), frozenset, name)

    def choice(self, name: str, choices: Collection[C]) -> C:
        """choices: those of the attribute's kind, with their type."""
        value = self.text(name)
        return next(choice for choice in choices if choice == value)

    def child(self, name: str) -> Node:
        """An element below; one with nothing but defaults where no file has it."""
        found = self.elements.get(name)
        return Node(self.shape.elements[name], folder=self.folder) if found is None else found

    def has(self, name: str) -> bool:
        return name in self.elements

    def error(self, what: str, *, found: str, fix: str, attribute: str = "") -> ConfigError:
        """An error at the innermost element that says something, or at its attribute."""
        if self.element is None:
            return ConfigError(what, path=STOCK.path, found=found, fix=fix)
        return self.element.error(what, found=found, fix=fix, attribute=attribute)


def _of(value: Value, kind: type[V], name: str) -> V:
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {value!r}, no {kind.__name__}")
    return value


def empty(shape: Shape) -> Node:
    """Nothing but the defaults."""
    return Node(shape)


def stock_item(shape: Shape, key: str, **values: Value) -> Item:
    """An item that the server itself has. values: by attribute, or with `_` behind it for a Python word."""
    said = {name.rstrip("_"): Said(value, STOCK) for name, value in values.items()}
    return Item(key.lower(), Node(shape, said=said))


def lay(above: Node, written: Written, folder: str) -> Node:
    """What a level says, over what was in force. Raises ConfigError where it changes what is locked above."""
    element, shape = written.element, written.shape
    said = dict(above.said)
    for name, (value, origin) in written.said.items():
        if above.locks.locks_attribute(name):
            raise locked(element, f"the attribute {name}", above.origin)
        said[name] = Said(value, origin, folder)
    elements = dict(above.elements)
    for name, below in written.elements.items():
        if above.locks.locks_element(name):
            raise locked(below.element, f"the element <{name}>", above.origin)
        elements[name] = lay(above.child(name), below, folder)
    items = _items(above, shape.items, written, folder) if shape.items else ()
    return Node(shape, element, folder, said, elements, items, written.locks.over(above.locks))


def _items(above: Node, kind: Items, written: Written, folder: str) -> tuple[Item, ...]:
    inherited = {item.key: item for item in above.items}
    own: dict[str, Item] = {} if kind.own_first else inherited
    for edit in written.edits:
        if above.locks.locks_element(edit.element.name):
            raise locked(edit.element, f"<{edit.element.name}>", above.origin)
        _refuse_locked(edit, inherited)
        if edit.kind == "clear":
            inherited.clear()
            own.clear()
        elif edit.item is None:
            inherited.pop(edit.key, None)
            own.pop(edit.key, None)
        else:
            if kind.guards and edit.key in inherited:
                _refuse_double(edit, inherited[edit.key].node)
            if kind.own_first:
                inherited.pop(edit.key, None)
            own[edit.key] = Item(edit.key, lay(Node(kind.shape), edit.item, folder))
    return (*own.values(), *inherited.values()) if kind.own_first else tuple(own.values())


def _refuse_double(edit: Edit, above: Node) -> None:
    if above.origin.line:
        raise edit.element.error(
            f"<{edit.element.name}> is in a folder above too",
            found=f"the same entry at {above.origin} (IIS answers 500.19, 0x800700B7)",
            fix="Put a <remove> or <clear /> before it, if it is to count in its place.",
        )


def _refuse_locked(edit: Edit, inherited: Mapping[str, Item]) -> None:
    touched = inherited.values() if edit.kind == "clear" else filter(None, [inherited.get(edit.key)])
    for item in touched:
        if item.node.locks.item:
            raise locked(edit.element, f"the entry {item.key!r}", item.node.origin)
