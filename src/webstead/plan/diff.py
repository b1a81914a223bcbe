"""What changed between two plans, as their JSON has them: decisions first, then what follows from them.

Compared is what is decided, not why: evidence moves with every edit. A field that only one of the two knows,
because Webstead did not write it then, is no difference.
"""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from webstead.errors import UsageError
from webstead.plan.model import JSON_VERSION

__all__ = ["DIFF_VERSION", "Difference", "diff_as_json", "diff_as_text", "diff_plans", "read_plan_json"]

DIFF_VERSION = 1
"""Of `diff_as_json`; it grows when a field changes its meaning or goes."""

KNOWN_VERSIONS = frozenset({1})
"""Of plans that can be compared with one made now."""

_MADE_FROM = re.compile(r"<!-- Made by webstead from .*?-->\n?")
"""Evidence, in the text of a web.config that a plan has made."""

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Difference:
    """part: one of PARTS. subject: what of it, such as `web: instances`. before, after: as text; "" for what
    was not there, or is not there any more."""

    part: str
    subject: str
    what: Literal["added", "removed", "changed"]
    before: str = ""
    after: str = ""


def read_plan_json(text: bytes, name: str) -> Json:
    """The JSON of a plan that was made earlier. Raises UsageError for anything else."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unusable(name, f"it is no JSON: {error}") from None
    if not isinstance(data, dict):
        raise _unusable(name, "it is not the JSON of a plan")
    version = data.get("version")
    if "error" in data:
        raise _unusable(name, "it says why a plan could not be made, and holds none")
    if not isinstance(data.get("install"), list) or not isinstance(data.get("python"), dict):
        raise _unusable(name, "it is not the JSON of a plan")
    if not isinstance(version, int) or version not in KNOWN_VERSIONS:
        raise _unusable(
            name, f"its version is {version!r}; known: {', '.join(map(str, sorted(KNOWN_VERSIONS)))}"
        )
    return data


def _unusable(name: str, found: str) -> UsageError:
    return UsageError(
        f"{name} holds no plan to compare with.",
        found=found,
        fix="Make one with: webstead plan --json > OLD.json",
    )


def diff_plans(old: Json, new: Json) -> tuple[Difference, ...]:
    """All differences, in the order of PARTS."""
    return tuple(each for part, compare in PARTS.items() for each in compare(part, old, new))


def diff_as_json(differences: Sequence[Difference]) -> dict[str, object]:
    return {
        "version": DIFF_VERSION,
        "plan_version": JSON_VERSION,
        "same": not differences,
        "differences": [asdict(each) for each in differences],
    }


def diff_as_text(differences: Sequence[Difference]) -> str:
    """A heading for each part; `+` what came, `-` what went, `~` what changed. Ends with a line end."""
    if not differences:
        return "Nothing changed.\n"
    lines: list[str] = []
    for part in dict.fromkeys(each.part for each in differences):
        lines += ([""] if lines else []) + [part]
        for each in differences:
            lines += _lines(each) if each.part == part else []
    return "\n".join(lines) + "\n"


_MARKS = {"added": "+", "removed": "-", "changed": "~"}


def _lines(each: Difference) -> list[str]:
    head = f"  {_MARKS[each.what]} {each.subject}"
    if "\n" in each.before or "\n" in each.after:
        compared = difflib.unified_diff(each.before.splitlines(), each.after.splitlines(), n=1, lineterm="")
        return [head, *(f"      {line}" for line in list(compared)[2:])]
    if each.what == "changed":
        return [f"{head}: {each.before or 'nothing'} → {each.after or 'nothing'}"]
    value = each.after or each.before
    return [f"{head}: {value}" if value else head]


# Parts


Compare = Callable[[str, Json, Json], Iterator[Difference]]


def _object(plan: Json, name: str) -> Json | None:
    value = plan.get(name)
    return value if isinstance(value, dict) else None


def _objects(plan: Json, name: str) -> list[Json]:
    value = plan.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _one(name: str, fields: Sequence[str]) -> Compare:
    """A part that is one object, or none."""

    def compare(part: str, old: Json, new: Json) -> Iterator[Difference]:
        before, after = _object(old, name), _object(new, name)
        if before is None and after is None:
            return
        if before is None or after is None:
            there = before or after or {}
            shown = _shown(there.get("command") or there.get("source") or "")
            what: Literal["added", "removed"] = "added" if before is None else "removed"
            yield Difference(
                part, name, what, "" if before is None else shown, "" if after is None else shown
            )
            return
        yield from _fields(part, "", before, after, fields)

    return compare


def _many(name: str, key: Callable[[Json], str], fields: Sequence[str]) -> Compare:
    """A part that is a list of objects, which are the same where their keys are."""

    def compare(part: str, old: Json, new: Json) -> Iterator[Difference]:
        before, after = _keyed(_objects(old, name), key), _keyed(_objects(new, name), key)
        for label, each in before.items():
            if label not in after:
                yield Difference(part, label, "removed", before=_brief(each))
        for label, each in after.items():
            if label not in before:
                yield Difference(part, label, "added", after=_brief(each))
            else:
                yield from _fields(part, label, before[label], each, fields)

    return compare


def _keyed(objects: Sequence[Json], key: Callable[[Json], str]) -> dict[str, Json]:
    """By key; what has the same key as one before gets a number."""
    found: dict[str, Json] = {}
    for each in objects:
        label = name = key(each)
        number = 1
        while name in found:
            number += 1
            name = f"{label} ({number})"
        found[name] = each
    return found


def _fields(part: str, label: str, old: Json, new: Json, fields: Sequence[str]) -> Iterator[Difference]:
    for field in fields:
        if field not in old or field not in new or old[field] == new[field]:
            continue
        before, after = _shown(old[field]), _shown(new[field])
        if before != after:
            subject = f"{label}: {field}" if label and len(fields) > 1 else label or field
            yield Difference(part, subject, "changed", before, after)


def _brief(each: Json) -> str:
    value = each.get("summary") or each.get("command") or each.get("value") or each.get("fix") or ""
    return _shown(value)


def _shown(value: object) -> str:
    """A value of the JSON, for people: words as they are typed, settings as NAME=value."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _MADE_FROM.sub("", value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return shlex.join(value)
    if isinstance(value, list) and all(isinstance(each, dict) and "name" in each for each in value):
        return " ".join(f"{each.get('name')}={each.get('value')}" for each in value)
    if isinstance(value, dict) and "status" in value:
        return _shown(value["status"])
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _text_of(name: str) -> Callable[[Json], str]:
    return lambda each: _shown(each.get(name))


def _step(each: Json) -> str:
    return " ".join(filter(None, [_shown(each.get("kind")), _shown(each.get("path"))]))


_OF_PROCESSES = (
    *("protocol", "target", "command", "directory", "environment", "python_path", "instances", "threads"),
    *("startup_seconds", "log_file", "serve_on_failure", "renewed_for", "foreign", "policies"),
)

PARTS: Mapping[str, Compare] = {
    "Start": _one("start", ("interface", "target", "command", "directory")),
    "No start": _many("questions", _text_of("text"), ()),
    "Python": _one("python", ("version", "implementation", "support")),
    "Build": _many("install", _step, ("summary", "words", "inputs", "may_fail")),
    "Processes": _many("processes", _text_of("label"), _OF_PROCESSES),
    "Settings": _many("settings", _text_of("name"), ("value",)),
    "web.config": _one("webconfig", ("source", "path", "text")),
    "Laid over it": _many("nested", _text_of("path"), ("source", "text")),
    "Static files": _many("virtual", _text_of("path"), ("kind",)),
    "Warnings": _many("warnings", _text_of("text"), ("fix",)),
}
"""Decisions first; each part with what compares it."""
