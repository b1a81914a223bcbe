"""The bytes of a `web.config` to a Configuration: which section is read by what, and what is passed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from webstead.formats.webconfig.attributes import boolean, check, is_left_out, text
from webstead.formats.webconfig.configuration import Configuration, Level, Location
from webstead.formats.webconfig.document import Element, read_document
from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.content import (
    read_default_document,
    read_request_filtering,
    read_static_content,
)
from webstead.formats.webconfig.schema.handlers import read_handlers
from webstead.formats.webconfig.schema.processes import read_asp_net_core, read_fastcgi, read_http_platform
from webstead.formats.webconfig.schema.rewrite import read_rules
from webstead.formats.webconfig.schema.settings import read_app_settings

__all__ = ["parse"]

_Reader = Callable[[Element, Level, list[Note]], Level]

_SECTIONS: dict[str, _Reader] = {
    "appSettings": read_app_settings,
    "system.webServer/aspNetCore": read_asp_net_core,
    "system.webServer/defaultDocument": read_default_document,
    "system.webServer/fastCgi": read_fastcgi,
    "system.webServer/handlers": read_handlers,
    "system.webServer/httpPlatform": read_http_platform,
    "system.webServer/rewrite/rules": read_rules,
    "system.webServer/security/requestFiltering": read_request_filtering,
    "system.webServer/staticContent": read_static_content,
}
_GROUPS = frozenset(
    {"system.webServer", "system.webServer/rewrite", "system.webServer/security"}
    | {"system.webServer/security/authentication"}
)
_NOT_DONE = {
    "system.webServer/directoryBrowse": "folders are not listed yet",
    "system.webServer/httpErrors": "custom error pages are not used yet",
    "system.webServer/httpProtocol": "customHeaders and other settings are not applied yet",
    "system.webServer/httpRedirect": "the redirect is not done yet",
    "system.webServer/iisnode": "Node.js is not hosted",
    "system.webServer/rewrite/globalRules": "global rules are not applied yet",
    "system.webServer/rewrite/outboundRules": "responses are not rewritten yet",
    "system.webServer/security/access": "sslFlags are not applied yet",
    "system.webServer/security/authentication/basicAuthentication": "authentication is not done",
    "system.webServer/security/authentication/digestAuthentication": "authentication is not done",
    "system.webServer/security/authentication/windowsAuthentication": "authentication is not done",
    "system.webServer/security/authorization": "access is not limited by it yet",
    "system.webServer/security/ipSecurity": "addresses are not limited by it yet",
}
"""Sections that change what a site does. They count unless `enabled` is false; all others are passed over
quietly."""


@dataclass(slots=True)
class _Reading:
    level: Level = field(default_factory=Level)
    notes: list[Note] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


def parse(data: bytes, path: str) -> Configuration:
    """The configuration of one file. path: for messages and origins.

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
    body = _Reading()
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
    reading = body if not path else _Reading(notes=body.notes)
    for child in element.children:
        _read(child, "", reading)
    if path:
        locations.append(Location(path, reading.level, element.origin, inherit))


def _folder(path: str) -> str:
    parts = unquote(path).replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", ".", ".."))


def _read(element: Element, above: str, reading: _Reading) -> None:
    name = above + element.name
    if name in _GROUPS:
        for child in element.children:
            _read(child, name + "/", reading)
    elif reader := _SECTIONS.get(name):
        _read_section(element, name, reader, reading)
    else:
        _pass_over(element, name, reading)


def _read_section(element: Element, name: str, reader: _Reader, reading: _Reading) -> None:
    if name in reading.seen:
        raise element.error(
            f"{name} is there twice",
            found=f"a second <{element.name}> (IIS answers 500.19, 0x800700B7: duplicate section)",
            fix="Put all its entries into one element.",
        )
    reading.seen.add(name)
    if where := is_left_out(element):
        reading.notes.append(Note(f"{name} {where}: its contents are not read yet", element.origin, True))
        return
    reading.level = reader(element, reading.level, reading.notes)


def _pass_over(element: Element, name: str, reading: _Reading) -> None:
    reason = _NOT_DONE.get(name)
    if reason is None:
        reading.notes.append(Note(f"{name} is passed over", element.origin, matters=False))
    elif (text(element, "enabled") or "true").strip().lower() != "false":
        reading.notes.append(Note(f"{name}: {reason}", element.origin, matters=True))
