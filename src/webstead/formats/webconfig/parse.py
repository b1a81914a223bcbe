"""The bytes of a `web.config` to a Configuration: which section is read by what, and what is passed over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from webstead.formats.webconfig.attributes import boolean, check, choice, is_left_out, text
from webstead.formats.webconfig.configuration import Configuration, Level, Location
from webstead.formats.webconfig.document import Element, read_document
from webstead.formats.webconfig.model import Note, Origin
from webstead.formats.webconfig.schema.node import Node, lay
from webstead.formats.webconfig.schema.section import AnySection
from webstead.formats.webconfig.schema.settings import APP_SETTINGS
from webstead.formats.webconfig.schema.written import Written, read_written
from webstead.formats.webconfig.sections import SECTIONS

__all__ = ["Beside", "parse"]

Beside = Callable[[str], bytes | None]
"""Gives the file of this path, relative to the folder of the `web.config`, with `/`; None where there is
none."""

_GROUPS = frozenset(
    {"system.webServer", "system.webServer/rewrite", "system.webServer/security"}
    | {"system.webServer/security/authentication"}
)
_NOT_DONE = {
    "system.webServer/iisnode": "Node.js is not hosted",
    "system.webServer/security/authentication/clientCertificateMappingAuthentication": (
        "client certificates do not get here"
    ),
    "system.webServer/security/authentication/iisClientCertificateMappingAuthentication": (
        "client certificates do not get here"
    ),
    "system.webServer/security/dynamicIpSecurity": "requests of an address are not counted",
}
"""Sections that change what a site does. They count where they are switched on; all others are passed over
quietly."""


@dataclass(slots=True)
class _Reading:
    beside: Beside
    sections: dict[str, Written] = field(default_factory=dict)
    locked: dict[str, Origin] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    alone: dict[str, Node] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        return Level(self.sections, self.locked, self.alone)


def parse(data: bytes, path: str, beside: Beside = lambda name: None) -> Configuration:
    """The configuration of one file. path: for messages and origins. beside: the files that configSource= and
    appSettings file= name.

    Raises ConfigError, with line and column, for what IIS refuses with 500.19: XML that is not well-formed,
    another root than `configuration`, and unknown names, bad values and double keys in the sections that are
    done. Sections that are not done leave a Note.
    """
    root = read_document(data, path)
    if root.name != "configuration":
        raise root.error(
            f"{path} is no configuration file",
            found=f"the root element is <{root.name}>",
            fix="The root element is <configuration> (names are case-sensitive).",
        )
    body = _Reading(beside)
    locations: list[Location] = []
    for child in root.children:
        if child.name == "location":
            _read_location(child, body, locations)
        else:
            _read(child, "", body)
    return Configuration(path, body.level, tuple(locations), tuple(body.notes))


def _read_location(element: Element, body: _Reading, locations: list[Location]) -> None:
    """A location of the file's own folder is part of its body; each other one is a level of its own."""
    check_attributes = ("path", "inheritInChildApplications", "overrideMode", "allowOverride")
    check(element, check_attributes, {child.name for child in element.children})
    inherit = boolean(element, "inheritInChildApplications") is not False
    path = _folder(text(element, "path") or "")
    inner = _Reading(body.beside, body.sections if not path else {}, notes=body.notes)
    if not path:
        inner.alone = body.alone
    for child in element.children:
        _read(child, "", inner)
    if _denies(element):
        inner.locked.update(dict.fromkeys(_section_paths(element), element.origin))
    if path:
        locations.append(Location(path, inner.level, element.origin, inherit))
    else:
        body.locked.update(inner.locked)


def _denies(element: Element) -> bool:
    """Whether files below may not have the location's sections."""
    mode = choice(element, "overrideMode", ("Inherit", "Allow", "Deny")) or "Inherit"
    return mode == "Deny" or (mode == "Inherit" and boolean(element, "allowOverride") is False)


def _section_paths(element: Element, above: str = "") -> list[str]:
    names: list[str] = []
    for child in element.children:
        name = above + child.name
        names += _section_paths(child, name + "/") if name in _GROUPS else [name]
    return names


def _folder(path: str) -> str:
    parts = unquote(path).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def _read(element: Element, above: str, reading: _Reading) -> None:
    name = above + element.name
    if name in _GROUPS:
        for child in element.children:
            _read(child, name + "/", reading)
    elif section := SECTIONS.get(name):
        _read_section(element, section, reading)
    else:
        _pass_over(element, name, reading)


def _read_section(element: Element, section: AnySection, reading: _Reading) -> None:
    if section.path in reading.sections:
        raise element.error(
            f"{section.path} is there twice",
            found=f"a second <{element.name}> (IIS answers 500.19, 0x800700B7: duplicate section)",
            fix="Put all its entries into one element.",
        )
    where = is_left_out(element)
    if where == "configProtectionProvider":
        text_ = f"{section.path} is encrypted ({where}): its contents are not read"
        reading.notes.append(Note(text_, element.origin, True))
        return
    if where is not None:
        element = _elsewhere(element, where, reading.beside)
    written = read_written(element, section.shape, reading.notes)
    if section.path == APP_SETTINGS.path:
        written = _with_file(written, section, reading)
    node = lay(section.stock, written, "")
    section.check(node)
    reading.notes.extend(section.notes(node))
    reading.sections[section.path] = written
    reading.alone[section.path] = node


def _elsewhere(element: Element, attribute: str, beside: Beside) -> Element:
    """The section that configSource names. Raises ConfigError when it is not there, or is no such section."""
    if element.children or len(element.attributes) > 1:
        raise element.error(
            f"<{element.name}> has contents here and in another file",
            found=f"{attribute}={text(element, attribute)!r} beside other contents (IIS answers 500.19)",
            fix=f"Move them to that file, or remove {attribute}.",
            attribute=attribute,
        )
    found = _other(element, attribute, beside)
    if found is None:
        raise element.error(
            f"the file that <{element.name} {attribute}> names is not there",
            found=f"{attribute}={text(element, attribute)!r} (IIS answers 500.19, 0x80070002)",
            fix="Put the file there; the path counts from this web.config.",
            attribute=attribute,
        )
    return found


def _with_file(written: Written, section: AnySection, reading: _Reading) -> Written:
    """appSettings, and those of its file= over them, which need not be there."""
    if not text(written.element, "file"):
        return written
    other = _other(written.element, "file", reading.beside)
    if other is None:
        name = text(written.element, "file")
        reading.notes.append(Note(f"appSettings file={name!r} is not there", written.element.origin, False))
        return written
    over = read_written(other, section.shape, reading.notes)
    return replace(written, edits=(*written.edits, *over.edits))


def _other(element: Element, attribute: str, beside: Beside) -> Element | None:
    name = (text(element, attribute) or "").strip().replace("\\", "/")
    if not name or name.startswith("/") or re.match("[A-Za-z]:", name) or ".." in name.split("/"):
        raise element.error(
            f"<{element.name} {attribute}> leads out of the folder",
            found=f"{attribute}={name!r} (IIS answers 500.19)",
            fix="Name a file in the folder of this web.config, or below it.",
            attribute=attribute,
        )
    path = "/".join(part for part in name.split("/") if part not in ("", "."))
    data = beside(path)
    if data is None:
        return None
    folder = element.path.rpartition("/")[0]
    root = read_document(data, f"{folder}/{path}" if folder else path)
    if root.name != element.name or is_left_out(root):
        raise root.error(
            f"{root.path} does not hold <{element.name}>",
            found=f"its root element is <{root.name}>",
            fix=f"Its root element is <{element.name}>, with the section's contents.",
        )
    return root


def _pass_over(element: Element, name: str, reading: _Reading) -> None:
    reason = _NOT_DONE.get(name)
    if reason is None:
        reading.notes.append(Note(f"{name} is passed over", element.origin, matters=False))
    elif _is_on(element):
        reading.notes.append(Note(f"{name}: {reason}", element.origin, matters=True))


def _is_on(element: Element) -> bool:
    """As it says itself, or an element below it; where neither says anything, it is."""
    said = [text(each, "enabled") for each in (element, *element.children)]
    flags = [flag.strip().lower() == "true" for flag in said if flag is not None]
    return any(flags) if flags else True
