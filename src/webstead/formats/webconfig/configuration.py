"""One parsed `web.config` as values, and how the levels of a site are laid over each other.

Source: the IIS configuration system: child over parent, collections edited by add, remove and clear in
document order; `handlers` and `defaultDocument/files` put the child's items first (mergeAppend=false), other
collections append.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from webstead.formats.webconfig.model import Access, AppSetting, FastCgiApplication, Handler, Note, Origin
from webstead.formats.webconfig.rules import Rule

__all__ = [
    "Add",
    "Clear",
    "Configuration",
    "Edit",
    "Level",
    "Location",
    "PlatformSection",
    "Remove",
    "appended",
    "prepended",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Add(Generic[T]):
    """`<add …>` (or `mimeMap`, `rule`, `environmentVariable`). key: lower case, as collections compare their
    keys."""

    key: str
    value: T
    origin: Origin


@dataclass(frozen=True, slots=True)
class Remove:
    key: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Clear:
    origin: Origin


Edit = Add[T] | Remove | Clear
"""One line of a collection, in document order."""


@dataclass(frozen=True, slots=True)
class PlatformSection:
    """`httpPlatform` or `aspNetCore` of one level: None for an attribute that is inherited."""

    origin: Origin
    column: int = 0
    process_path: str | None = None
    arguments: str | None = None
    startup_seconds: float | None = None
    request_seconds: float | None = None
    shutdown_seconds: float | None = None
    startup_retries: int | None = None
    rapid_fails_per_minute: int | None = None
    processes: int | None = None
    log_enabled: bool | None = None
    log_file: str | None = None
    environment: tuple[Edit[AppSetting], ...] = ()
    recycle_on: tuple[Edit[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """What one file, or one `<location>` in it, says for its folder: collections as edits, None for what is
    inherited."""

    app_settings: tuple[Edit[AppSetting], ...] = ()
    handlers: tuple[Edit[Handler], ...] = ()
    access_policy: frozenset[Access] | None = None
    fastcgi: tuple[Edit[FastCgiApplication], ...] = ()
    http_platform: PlatformSection | None = None
    asp_net_core: PlatformSection | None = None
    rules: tuple[Edit[Rule], ...] = ()
    mime_maps: tuple[Edit[str], ...] = ()
    default_documents: tuple[Edit[str], ...] = ()
    default_document_enabled: bool | None = None
    allow_double_escaping: bool | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """`<location path=…>`: a level for a folder (or file) below. path: with `/`, "" for the file's own
    folder."""

    path: str
    level: Level
    origin: Origin
    inherit_in_child_applications: bool = True


@dataclass(frozen=True, slots=True)
class Configuration:
    """One parsed file: its body, its locations, and what of it is not done. `compile_site` merges a tree of
    these."""

    path: str
    body: Level = field(default_factory=Level)
    locations: tuple[Location, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def app_settings(self) -> tuple[AppSetting, ...]:
        """The file's own settings, after its removes and clears; those of locations are not among them."""
        return tuple(add.value for add in appended((), self.body.app_settings))


def appended(inherited: Iterable[Add[T]], edits: Iterable[Edit[T]]) -> tuple[Add[T], ...]:
    """The collection of a child that appends. A key that is there already is replaced at its place."""
    items = {add.key: add for add in inherited}
    for edit in edits:
        match edit:
            case Clear():
                items.clear()
            case Remove(key=key):
                items.pop(key, None)
            case Add(key=key):
                items[key] = edit
    return tuple(items.values())


def prepended(inherited: Sequence[Add[T]], edits: Sequence[Edit[T]]) -> tuple[Add[T], ...]:
    """The collection of a child that puts its own items, in their order, before those that it inherits."""
    own = appended((), edits)
    keys = {edit.key for edit in edits if not isinstance(edit, Clear)}
    cleared = any(isinstance(edit, Clear) for edit in edits)
    return (*own, *(() if cleared else (add for add in inherited if add.key not in keys)))
