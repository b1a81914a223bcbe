"""`handlers`: which module answers which path."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

from webstead.formats.webconfig.attributes import boolean, check, choice, integer, required, text
from webstead.formats.webconfig.configuration import Level
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import Access, Handler, HandlerKind, Note, ResourceType
from webstead.formats.webconfig.schema.collection import edits
from webstead.formats.webconfig.script import is_python

__all__ = ["read_handlers"]

_KINDS: dict[str, HandlerKind] = {
    "fastcgimodule": "fastcgi",
    "httpplatformhandler": "platform",
    "httpplatformhandlerv2": "platform",
    "aspnetcoremodule": "platform",
    "aspnetcoremodulev2": "platform",
    "staticfilemodule": "static",
    "defaultdocumentmodule": "static",
    "directorylistingmodule": "static",
    "protocolsupportmodule": "protocol",
}
_ATTRIBUTES = (
    "name",
    "path",
    "verb",
    "modules",
    "scriptProcessor",
    "type",
    "resourceType",
    "requireAccess",
    "allowPathInfo",
    "preCondition",
    "responseBufferLimit",
)
_RESOURCES: tuple[ResourceType, ...] = get_args(ResourceType)
_ACCESS: tuple[Access, ...] = get_args(Access)
_OTHER_FLAGS = ("source", "noremotewrite", "noremoteread", "noremoteexecute", "noremotescript")
_DEFAULT_MODULES = "ManagedPipelineHandler"
_RESPONSE_BUFFER = 4194304


def read_handlers(element: Element, level: Level, notes: list[Note]) -> Level:
    check(element, ("accessPolicy",), ("add", "remove", "clear"))
    found = edits(element, _handler, remove_by="name")
    return replace(level, handlers=found, access_policy=_access_policy(element))


def _handler(element: Element) -> tuple[str, Handler]:
    check(element, _ATTRIBUTES)
    name = required(element, "name").strip()
    modules = text(element, "modules") or _DEFAULT_MODULES
    script_processor = text(element, "scriptProcessor") or ""
    kind = _kind(modules)
    if kind == "fastcgi" and not is_python(script_processor):
        kind = "unsupported"
    limit = integer(element, "responseBufferLimit", 0, 4294967295)
    handler = Handler(
        name=name,
        path=_parts(required(element, "path")),
        verbs=_parts(required(element, "verb")),
        modules=modules,
        kind=kind,
        origin=element.origin,
        script_processor=script_processor,
        resource_type=choice(element, "resourceType", _RESOURCES) or "unspecified",
        pool=f"fastcgi:{script_processor}" if kind == "fastcgi" else None,
        require_access=choice(element, "requireAccess", _ACCESS) or "script",
        allow_path_info=boolean(element, "allowPathInfo") or False,
        response_buffer_limit=_RESPONSE_BUFFER if limit is None else limit,
    )
    return name, handler


def _kind(modules: str) -> HandlerKind:
    kinds = (_KINDS.get(module.lower()) for module in _parts(modules))
    return next((kind for kind in kinds if kind is not None), "unsupported")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in (raw.strip() for raw in text.split(",")) if part)


def _access_policy(element: Element) -> frozenset[Access] | None:
    written = text(element, "accessPolicy")
    if written is None:
        return None
    flags = {flag.lower() for flag in re.split(r"[,\s]+", written.strip()) if flag}
    unknown = flags - {*_ACCESS, *_OTHER_FLAGS}
    if unknown:
        raise element.error(
            "<handlers accessPolicy> has a flag that there is not",
            found=f"accessPolicy={written!r} (IIS answers 500.19, 0x8007000D)",
            fix="Write some of Read, Write, Script, Execute, separated by commas.",
            attribute="accessPolicy",
        )
    return frozenset(flag for flag in _ACCESS if flag in flags and flag != "none")
