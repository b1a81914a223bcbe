"""From the files of a site to what is in force in each of its folders.

The server's own defaults, then the files from the root down; in one file its body, then its locations. A
location's level lies over the file's, and a file in that folder lies over both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from webstead.formats.webconfig.configuration import (
    Add,
    Clear,
    Configuration,
    Edit,
    Level,
    Remove,
    appended,
    prepended,
)
from webstead.formats.webconfig.model import (
    Access,
    AppSetting,
    FastCgiApplication,
    Handler,
    Note,
    Origin,
)
from webstead.formats.webconfig.platforms import Platform, PlatformKind, platforms_over
from webstead.formats.webconfig.rules import Rule
from webstead.formats.webconfig.script import GATEWAY

__all__ = ["Effective", "Placed", "effective_folders", "find_setting"]

_STOCK = Origin("the server's defaults", 0)
_STOCK_HANDLERS = (
    Handler(
        "TRACEVerbHandler",
        ("*",),
        ("TRACE",),
        "ProtocolSupportModule",
        "protocol",
        _STOCK,
        require_access="none",
    ),
    Handler(
        "OPTIONSVerbHandler",
        ("*",),
        ("OPTIONS",),
        "ProtocolSupportModule",
        "protocol",
        _STOCK,
        require_access="none",
    ),
    Handler(
        "StaticFile",
        ("*",),
        ("*",),
        "StaticFileModule,DefaultDocumentModule,DirectoryListingModule",
        "static",
        _STOCK,
        resource_type="either",
        require_access="read",
    ),
)
_STOCK_DOCUMENTS = ("Default.htm", "Default.asp", "index.htm", "index.html", "iisstart.htm")
_STOCK_POLICY: frozenset[Access] = frozenset({"read", "script"})
_IMPLIED = "Python_via_FastCGI"


@dataclass(frozen=True, slots=True)
class Placed:
    """A handler or rule, and the folder of the level that adds it."""

    handler: Handler
    folder: str


@dataclass(frozen=True, slots=True)
class Effective:
    """What is in force in one folder ("" for the site's root)."""

    folder: str
    handlers: tuple[Add[Placed], ...]
    policy: frozenset[Access] = _STOCK_POLICY
    app_settings: tuple[Add[AppSetting], ...] = ()
    fastcgi: tuple[Add[FastCgiApplication], ...] = ()
    platforms: Mapping[PlatformKind, Platform] = field(default_factory=dict)
    rules: tuple[Add[tuple[str, Rule]], ...] = ()
    mime_maps: tuple[Add[str], ...] = ()
    documents: tuple[Add[str], ...] = ()
    documents_enabled: bool = True
    allow_double_escaping: bool = False


def effective_folders(
    configs: Sequence[tuple[str, Configuration]], notes: list[Note]
) -> dict[str, Effective]:
    """What is in force, by folder in lower case; always with the root."""
    levels = _levels(configs)
    base = _stock()
    root = _lay(base, "", levels.get("", ()), notes=[])
    if find_setting(root, "WSGI_HANDLER") and not _has_python(root):
        base = _with_implied(base, root)
    folders: dict[str, Effective] = {}
    for key in sorted({"", *levels}, key=lambda folder: (folder.count("/"), folder)):
        parent = _nearest(folders, key) if key else base
        name = next((name for name, _ in levels.get(key, ())), "")
        folders[key] = _lay(parent, name, levels.get(key, ()), notes)
    return folders


def _levels(configs: Sequence[tuple[str, Configuration]]) -> dict[str, tuple[tuple[str, Level], ...]]:
    """The levels of each folder, outermost file first. The key is the folder in lower case, the name as
    written."""
    found: dict[str, tuple[tuple[str, Level], ...]] = {}
    for raw, configuration in sorted(
        configs, key=lambda pair: _normal(pair[0]).count("/") + bool(_normal(pair[0]))
    ):
        folder = _normal(raw)
        found[folder.lower()] = (*found.get(folder.lower(), ()), (folder, configuration.body))
        for location in configuration.locations:
            name = f"{folder}/{location.path}".strip("/")
            found[name.lower()] = (*found.get(name.lower(), ()), (name, location.level))
    return found


def _normal(folder: str) -> str:
    return "/".join(part for part in folder.replace("\\", "/").split("/") if part not in ("", "."))


def _nearest(folders: Mapping[str, Effective], key: str) -> Effective:
    while key:
        key = key.rpartition("/")[0]
        if key in folders:
            return folders[key]
    return folders[""]


def _stock() -> Effective:
    return Effective(
        folder="",
        handlers=tuple(_placed(handler, "") for handler in _STOCK_HANDLERS),
        documents=tuple(Add(name.lower(), name, _STOCK) for name in _STOCK_DOCUMENTS),
    )


def _placed(handler: Handler, folder: str) -> Add[Placed]:
    return Add(handler.name.lower(), Placed(handler, folder), handler.origin)


def find_setting(effective: Effective, name: str) -> AppSetting | None:
    """The app setting of this name; case does not count."""
    return next((add.value for add in effective.app_settings if add.key == name.lower()), None)


def _has_python(root: Effective) -> bool:
    return any(add.value.handler.kind in ("fastcgi", "platform") for add in root.handlers)


def _with_implied(base: Effective, root: Effective) -> Effective:
    """The server's own mapping, for a file that relies on it: before the other stock handlers, as on App
    Service."""
    setting = find_setting(root, "WSGI_HANDLER")
    origin = setting.origin if setting else _STOCK
    handler = Handler(
        _IMPLIED,
        ("*",),
        ("*",),
        "FastCgiModule",
        "fastcgi",
        origin,
        script_processor=GATEWAY,
        pool=f"fastcgi:{GATEWAY}",
    )
    return replace(base, handlers=(_placed(handler, ""), *base.handlers))


def _lay(parent: Effective, folder: str, levels: Iterable[tuple[str, Level]], notes: list[Note]) -> Effective:
    effective = replace(parent, folder=folder)
    for _, level in levels:
        _note_doubles(effective, level, notes)
        effective = _lay_one(effective, folder, level)
    return effective


def _lay_one(parent: Effective, folder: str, level: Level) -> Effective:
    enabled = level.default_document_enabled
    double = level.allow_double_escaping
    return Effective(
        folder=folder,
        handlers=prepended(parent.handlers, [_place(edit, folder) for edit in level.handlers]),
        policy=parent.policy if level.access_policy is None else level.access_policy,
        app_settings=appended(parent.app_settings, level.app_settings),
        fastcgi=appended(parent.fastcgi, level.fastcgi),
        platforms=platforms_over(parent.platforms, folder, level),
        rules=appended(parent.rules, [_place_rule(edit, folder) for edit in level.rules]),
        mime_maps=appended(parent.mime_maps, level.mime_maps),
        documents=prepended(parent.documents, level.default_documents),
        documents_enabled=parent.documents_enabled if enabled is None else enabled,
        allow_double_escaping=parent.allow_double_escaping if double is None else double,
    )


def _place(edit: Edit[Handler], folder: str) -> Edit[Placed]:
    return Add(edit.key, Placed(edit.value, folder), edit.origin) if isinstance(edit, Add) else edit


def _place_rule(edit: Edit[Rule], folder: str) -> Edit[tuple[str, Rule]]:
    return Add(edit.key, (folder, edit.value), edit.origin) if isinstance(edit, Add) else edit


def _note_doubles(parent: Effective, level: Level, notes: list[Note]) -> None:
    """A file that adds what its parent has: IIS answers 500.19; here the nearer one counts."""
    inherited = {add.key for add in parent.handlers if add.origin is not _STOCK}
    for edit in level.handlers:
        if isinstance(edit, Clear):
            inherited.clear()
        elif isinstance(edit, Remove):
            inherited.discard(edit.key)
        elif edit.key in inherited:
            text = (
                f"handler {edit.value.name!r} is in a folder above too; this one counts (IIS answers 500.19)"
            )
            notes.append(Note(text, edit.origin, matters=True))
