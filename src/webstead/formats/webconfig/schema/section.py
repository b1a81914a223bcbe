"""A section: where it stands, what it may hold, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from webstead.formats.webconfig.model import Note
from webstead.formats.webconfig.schema.node import Node
from webstead.formats.webconfig.schema.shape import Shape

__all__ = ["AnySection", "Section"]

T = TypeVar("T")


def _no_notes(node: Node) -> Iterable[Note]:
    return ()


class AnySection(Protocol):
    """A section, whatever is made of it."""

    @property
    def path(self) -> str: ...

    @property
    def stock(self) -> Node: ...

    @property
    def notes(self) -> Callable[[Node], Iterable[Note]]: ...

    @property
    def shape(self) -> Shape: ...

    def check(self, node: Node) -> None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Section(Generic[T]):
    """path: as `system.webServer/handlers`. stock: what the server itself has of it. view: the values that
    the engines work with; raises ConfigError for what only shows when attributes are taken together. It must
    not keep the node. notes: what of one file's element is understood and not done, or a likely mistake.

    partial: view cannot be asked of one file alone, which may leave to its parents what is needed.
    """

    path: str
    stock: Node
    view: Callable[[Node], T]
    notes: Callable[[Node], Iterable[Note]] = _no_notes
    partial: bool = False
    _made: WeakKeyDictionary[Node, T] = field(default_factory=WeakKeyDictionary)

    @property
    def shape(self) -> Shape:
        return self.stock.shape

    def of(self, node: Node) -> T:
        """The view of a node, made once."""
        found = self._made.get(node)
        if found is None:
            found = self._made[node] = self.view(node)
        return found

    def check(self, node: Node) -> None:
        """Of one file alone: raises ConfigError for its mistakes."""
        if not self.partial:
            self.of(node)
