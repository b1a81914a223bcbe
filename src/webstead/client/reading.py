"""Answers of a server as values: members are read with their types, or the answer is none. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from webstead.errors import RemoteError

__all__ = ["Fields", "fields_of", "items_of", "time_of"]


@dataclass(frozen=True, slots=True)
class Fields:
    """The members of a JSON object. what: it is, for errors. A missing member, or null, is "", 0, False."""

    members: dict[str, object]
    what: str

    def text(self, name: str) -> str:
        value = self.members.get(name)
        return value if isinstance(value, str) else ""

    def needed(self, name: str) -> str:
        """Raises RemoteError when it is no text, or empty."""
        if not (text := self.text(name)):
            raise _not_understood(self.what, f"no {name}")
        return text

    def number(self, name: str) -> int:
        value = self.members.get(name)
        return value if isinstance(value, int) else 0

    def flag(self, name: str) -> bool:
        return self.members.get(name) is True

    def time(self, name: str) -> datetime | None:
        return time_of(self.text(name))

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.members.get(name)
        return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

    def inner(self, name: str) -> Fields:
        value = self.members.get(name)
        return Fields(value if isinstance(value, dict) else {}, f"{self.what}, {name}")


def fields_of(value: object, what: str) -> Fields:
    """Raises RemoteError for what is no object."""
    if not isinstance(value, dict):
        raise _not_understood(what, f"{type(value).__name__} in place of an object")
    return Fields(value, what)


def items_of(value: object, what: str) -> Iterator[Fields]:
    """Of a list of objects. Raises RemoteError."""
    if not isinstance(value, list):
        raise _not_understood(what, f"{type(value).__name__} in place of a list")
    return iter([fields_of(each, what) for each in value])


def time_of(text: str) -> datetime | None:
    """Of ISO 8601, also with .NET's seven digits; None for what is none. In UTC where it does not say."""
    head, dot, rest = text.partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{head}.{digits[:6].ljust(6, '0')}{rest[len(digits) :]}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _not_understood(what: str, found: str) -> RemoteError:
    return RemoteError(
        "The answer is not understood.",
        found=f"{what}: {found}",
        fix="Is the address that of a management? It is named NAME.scm.DOMAIN.",
    )
