"""The XML of a `web.config` as plain elements, each with the line and column where it was written.

lxml decides whether the text is well-formed; its own line numbers are those of a tag's end, and it knows no
columns of attributes, so the places come from a second reading of the (then known to be well-formed) text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from webstead.errors import ConfigError
from webstead.formats.webconfig.model import Origin

__all__ = ["MAX_BYTES", "Attribute", "Element", "Text", "read_document", "read_text"]

MAX_BYTES = 2 * 1024 * 1024
"""Largest file that is read. IIS refuses a web.config above 250 KB (MaxWebConfigFileSizeInKB)."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_BARE_UTF16 = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    # Told by the declaration of a file that is plainly not UTF-16 (it could be read): Windows tools write
    # this by mistake.
    "utf-16": "utf-8",
    "unicode": "utf-8",
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (*range(1, 12), 13, 14, 15, 16)},
    **{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
}

_DOCUMENT_TYPE = re.compile(r"(?:\s|<!--.*?-->|<\?.*?\?>)*+(<!DOCTYPE)", re.DOTALL)
_MARKUP = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|</[^>]*>"
    r"|<(?P<name>[^\s/>!?]+)(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Attribute:
    value: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Element:
    """name and attribute names without their namespaces' prefixes; attributes of foreign namespaces (xdt:…)
    are left out. text: what stands before its first child, without the space around it."""

    name: str
    attributes: Mapping[str, Attribute]
    children: tuple[Element, ...]
    path: str
    line: int
    column: int
    text: str = ""

    @property
    def origin(self) -> Origin:
        return Origin(self.path, self.line)

    def child(self, name: str) -> Element | None:
        return next((child for child in self.children if child.name == name), None)

    def error(self, what: str, *, found: str, fix: str, attribute: str = "") -> ConfigError:
        """An error at this element, or at one of its attributes."""
        place = self.attributes.get(attribute, self)
        return ConfigError(what, path=self.path, line=place.line, column=place.column, found=found, fix=fix)


@dataclass(frozen=True, slots=True)
class Text:
    """What lines, columns and offsets count in. mark: the byte-order mark in front of it."""

    text: str
    encoding: str
    mark: bytes

    def encoded(self, text: str) -> bytes:
        """Another text as the bytes of this file. Raises UnicodeEncodeError."""
        return self.mark + text.encode(self.encoding)


class _Places:
    """Turns offsets of a text into lines and columns, both from 1."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def __call__(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def read_document(data: bytes, path: str) -> Element:
    """The root element. Raises ConfigError for a file that is too large, wrongly encoded or not well-formed
    XML."""
    if len(data) > MAX_BYTES:
        raise ConfigError(
            f"{path} is too large to be a configuration file",
            path=path,
            found=f"{len(data)} bytes; the limit is {MAX_BYTES}",
            fix="Move data that is no configuration out of the file.",
        )
    text = read_text(data, path).text
    return _build(_well_formed(text, path), text, path)


def read_text(data: bytes, path: str) -> Text:
    """The text of a file. Raises ConfigError for one that is wrongly encoded."""
    encoding, skip = _encoding_of(data, path)
    body = data[skip:]
    try:
        return Text(body.decode(encoding), encoding, data[:skip])
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, "replace")
        line, column = _Places(before)(len(before))
        raise ConfigError(
            f"{path} is not valid {encoding}",
            path=path,
            line=line,
            column=column,
            found=f"byte 0x{body[error.start]:02x} cannot be read as {encoding}",
            fix="Save the file as UTF-8, or name its encoding in the XML declaration.",
        ) from None


def _encoding_of(data: bytes, path: str) -> tuple[str, int]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return encoding, len(bom)
    for start, encoding in _BARE_UTF16:
        if data.startswith(start):
            return encoding, 0
    declared = _DECLARED.match(data)
    if declared is None:
        return "utf-8", 0
    name = declared[1].decode("ascii")
    if name.lower() not in _ENCODINGS:
        raise ConfigError(
            f"{path} is written in an encoding that is not known",
            path=path,
            line=1,
            column=declared.start(1) + 1,
            found=f'encoding="{name}"',
            fix="Save the file as UTF-8.",
        )
    return _ENCODINGS[name.lower()], 0


def _well_formed(text: str, path: str) -> etree._Element:
    _refuse_document_type(text, path)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error, path) from None


def _refuse_document_type(text: str, path: str) -> None:
    """Before the parser sees it: no declaration, no entities."""
    found = _DOCUMENT_TYPE.match(text)
    if found is None:
        return
    line, column = _Places(text)(found.start(1))
    raise ConfigError(
        f"{path} declares a document type",
        path=path,
        line=line,
        column=column,
        found="<!DOCTYPE …>",
        fix="Remove the declaration; configuration files have none, and entities are not expanded.",
    )


def _not_well_formed(error: etree.XMLSyntaxError, path: str) -> ConfigError:
    line, column = error.position
    said = (error.msg or "no element found").rpartition(", line ")[0] or error.msg or "no element found"
    return ConfigError(
        f"{path} is not well-formed XML",
        path=path,
        line=max(line, 1),
        column=max(column, 1),
        found=said,
        fix="Close every element, quote every attribute value, and write & as &amp; and < as &lt;.",
    )


def _build(root: etree._Element, text: str, path: str) -> Element:
    """From the leaves up, without recursion: the depth is the file's choice."""
    nodes = list(zip(root.iter(etree.Element), _tags(text), strict=True))
    children: dict[etree._Element, list[Element]] = {}
    for node, (place, attribute_places) in reversed(nodes):
        element = Element(
            etree.QName(node).localname,
            {
                str(name): Attribute(str(value), *attribute_places[str(name)])
                for name, value in node.attrib.items()
                if not str(name).startswith("{")
            },
            tuple(reversed(children.pop(node, []))),
            path,
            *place,
            (node.text or "").strip(),
        )
        parent = node.getparent()
        if parent is None:
            return element
        children.setdefault(parent, []).append(element)
    raise AssertionError("a document has a root")


def _tags(text: str) -> Iterator[tuple[tuple[int, int], dict[str, tuple[int, int]]]]:
    """The place of each start tag and of its attributes, in document order."""
    places = _Places(text)
    for tag in _MARKUP.finditer(text):
        if tag["name"] is None:
            continue
        start, end = tag.span("attributes")
        yield (
            places(tag.start()),
            {found[1]: places(found.start()) for found in _ATTRIBUTE.finditer(text, start, end)},
        )
