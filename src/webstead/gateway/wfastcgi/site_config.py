"""The `<appSettings>` of a site's web.config, with the standard library alone: expat, no document type, no
entities.

What counts: `configuration/appSettings`, and the same inside `<location>` without a path or with path=".".
Items apply in document order. Keys are compared without case, as .NET does, and given with the name that was
written last. An error is a StartFailure that names file, line and column.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from pathlib import PurePath
from typing import Callable
from xml.parsers import expat

from webstead.gateway.failure import BAD_USAGE, StartFailure

__all__ = ["MAX_BYTES", "Other", "Tell", "find_web_config", "parse_app_settings", "read_app_settings", "warn"]

MAX_BYTES = 2 * 1024 * 1024
"""Largest file that is read. IIS refuses a web.config above 250 KB (MaxWebConfigFileSizeInKB)."""

Tell = Callable[[str], None]
"""Gets a warning, one line."""

_NAME = "web.config"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BARE_UTF16 = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = re.compile("utf-?8|utf-16-[bl]e|(us-)?ascii|iso-8859-[0-9]{1,2}|windows-125[0-9]", re.IGNORECASE)
_OWN_FOLDER = ("", ".")
_CLOSE_ALL = "Close every element, quote every attribute value, and write & as &amp; and < as &lt;."


def warn(text: str) -> None:
    """The Tell of who has no other."""
    sys.stderr.write(f"warning: {text}\n")


def find_web_config(folder: str, tell: Tell = warn) -> str | None:
    """The path of the folder's web.config, whatever its case. Of several, the lower-case one, else the first
    by name; tell hears of it. None when there is none, or the folder cannot be read."""
    try:
        found = sorted(name for name in os.listdir(folder) if name.lower() == _NAME)
    except OSError:
        return None
    if not found:
        return None
    chosen = _NAME if _NAME in found else found[0]
    if len(found) > 1:
        others = ", ".join(name for name in found if name != chosen)
        tell(f"{folder} has several files of this name: {chosen} is read, {others} not")
    return os.path.join(folder, chosen)


def read_app_settings(path: str, tell: Tell = warn) -> dict[str, str]:
    """name → value. `configSource` puts a file in place of the element's items; `file` adds one that may be
    missing. Both are read inside the folder of web.config only. Raises StartFailure (BAD_USAGE)."""
    folder = os.path.dirname(path)

    def other(named: str, required: bool) -> bytes | None:
        if required:
            return _contents(_inside(folder, named, path))
        added = _added_file(folder, named, tell)
        return None if added is None else _contents(added)

    return parse_app_settings(_contents(path), path, other)


Other = Callable[[str, bool], "bytes | None"]
"""(name as written, whether it has to be there) → the contents of a file that web.config names."""


def parse_app_settings(data: bytes, path: str, other: Other) -> dict[str, str]:
    """As read_app_settings. path: for messages."""
    settings = _Settings()
    for section in _sections(data, path, ("configuration", "appSettings")):
        settings.apply(section.items)
        for named, required in ((section.source, True), (section.file, False)):
            found = other(named, required) if named else None
            if found is not None:
                settings.apply(_sections(found, named, ("appSettings",))[0].items)
    return settings.values()


def _sections(data: bytes, path: str, root: tuple[str, ...]) -> list[_Section]:
    reading = _Reading(path, root)
    reading.parse(_decoded(data, path))
    return reading.sections


_Item = tuple[str, str, str]
"""(add, remove or clear; key; value)"""


class _Section:
    """One `<appSettings>`."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.items: list[_Item] = []
        self.file = attributes.get("file", "").strip()
        self.source = attributes.get("configSource", "").strip()


class _Settings:
    """Items applied in order."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str]] = {}

    def apply(self, items: list[_Item]) -> None:
        for what, key, value in items:
            if what == "clear":
                self._found.clear()
            elif what == "remove":
                self._found.pop(key.lower(), None)
            elif key:
                self._found[key.lower()] = (key, value)

    def values(self) -> dict[str, str]:
        return dict(self._found.values())


class _Reading:
    """Collects the sections of one file. root: the names from the root element to the section; a file that
    configSource or `file` names has the section itself as its root."""

    def __init__(self, path: str, root: tuple[str, ...]) -> None:
        self.sections: list[_Section] = []
        self._path = path
        self._root = root
        self._stack: list[str] = []
        self._parser = expat.ParserCreate("utf-8")  # whatever the declaration says: it is decoded already
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._document_type
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def parse(self, text: str) -> None:
        try:
            self._parser.Parse(text.encode("utf-8", "surrogatepass"), True)
        except expat.ExpatError as error:
            what = f"{self._path} is not well-formed XML."
            said = expat.ErrorString(error.code)
            raise _failure(what, error.lineno, error.offset, said, _CLOSE_ALL) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if not self._stack and name != self._root[0]:
            fix = f"Begin the file with <{self._root[0]}>."
            raise self._here(f"{self._path} is no configuration file.", f"the root element is <{name}>", fix)
        inside = tuple(self._stack)
        if name == "location" and attributes.get("path", "").strip() in _OWN_FOLDER and len(inside) == 1:
            name = ""  # as if it were not there
        self._stack.append(name)
        if (*filter(None, inside), name) == self._root:
            self.sections.append(_Section(attributes))
        elif tuple(filter(None, inside)) == self._root:
            key = attributes.get("key", "").strip()
            self.sections[-1].items.append((name, key, attributes.get("value", "")))

    def _end(self, name: str) -> None:
        self._stack.pop()

    def _document_type(self, *_: object) -> None:
        what = f"{self._path} declares a document type."
        fix = "Remove the declaration; configuration files have none, and entities are not expanded."
        raise self._here(what, "<!DOCTYPE …>", fix)

    def _here(self, what: str, found: str, fix: str) -> StartFailure:
        return _failure(what, self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber, found, fix)


def _failure(what: str, line: int, column: int, found: str, fix: str) -> StartFailure:
    """column: from 0, as expat counts."""
    return StartFailure(BAD_USAGE, what, f"line {line}, column {column + 1}: {found}", fix)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _added_file(folder: str, named: str, tell: Tell) -> str | None:
    """The path of a `file`, which .NET passes over when it is missing."""
    try:
        path = _inside(folder, named, "")
    except StartFailure:
        tell(f'appSettings file="{named}" is not read: it is not in {folder}')
        return None
    return path if os.path.isfile(path) else None


def _inside(folder: str, named: str, by: str) -> str:
    """The path that web.config names, links resolved. Raises StartFailure for one that leads out of the
    folder."""
    root = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(root, named.replace("\\", "/")))
    if PurePath(root) not in PurePath(path).parents:
        what = f"{by} names a file outside its folder."
        fix = "Name a file in the folder of web.config or below it."
        raise StartFailure(BAD_USAGE, what, f'configSource="{named}"', fix)
    return path


def _contents(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        fix = "Make it readable for the user that this process runs as."
        if isinstance(error, FileNotFoundError):
            fix = "Name a file that is there."
        raise StartFailure(BAD_USAGE, f"{path} cannot be read.", str(error), fix) from None
    return data


def _decoded(data: bytes, path: str) -> str:
    if len(data) > MAX_BYTES:
        fix = "Move data that is no configuration out of the file."
        raise StartFailure(BAD_USAGE, f"{path} is too large.", f"the limit is {MAX_BYTES} bytes", fix)
    fix = "Save the file as UTF-8, or name its encoding in the XML declaration."
    encoding, skip = _encoding_of(data)
    try:
        if not _ENCODINGS.fullmatch(encoding):
            raise LookupError(encoding)
        return data[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        before = data[skip : skip + error.start].decode(encoding, "replace").splitlines(keepends=True) or [""]
        found = f"byte 0x{data[skip + error.start]:02x} cannot be read as {encoding}"
        raise _failure(f"{path} is not valid {encoding}.", len(before), len(before[-1]), found, fix) from None
    except LookupError:
        raise _failure(f"{path} is in an unknown encoding.", 1, 0, f'encoding="{encoding}"', fix) from None


def _encoding_of(data: bytes) -> tuple[str, int]:
    """(encoding, bytes to pass over). The declaration of a file that is plainly not UTF-16 may say so:
    Windows tools write that by mistake."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, len(mark)
    for start, encoding in _BARE_UTF16:
        if data.startswith(start):
            return encoding, 0
    declared = _DECLARED.match(data)
    name = declared[1].decode("ascii") if declared else "utf-8"
    return ("utf-8", 0) if name.lower() in ("utf-16", "unicode") else (name, 0)
