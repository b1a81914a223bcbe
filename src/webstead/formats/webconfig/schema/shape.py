"""What an element of a section may hold: a table for each, as IIS's schema files have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from webstead.formats.webconfig.schema.kinds import Kind

__all__ = ["Items", "Shape"]


@dataclass(frozen=True, slots=True)
class Shape:
    """attributes: by name, which is case-sensitive. elements: those that are there once. items: of a
    collection, which may stand beside attributes and elements."""

    attributes: Mapping[str, Kind] = field(default_factory=dict)
    elements: Mapping[str, Shape] = field(default_factory=dict)
    items: Items | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A collection. add: the element of an item. key: the attributes that tell items apart; their case does
    not count. removable: `<remove>` names an item by its key; without it only `<clear>` is possible.

    own_first: a child's items stand before those that it inherits (mergeAppend=false of IIS's schema).
    repeated: what a key that is there already in this file means: IIS refuses it (500.19), but for
    appSettings, where the later one counts. keyless: items without a key are passed over. case_counts: keys
    that differ in case are different ones. many: the server has hundreds itself, which are not listed one by
    one. guards: a key that a folder above has is refused, as IIS does with all: nobody turns round unawares
    who may come in.
    """

    shape: Shape
    key: tuple[str, ...]
    add: str = "add"
    removable: bool = True
    own_first: bool = False
    repeated: Literal["refused", "later counts"] = "refused"
    keyless: bool = False
    case_counts: bool = False
    many: bool = False
    guards: bool = False
