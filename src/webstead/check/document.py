"""One web.config as it is written: its elements, and where in the text each of their values stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from webstead.check.finding import Edit
from webstead.formats.webconfig.document import Attribute, Element, Text, read_document, read_text
from webstead.settings import looks_secret

__all__ = ["Document", "Place", "is_plain_secret", "read"]

_VALUE = re.compile(r"""[^\s=]+\s*=\s*("[^"]*"|'[^']*')""")
_LINE_END = re.compile(r"\r\n?|\n")
_NUMBER = re.compile(r"[0-9]+|true|false|on|off|yes|no", re.IGNORECASE)
_LEFT_OPEN = re.compile(r"%[^%]+%|\$\{|\{\{|#\{|\$\(|__[A-Z]|@Microsoft\.KeyVault")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: in lines, and as offsets of the text."""

    path: str
    line: int
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """starts: the offset of each line. walked: all elements below the root, in document order, each with its
    section path from the root, without locations: `system.webServer/handlers/add`. by_path: the same by that
    path. first: the first element that begins in a line."""

    path: str
    text: Text
    root: Element
    starts: tuple[int, ...] = field(repr=False)
    walked: tuple[tuple[str, Element], ...] = field(repr=False)
    by_path: Mapping[str, Sequence[Element]] = field(repr=False)
    first: Mapping[int, Element] = field(repr=False)

    @property
    def folder(self) -> str:
        """ "" for the root."""
        return self.path.rpartition("/")[0]

    def elements(self, *names: str) -> Iterator[tuple[str, Element]]:
        """All elements of these names, each with its section path."""
        return ((path, element) for path, element in self.walked if element.name in names)

    def at(self, path: str) -> Sequence[Element]:
        """The elements of this section path, those in locations too."""
        return self.by_path.get(path, ())

    def settings(self) -> Iterator[tuple[Element, str]]:
        """(element, its key's attribute) of all app settings and environment variables."""
        for path, element in self.elements("add", "environmentVariable"):
            if path == "appSettings/add" and "key" in element.attributes:
                yield element, "key"
            elif path.endswith("environmentVariables/environmentVariable") and "name" in element.attributes:
                yield element, "name"

    def place(self, element: Element, attribute: str = "") -> Place:
        """Of the value of an attribute (without its quotes), or of the element's beginning."""
        found = element.attributes.get(attribute)
        if found is None:
            start = self._offset(element.line, element.column)
            return Place(self.path, element.line, element.column, start, start + len(element.name) + 1)
        return self._value(found)

    def part(self, element: Element, attribute: str, text: str) -> Place:
        """Of a text within an attribute's value, where it stands there as it is; else of the whole value."""
        place = self.place(element, attribute)
        at = self.text.text.find(text, place.start, place.end) if text else -1
        if at < 0:
            return place
        line, column = self.line_of(at)
        return Place(self.path, line, column, at, at + len(text))

    def replace(self, element: Element, attribute: str, value: str) -> Edit:
        """The attribute with another value, in the quotes that it has."""
        place = self._value(element.attributes[attribute])
        return Edit(self.path, place.start, place.end, _escaped(value, self.text.text[place.start - 1]))

    def secret_places(self) -> tuple[Place, ...]:
        """Of the values that no listing may show."""
        return tuple(self.place(element, value) for _, element, value in self.secret_settings())

    def secret_settings(self) -> Iterator[tuple[str, Element, str]]:
        """(name, element, the value's attribute) of what holds a secret in plain text."""
        for element, key in self.settings():
            name = element.attributes[key].value.strip()
            value = element.attributes.get("value")
            if value is not None and is_plain_secret(name, value.value):
                yield name, element, "value"
        for element in self.at("connectionStrings/add"):
            value = element.attributes.get("connectionString")
            if value is not None and re.search(
                r"(?i)\b(?:pwd|password|accountkey)\s*=\s*[^;\s%{]", value.value
            ):
                name = element.attributes["name"].value if "name" in element.attributes else "a connection"
                yield name, element, "connectionString"

    def _value(self, attribute: Attribute) -> Place:
        start = self._offset(attribute.line, attribute.column)
        found = _VALUE.match(self.text.text, start)
        if found is None:
            return Place(self.path, attribute.line, attribute.column, start, start)
        begins = found.start(1) + 1
        line, column = self.line_of(begins)
        return Place(self.path, line, column, begins, found.end(1) - 1)

    def _offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1

    def line_of(self, offset: int) -> tuple[int, int]:
        """(line, column) of an offset of the text, both from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


def read(data: bytes, path: str) -> Document:
    """Raises ConfigError for what is no well-formed XML."""
    root = read_document(data, path)
    text = read_text(data, path)
    starts = (0, *(found.end() for found in _LINE_END.finditer(text.text)))
    walked = tuple(_walk(root, ""))
    by_path: dict[str, list[Element]] = {}
    first: dict[int, Element] = {}
    for where, element in walked:
        by_path.setdefault(where, []).append(element)
        first.setdefault(element.line, element)
    return Document(path, text, root, starts, walked, by_path, first)


def is_plain_secret(name: str, value: str) -> bool:
    """Whether a setting is a secret that stands there: no number, no reference to another place."""
    text = value.strip()
    return (
        bool(text) and looks_secret(name, text) and not (_NUMBER.fullmatch(text) or _LEFT_OPEN.search(text))
    )


def _escaped(value: str, quote: str) -> str:
    safe = value.replace("&", "&amp;").replace("<", "&lt;")
    return safe.replace(quote, "&quot;" if quote == '"' else "&apos;")


def _walk(element: Element, above: str) -> Iterator[tuple[str, Element]]:
    """Without recursion: the depth is the file's choice."""
    waiting = [(above, child) for child in reversed(element.children)]
    while waiting:
        path, found = waiting.pop()
        here = path if found.name == "location" else f"{path}/{found.name}".lstrip("/")
        yield here, found
        waiting += [(here, child) for child in reversed(found.children)]
