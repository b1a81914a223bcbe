"""Routes that were found, kept for requests that are equal in all that was looked at to find them.

What of the headers was looked at shows while a route is looked for: nothing, mostly; or some, and then the
route is kept for requests in which these are the same (as a cache goes by `Vary`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from webstead.front.limits import KEPT_HEADERS, KEPT_KEY, ROUTES_CACHED

__all__ = ["KeptRoutes", "SeenHeaders"]

T = TypeVar("T")
Key = tuple[object, ...]
_TEXTS = (str, bytes)
_SECRET = frozenset({b"authorization", b"cookie"})


class SeenHeaders(Mapping[str, str]):
    """The request's headers, which know what of them was looked at. Host does not count, as it is part of
    the key. names: None when all were."""

    __slots__ = ("_headers", "names")

    def __init__(self, headers: Mapping[bytes, bytes]) -> None:
        self._headers = headers
        self.names: set[bytes] | None = set()

    def __getitem__(self, name: str) -> str:
        raw = name.encode("latin-1", "replace")
        if self.names is not None and raw != b"host":
            self.names.add(raw)
        return self._headers[raw].decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        self.names = None
        return (name.decode("latin-1") for name in self._headers)

    def __len__(self) -> int:
        self.names = None
        return len(self._headers)


@dataclass(frozen=True, slots=True)
class _Varies:
    """In the place of a route: these headers are part of its key."""

    names: tuple[bytes, ...]

    @classmethod
    def of(cls, names: set[bytes], before: object) -> _Varies:
        """These, and those that were known before."""
        return cls(tuple(sorted(names.union(before.names) if isinstance(before, _Varies) else names)))


@dataclass(slots=True)
class KeptRoutes(Generic[T]):
    """Two generations: what is used of the old one moves to the new one, and the rest goes when that is full.
    So many addresses that are asked once do not drive out those that are asked often."""

    _new: dict[Key, T | _Varies] = field(default_factory=dict)
    _old: dict[Key, T | _Varies] = field(default_factory=dict)

    def get(self, key: Key, headers: Mapping[bytes, bytes]) -> T | None:
        found = self._find(key)
        if isinstance(found, _Varies):
            found = self._find(_with(key, found, headers))
        return None if isinstance(found, _Varies) else found

    def keep(self, key: Key, headers: Mapping[bytes, bytes], seen: SeenHeaders, route: T) -> None:
        """Unless it is too long, or goes by a secret. key: without headers."""
        if seen.names is None or seen.names & _SECRET:
            return
        before = self._find(key)
        whole = key
        if seen.names or isinstance(before, _Varies):
            varies = _Varies.of(seen.names, before)
            whole = _with(key, varies, headers)
            if len(varies.names) > KEPT_HEADERS or _length(whole) > KEPT_KEY:
                return
            if varies != before:
                self._put(key, varies)
        if _length(whole) <= KEPT_KEY:
            self._put(whole, route)

    def _find(self, key: Key) -> T | _Varies | None:
        found = self._new.get(key)
        if found is None:
            found = self._old.get(key)
            if found is not None:
                self._put(key, found)
        return found

    def _put(self, key: Key, value: T | _Varies) -> None:
        if len(self._new) >= ROUTES_CACHED // 2:
            self._old, self._new = self._new, {}
        self._new[key] = value


def _length(key: Key) -> int:
    length = 0
    for part in key:
        if isinstance(part, _TEXTS):
            length += len(part)
    return length


def _with(key: Key, varies: _Varies, headers: Mapping[bytes, bytes]) -> Key:
    return (*key, *[headers.get(name) for name in varies.names])
