"""A strict reader of Prometheus' text format 0.0.4, for tests: what it does not accept, it raises for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Broken", "Found", "read"]

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_LINE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? ([0-9]+(?:\.[0-9]+)?)")
_COMMENT = re.compile(rf"# (HELP|TYPE) ({_NAME}) (.*)")
_ESCAPE = re.compile(r'\\(["\\n])')
_KINDS = ("counter", "gauge", "histogram")

Labels = tuple[tuple[str, str], ...]


class Broken(ValueError):
    """The text is not of the format."""


@dataclass
class Found:
    doc: str
    kind: str = ""
    samples: list[tuple[str, Labels, float]] = field(default_factory=list)


def read(text: str) -> dict[str, Found]:
    """Families by name, each with HELP, TYPE and its samples, in this order and together."""
    families: dict[str, Found] = {}
    name = ""
    if text and not text.endswith("\n"):
        raise Broken("the last line has no end")
    for line in text.split("\n")[:-1]:
        comment = _COMMENT.fullmatch(line)
        if comment:
            name = _comment(families, name, *comment.groups())
        else:
            _sample(families, name, line)
    for each, found in families.items():
        if found.kind == "histogram":
            _histogram(each, found)
    return families


def _comment(families: dict[str, Found], current: str, word: str, name: str, rest: str) -> str:
    if word == "HELP":
        if name in families:
            raise Broken(f"{name} comes twice")
        families[name] = Found(_plain(rest))
    elif name != current or families[name].kind or rest not in _KINDS:
        raise Broken(f"TYPE {name} {rest} is not expected")
    else:
        families[name].kind = rest
    return name


def _sample(families: dict[str, Found], family: str, line: str) -> None:
    found = _LINE.fullmatch(line)
    if not found:
        raise Broken(f"not a sample: {line!r}")
    name, labels, value = found.groups()
    owner = families.get(family)
    suffixes = ("_bucket", "_sum", "_count") if owner and owner.kind == "histogram" else ("",)
    if owner is None or not owner.kind or name not in [family + suffix for suffix in suffixes]:
        raise Broken(f"{name} belongs to no family")
    pairs = (each.split("=", 1) for each in re.findall(_LABEL, labels or ""))
    owner.samples.append((name, tuple((key, _plain(quoted[1:-1])) for key, quoted in pairs), float(value)))


def _histogram(name: str, found: Found) -> None:
    buckets = [(labels[-1], value) for each, labels, value in found.samples if each == f"{name}_bucket"]
    counts = [value for _, value in buckets]
    bounds = [float(bound) for (key, bound), _ in buckets if key == "le"]
    total = [value for each, _, value in found.samples if each == f"{name}_count"]
    if counts != sorted(counts) or bounds != sorted(bounds) or bounds[-1:] != [float("inf")]:
        raise Broken(f"the buckets of {name} do not rise to +Inf")
    if total != counts[-1:]:
        raise Broken(f"{name}_count is not the last bucket")


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found.group(1) == "n" else found.group(1), text)
