"""Which packages of a lock are installed in one environment, and which the lock does not have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from webstead.project.manifests.locks.constraints import admits
from webstead.project.manifests.locks.model import Lock, Need, Pin

__all__ = ["Selection", "select"]


_NONE = Version("0.dev0")


@dataclass(frozen=True, slots=True)
class Selection:
    """pins: what is installed, by name. missing: what is asked for and not fixed. others: what is asked for,
    with the fixed version that is none of those."""

    pins: tuple[Pin, ...]
    missing: tuple[Need, ...] = ()
    others: tuple[tuple[Need, Pin], ...] = ()


def select(lock: Lock, environment: Mapping[str, str]) -> Selection:
    """environment: the markers of PEP 508 with their values, without `extra`."""
    roots = tuple(need for need in lock.roots or () if _wanted(need, environment, ("",)))
    by_name: dict[str, list[Pin]] = {}
    for pin in lock.pins:
        by_name.setdefault(pin.name, []).append(pin)
    missing, others = _unmet(roots, by_name)
    if lock.flat or lock.roots is None:
        flat = [pin for pin in lock.pins if pin.production and _holds(pin.marker, environment, ("",))]
        fitting = [pin for pin in flat if _fits(pin, environment)]
        named = {pin.name for pin in fitting}
        rest = (pin for pin in flat if pin.name not in named)  # uv says why they cannot be installed
        return Selection(_once((*fitting, *rest)), missing, others)
    walk = _Walk(by_name, environment)
    walk.take(roots)
    return Selection(_once(walk.found.values()), missing, others)


def _once(pins: Iterable[Pin]) -> tuple[Pin, ...]:
    """One of each name, the newest: a lock has several where it has one for each Python or system, or the
    same one again with an extra."""
    chosen: dict[str, Pin] = {}
    for pin in pins:
        other = chosen.get(pin.name)
        if other is None or (pin.release or _NONE) > (other.release or _NONE):
            chosen[pin.name] = pin
    return tuple(chosen[name] for name in sorted(chosen))


def _unmet(
    roots: Iterable[Need], by_name: Mapping[str, list[Pin]]
) -> tuple[tuple[Need, ...], tuple[tuple[Need, Pin], ...]]:
    missing, others = [], []
    for need in roots:
        pins = by_name.get(canonicalize_name(need.name), [])
        if not pins:
            missing.append(need)
        elif not any(_is(pin, need.version) for pin in pins):
            others.append((need, pins[0]))
    return tuple(missing), tuple(others)


def _is(pin: Pin, version: str) -> bool:
    """By PEP 440 where it is that; a lock that Poetry made is asked in Poetry's words."""
    if not pin.release or not version:
        return True
    try:
        return SpecifierSet(version, prereleases=True).contains(pin.version)
    except InvalidSpecifier:
        return admits(version, pin.version)


def _holds(marker: str, environment: Mapping[str, str], extras: Iterable[str]) -> bool:
    return not marker or any(Marker(marker).evaluate({**environment, "extra": extra}) for extra in extras)


def _fits(pin: Pin, environment: Mapping[str, str]) -> bool:
    return admits(pin.python, environment["python_full_version"])


def _wanted(need: Need, environment: Mapping[str, str], extras: Iterable[str]) -> bool:
    return admits(need.python, environment["python_full_version"]) and _holds(
        need.marker, environment, extras
    )


class _Walk:
    """From what is asked for to all that it needs."""

    def __init__(self, by_name: Mapping[str, list[Pin]], environment: Mapping[str, str]) -> None:
        self._by_name = by_name
        self._environment = environment
        self._seen: set[tuple[Pin, tuple[str, ...]]] = set()
        self.found: dict[tuple[str, str], Pin] = {}

    def take(self, needs: Iterable[Need]) -> None:
        waiting = list(needs)
        while waiting:
            need = waiting.pop()
            for pin in self._pins(need):
                state = (pin, need.extras)
                if state not in self._seen:
                    self._seen.add(state)
                    self.found.setdefault((pin.name, pin.version), pin)
                    waiting += self._needs(pin, need.extras)

    def _pins(self, need: Need) -> Iterator[Pin]:
        """The one that is fixed for it here, and, where a lock has them, the entries of its extras."""
        here = [
            pin
            for pin in self._by_name.get(canonicalize_name(need.name), ())
            if _holds(pin.marker, self._environment, ("", *need.extras))
        ]
        runs = [pin for pin in here if _fits(pin, self._environment)] or here
        fitting = [pin for pin in runs if _is(pin, need.version)] or runs
        plain = [pin for pin in fitting if not pin.extras]
        yield from _once(plain)
        yield from (pin for pin in fitting if pin.extras and set(pin.extras) <= set(need.extras))

    def _needs(self, pin: Pin, extras: tuple[str, ...]) -> Iterator[Need]:
        asked = ("", *extras)
        for need in pin.needs:
            if _wanted(need, self._environment, asked):
                yield need
