"""One parsed `web.config` as values: its body and its locations, each a level of sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from webstead.formats.webconfig.model import AppSetting, Note, Origin
from webstead.formats.webconfig.schema.node import Node, lay
from webstead.formats.webconfig.schema.settings import APP_SETTINGS
from webstead.formats.webconfig.schema.written import Written

__all__ = ["Configuration", "Level", "Location"]


@dataclass(frozen=True, slots=True)
class Level:
    """What one file, or one `<location>` in it, says for its folder. sections: by path, as
    `system.webServer/handlers`. locked: those that files further down may not have (overrideMode="Deny"),
    with the place that says so. alone: each section over nothing but the server's defaults, in the site's
    root, which is how it was checked."""

    sections: Mapping[str, Written] = field(default_factory=dict)
    locked: Mapping[str, Origin] = field(default_factory=dict)
    alone: Mapping[str, Node] = field(default_factory=dict)


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
        written = self.body.sections.get(APP_SETTINGS.path)
        return () if written is None else APP_SETTINGS.view(lay(APP_SETTINGS.stock, written, ""))
