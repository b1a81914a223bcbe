"""From the files of a site to what is in force in each of its folders.

The server's own defaults, then the files from the root down; in one file its body, then its locations. A
location's level lies over the file's, and a file in that folder lies over both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from webstead.formats.webconfig.configuration import Configuration, Level
from webstead.formats.webconfig.model import AppSetting, Note, Origin
from webstead.formats.webconfig.schema.handlers import HANDLERS, gateway_item
from webstead.formats.webconfig.schema.locks import locked
from webstead.formats.webconfig.schema.node import Item, Node, lay
from webstead.formats.webconfig.schema.section import AnySection, Section
from webstead.formats.webconfig.schema.settings import APP_SETTINGS
from webstead.formats.webconfig.schema.written import Written, key_texts
from webstead.formats.webconfig.sections import SECTIONS

__all__ = ["Effective", "effective_folders", "find_setting"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Effective:
    """What is in force in one folder ("" for the site's root). nodes: of the sections that some file has.
    locked: the sections that files further down may not have."""

    folder: str
    nodes: Mapping[str, Node] = field(default_factory=dict)
    locked: Mapping[str, Origin] = field(default_factory=dict)

    def node(self, section: AnySection) -> Node:
        return self.nodes.get(section.path, section.stock)

    def of(self, section: Section[T]) -> T:
        return section.of(self.node(section))


def effective_folders(
    configs: Sequence[tuple[str, Configuration]], notes: list[Note]
) -> dict[str, Effective]:
    """What is in force, by folder in lower case; always with the root. Raises ConfigError for what is locked
    above."""
    levels = _levels(configs)
    base = Effective("")
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


def find_setting(effective: Effective, name: str) -> AppSetting | None:
    """The app setting of this name; case does not count."""
    wanted = name.lower()
    return next((found for found in effective.of(APP_SETTINGS) if found.key.lower() == wanted), None)


def _has_python(root: Effective) -> bool:
    return any(placed.handler.kind in ("fastcgi", "platform") for placed in root.of(HANDLERS).placed)


def _with_implied(base: Effective, root: Effective) -> Effective:
    """The server's own mapping, for a file that relies on it: before the other stock handlers, as on App
    Service."""
    setting = next(item.node for item in root.node(APP_SETTINGS).items if item.key == "wsgi_handler")
    node = base.node(HANDLERS)
    handlers = replace(node, items=(gateway_item(setting.element), *node.items))
    return replace(base, nodes={**base.nodes, HANDLERS.path: handlers})


def _lay(parent: Effective, folder: str, levels: Iterable[tuple[str, Level]], notes: list[Note]) -> Effective:
    effective = replace(parent, folder=folder)
    for _, level in levels:
        effective = _lay_one(effective, folder, level, notes)
    return effective


def _lay_one(parent: Effective, folder: str, level: Level, notes: list[Note]) -> Effective:
    nodes = dict(parent.nodes)
    for name, written in level.sections.items():
        if name in parent.locked:
            raise locked(written.element, f"the section {name}", parent.locked[name])
        above = parent.node(SECTIONS[name])
        notes.extend(_doubles(above, written))
        alone = not folder and above is SECTIONS[name].stock
        nodes[name] = level.alone[name] if alone else lay(above, written, folder)
    return Effective(folder, nodes, {**parent.locked, **level.locked})


def _doubles(above: Node, written: Written) -> Iterator[Note]:
    """A file that adds what its parent has: IIS answers 500.19; here the nearer one counts."""
    items = written.shape.items
    inherited: dict[str, Item] = {item.key: item for item in above.items if item.node.origin.line}
    for edit in written.edits:
        if edit.kind == "clear":
            inherited.clear()
        elif edit.kind == "remove":
            inherited.pop(edit.key, None)
        elif items is not None and items.repeated == "refused" and edit.key in inherited:
            name = "|".join(key_texts(edit.element, items))
            what = f"{written.element.name} {name!r}"
            text = f"{what} is in a folder above too; this one counts (IIS answers 500.19)"
            yield Note(text, edit.element.origin, matters=True)
    for name, below in written.elements.items():
        yield from _doubles(above.child(name), below)
