"""`handlers`: which module answers which path."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import Access, Handler, HandlerKind, ResourceType
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Flags, Number, Text
from webstead.formats.webconfig.schema.node import Item, Node, stock_item
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape
from webstead.formats.webconfig.script import GATEWAY, is_python, split_script_processor

__all__ = ["HANDLERS", "Handlers", "Placed", "gateway_item"]

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
_RESOURCES: tuple[ResourceType, ...] = get_args(ResourceType)
_ACCESS: tuple[Access, ...] = get_args(Access)
_CLASSIC = "classicmode"
"""The preCondition of handlers for IIS's old pipeline; here is one pipeline, as in its integrated mode."""
_IMPLIED = "Python_via_FastCGI"
_GIVEN = tuple(access for access in _ACCESS if access != "none")
_NOT_REMOTE = {f"noremote{access}": access for access in _GIVEN}

_ADD = Shape(
    {
        "name": Text(needed=True),
        "path": Text(needed=True),
        "verb": Text(needed=True),
        "modules": Text("ManagedPipelineHandler"),
        "scriptProcessor": Text(),
        "type": Text(),
        "resourceType": Choice(_RESOURCES, "unspecified"),
        "requireAccess": Choice(_ACCESS, "script"),
        "allowPathInfo": Flag(),
        "preCondition": Text(),
        "responseBufferLimit": Number(0, 4294967295, 4194304),
    }
)
_SHAPE = Shape(
    {
        "accessPolicy": Flags(
            (*_GIVEN, *_NOT_REMOTE), frozenset({"read", "script"}), frozenset({"source", "none"})
        )
    },
    items=Items(_ADD, ("name",), own_first=True),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A handler, and the folder of the level that adds it."""

    handler: Handler
    folder: str


@dataclass(frozen=True, slots=True)
class Handlers:
    """policy: what the folder's accessPolicy allows. not_remote: what it allows only who sits at this
    machine."""

    placed: tuple[Placed, ...]
    policy: frozenset[Access]
    not_remote: frozenset[Access] = frozenset()


def _handlers(node: Node) -> Handlers:
    flags = node.flags("accessPolicy")
    return Handlers(
        tuple(
            Placed(_handler(item.node), item.node.folder)
            for item in node.items
            if _CLASSIC not in item.node.text("preCondition").lower()
        ),
        frozenset(access for access in _ACCESS if access in flags),
        frozenset(access for flag, access in _NOT_REMOTE.items() if flag in flags),
    )


def _handler(node: Node) -> Handler:
    modules, script_processor = node.text("modules"), node.text("scriptProcessor")
    kind = _kind(modules)
    if kind == "fastcgi" and not is_python(script_processor):
        kind = "foreign" if split_script_processor(script_processor)[0] else "unsupported"
    return Handler(
        name=node.text("name").strip(),
        path=_parts(node.text("path")),
        verbs=_parts(node.text("verb")),
        modules=modules,
        kind=kind,
        origin=node.origin,
        script_processor=script_processor,
        managed_type=node.text("type"),
        resource_type=node.choice("resourceType", _RESOURCES),
        pool=f"fastcgi:{script_processor}" if kind in ("fastcgi", "foreign") else None,
        require_access=node.choice("requireAccess", _ACCESS),
        allow_path_info=node.flag("allowPathInfo"),
        response_buffer_limit=node.number("responseBufferLimit"),
    )


def _kind(modules: str) -> HandlerKind:
    kinds = (_KINDS.get(module.lower()) for module in _parts(modules))
    return next((kind for kind in kinds if kind is not None), "unsupported")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in (raw.strip() for raw in text.split(",")) if part)


_STATIC = "StaticFileModule,DefaultDocumentModule,DirectoryListingModule"
_STOCK = Node(
    _SHAPE,
    items=(
        *(
            stock_item(
                _ADD,
                f"{verb}VerbHandler",
                name=f"{verb}VerbHandler",
                path="*",
                verb=verb,
                modules="ProtocolSupportModule",
                requireAccess="none",
            )
            for verb in ("TRACE", "OPTIONS")
        ),
        stock_item(
            _ADD,
            "StaticFile",
            name="StaticFile",
            path="*",
            verb="*",
            modules=_STATIC,
            resourceType="either",
            requireAccess="read",
        ),
    ),
)


def gateway_item(setting: Element | None) -> Item:
    """The mapping that a file relies on which sets WSGI_HANDLER and maps no Python: as it stands in the
    server's own configuration on App Service. setting: where WSGI_HANDLER is set."""
    item = stock_item(
        _ADD,
        _IMPLIED,
        name=_IMPLIED,
        path="*",
        verb="*",
        modules="FastCgiModule",
        scriptProcessor=GATEWAY,
    )
    return Item(item.key, replace(item.node, element=setting))


HANDLERS = Section("system.webServer/handlers", _STOCK, _handlers)
