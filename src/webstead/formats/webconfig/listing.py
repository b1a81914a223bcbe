"""What is in force in a folder, value by value, each with its origin: for people, and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from webstead.formats.webconfig.model import Origin
from webstead.formats.webconfig.schema.kinds import Value
from webstead.formats.webconfig.schema.node import STOCK, Item, Node

__all__ = ["Line", "listing"]


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute. section: its path. place: the elements below the section, an item with the first
    attribute of its key, as `files/add[index.html]`; "" for the section itself. value: as it is written in a
    file. An item that is nothing but that key has a line without name and value."""

    section: str
    place: str
    name: str
    value: str
    origin: Origin


def listing(nodes: Mapping[str, Node]) -> tuple[Line, ...]:
    """nodes: by section. Only what some file says, or the server's own configuration: an attribute that has
    nothing but its default is left out, and so are the hundreds of types of files that the server knows."""
    return tuple(line for path in sorted(nodes) for line in _of_node(path, "", nodes[path]))


def _of_node(section: str, place: str, node: Node) -> Iterator[Line]:
    for name, said in node.said.items():
        yield Line(section, place, name, _written(said.value), said.origin)
    for name, below in node.elements.items():
        yield from _of_node(section, _below(place, name), below)
    for item in node.items:
        yield from _of_item(section, place, node, item)


def _of_item(section: str, place: str, node: Node, item: Item) -> Iterator[Line]:
    items = node.shape.items
    if items is not None and not (items.many and item.node.origin == STOCK):
        first = items.key[0]
        place = _below(place, f"{items.add}[{_written(item.node.value(first))}]")
        lines = tuple(_of_node(section, place, item.node))
        more = tuple(line for line in lines if line.place != place or line.name != first)
        yield from more or (Line(section, place, "", "", item.node.origin),)


def _below(place: str, name: str) -> str:
    return f"{place}/{name}" if place else name


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    if isinstance(value, float):
        return _span(value)
    return str(value)


def _span(seconds: float) -> str:
    """A time as a timeSpan, `[d.]hh:mm:ss`."""
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    text = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    if seconds != whole:
        text += f"{seconds - whole:.7f}".rstrip("0")[1:]
    return f"{days}.{text}" if days else text
