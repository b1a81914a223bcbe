"""Locks: what an element says that the files below it may not change.

Source: the IIS configuration reference, lockAttributes, lockAllAttributesExcept, lockElements,
lockAllElementsExcept and lockItem. IIS refuses a file that changes what is locked with 500.19 (0x80070021).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from webstead.formats.webconfig.attributes import boolean, text
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import Origin

__all__ = ["NO_LOCKS", "Locks", "locked", "read_locks"]


@dataclass(frozen=True, slots=True)
class Locks:
    """attributes, elements: the names that are locked. other_attributes, other_elements: those that are not,
    where all others are."""

    attributes: frozenset[str] = frozenset()
    elements: frozenset[str] = frozenset()
    other_attributes: frozenset[str] | None = None
    other_elements: frozenset[str] | None = None
    item: bool = False

    def locks_attribute(self, name: str) -> bool:
        return _is_locked(name, self.attributes, self.other_attributes)

    def locks_element(self, name: str) -> bool:
        return _is_locked(name, self.elements, self.other_elements)

    def over(self, above: Locks) -> Locks:
        """These, and those from above."""
        if self is NO_LOCKS:
            return above
        return Locks(
            self.attributes | above.attributes,
            self.elements | above.elements,
            _fewer(self.other_attributes, above.other_attributes),
            _fewer(self.other_elements, above.other_elements),
            self.item or above.item,
        )


NO_LOCKS = Locks()


def _is_locked(name: str, names: frozenset[str], others: frozenset[str] | None) -> bool:
    return name in names or "*" in names or (others is not None and name not in others)


def _fewer(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second


def read_locks(element: Element) -> Locks:
    """Raises ConfigError for a lockItem that is no bool."""
    if not any(name.startswith("lock") for name in element.attributes):
        return NO_LOCKS
    return Locks(
        _names(element, "lockAttributes") or frozenset(),
        _names(element, "lockElements") or frozenset(),
        _names(element, "lockAllAttributesExcept"),
        _names(element, "lockAllElementsExcept"),
        boolean(element, "lockItem") or False,
    )


def _names(element: Element, name: str) -> frozenset[str] | None:
    written = text(element, name)
    return None if written is None else frozenset(part for part in re.split(r"[,;\s]+", written) if part)


def locked(element: Element, what: str, by: Origin) -> Exception:
    """The refusal of a change. what: as `the attribute enabled`."""
    return element.error(
        f"<{element.name}> changes what is locked",
        found=f"{what} is locked at {by} (IIS answers 500.19, 0x80070021)",
        fix=f"Remove it here, or the lock at {by}.",
    )
