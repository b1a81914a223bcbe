"""The rewrite engine a second time: slow and plain, from the reference, sharing nothing with the first.

Rules are values of its own, not parsed from a file; a text with references is a list of parts; patterns are
Python's. It has no index, no limits and no trace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Literal
from urllib.parse import quote, unquote
from xml.sax.saxutils import quoteattr

__all__ = [
    "Outcome",
    "Part",
    "SlowCondition",
    "SlowRequest",
    "SlowRule",
    "as_xml",
    "condition_xml",
    "slow_rewrite",
]

Part = tuple[str, object]
"""("text", …), ("R", n), ("C", n), ("var", name), ("fn", (name, parts)), ("map", (name, parts))."""
Parts = tuple[Part, ...]


@dataclass(frozen=True)
class SlowCondition:
    input: Parts
    pattern: str
    kind: str = "Pattern"
    ignore_case: bool = True
    negate: bool = False


@dataclass(frozen=True)
class SlowRule:
    name: str
    pattern: str
    syntax: str = "ECMAScript"
    ignore_case: bool = True
    negate: bool = False
    conditions: tuple[SlowCondition, ...] = ()
    match_any: bool = False
    track: bool = False
    sets: tuple[tuple[str, Parts, bool], ...] = ()
    action: str = "None"
    url: Parts = ()
    append: bool = True
    status: int = 301
    stop: bool = False
    enabled: bool = True


@dataclass(frozen=True)
class SlowRequest:
    path: str
    query: str
    headers: Mapping[str, str]
    files: Mapping[str, Literal["file", "folder", "none"]]


@dataclass
class Outcome:
    """kind: "goes on", "redirect", "custom" or "abort"."""

    path: str
    query: str
    kind: str = "goes on"
    rewritten: bool = False
    location: str = ""
    status: int = 0
    variables: dict[str, str] = field(default_factory=dict)


@dataclass
class _Scene:
    request: SlowRequest
    maps: Mapping[str, tuple[Mapping[str, str], str]]
    outcome: Outcome
    rule_groups: list[str] = field(default_factory=list)
    condition_groups: list[str] = field(default_factory=list)


SAFE = "-._~:/?#[]@!$&'()*+,;=%"
TYPES = {301: "Permanent", 302: "Found", 303: "SeeOther", 307: "Temporary"}


def slow_rewrite(
    rules: tuple[tuple[str, SlowRule], ...],
    request: SlowRequest,
    maps: Mapping[str, tuple[Mapping[str, str], str]],
) -> Outcome:
    scene = _Scene(request, maps, Outcome(request.path, request.query))
    for folder, rule in rules:
        if not rule.enabled or not _applies(rule, folder, scene):
            continue
        for name, value, replace in rule.sets:
            if replace or _variable(name, scene) == "":
                scene.outcome.variables[name] = _text(value, scene, False)
        if _act(rule, folder, scene) or rule.stop:
            break
    return scene.outcome


def _applies(rule: SlowRule, folder: str, scene: _Scene) -> bool:
    path = scene.outcome.path
    prefix = f"/{folder}" if folder else ""
    if folder and not (path.lower() + "/").startswith(prefix.lower() + "/"):
        return False
    subject = path[len(prefix) :].removeprefix("/")
    found = _search(rule.pattern, rule.syntax, rule.ignore_case, subject)
    if rule.negate == (found is not None):
        return False
    scene.rule_groups = [] if rule.negate or found is None else found
    scene.condition_groups = []
    results = []
    for condition in rule.conditions:
        results.append(_holds(condition, rule, scene))
        if results[-1] == rule.match_any:
            break
    if not rule.conditions:
        return True
    return any(results) if rule.match_any else all(results)


def _holds(condition: SlowCondition, rule: SlowRule, scene: _Scene) -> bool:
    text = _text(condition.input, scene, False)
    if condition.kind != "Pattern":
        place = "/" + "/".join(part for part in text.split("/") if part)
        stands = scene.request.files.get(place, "none")
        return (stands == {"IsFile": "file", "IsDirectory": "folder"}[condition.kind]) != condition.negate
    found = _search(condition.pattern, rule.syntax, condition.ignore_case, text)
    if found is not None and not condition.negate:
        if rule.track and scene.condition_groups:
            scene.condition_groups = scene.condition_groups + found[1:]
        else:
            scene.condition_groups = found
    return (found is not None) != condition.negate


def _search(pattern: str, syntax: str, ignore_case: bool, text: str) -> list[str] | None:
    flags = re.IGNORECASE if ignore_case else 0
    if syntax == "ExactMatch":
        pattern = r"\A" + re.escape(pattern) + r"\Z"
    elif syntax == "Wildcard":
        flags |= re.DOTALL
        pattern = r"\A" + "".join({"*": "(.*)", "?": "."}.get(c) or re.escape(c) for c in pattern) + r"\Z"
    else:
        pattern = pattern.replace("$", r"\Z")
    found = re.search(pattern, text, flags)
    return None if found is None else [found.group(0), *(group or "" for group in found.groups())]


def _variable(name: str, scene: _Scene) -> str:
    if name in scene.outcome.variables:
        return scene.outcome.variables[name]
    if name == "URL":
        return scene.outcome.path
    if name == "QUERY_STRING":
        return scene.outcome.query
    if name == "REQUEST_URI":
        return _original(scene.request)
    return scene.request.headers.get(name.removeprefix("HTTP_").lower().replace("_", "-"), "")


def _original(request: SlowRequest) -> str:
    raw = quote(request.path)
    return f"{raw}?{request.query}" if request.query else raw


def _text(parts: Parts, scene: _Scene, in_url: bool) -> str:
    return "".join(_part(kind, value, scene, in_url) for kind, value in parts)


def _part(kind: str, value: object, scene: _Scene, in_url: bool) -> str:
    if kind == "text":
        return str(value)
    if isinstance(value, int):
        groups = scene.rule_groups if kind == "R" else scene.condition_groups
        text = groups[value] if value < len(groups) else ""
        return _kept(text) if in_url and kind == "R" else text
    if isinstance(value, str):
        return _kept(_variable(value, scene)) if in_url and value == "URL" else _variable(value, scene)
    assert isinstance(value, tuple)
    name, inner = value
    if kind == "map":
        entries, default = scene.maps[name]
        return entries.get(_text(inner, scene, False).lower(), default)
    if name == "ToLower":
        return _text(inner, scene, in_url).lower()
    text = _text(inner, scene, False)
    return {"UrlEncode": quote(text, safe=""), "UrlDecode": unquote(text), "HtmlEncode": escape(text)}[name]


def _kept(decoded: str) -> str:
    """A decoded path within a URL: what would end the path there is escaped."""
    for char in "%?#":
        decoded = decoded.replace(char, f"%{ord(char):02X}")
    return decoded


def _act(rule: SlowRule, folder: str, scene: _Scene) -> bool:
    """Whether the rules end here."""
    outcome = scene.outcome
    if rule.action == "Rewrite":
        before, _, own = _text(rule.url, scene, True).split("#")[0].partition("?")
        outcome.path = _canonical(_from_root(unquote(before), folder))
        outcome.query = "&".join(
            text for text in (quote(own, safe=SAFE), outcome.query if rule.append else "") if text
        )
        outcome.rewritten = True
        return False
    if rule.action == "Redirect":
        target = _text(rule.url, scene, True)
        if not _written(rule.url).startswith("//"):  # another host, when the rule itself says so
            target = "/" + _from_root(target, folder).lstrip("/")
        start, mark, fragment = target.partition("#")
        if rule.append and outcome.query:
            start += ("&" if "?" in start else "?") + outcome.query
        outcome.kind, outcome.status = "redirect", rule.status
        outcome.location = quote(start + mark + fragment, safe=SAFE)
        return True
    if rule.action in ("CustomResponse", "AbortRequest"):
        outcome.kind = "custom" if rule.action == "CustomResponse" else "abort"
        outcome.status = 403 if rule.action == "CustomResponse" else 0
        return True
    return False


def _from_root(path: str, folder: str) -> str:
    return path if path[:1] in ("/", "\\") else f"/{folder}/{path}" if folder else f"/{path}"


def _canonical(path: str) -> str:
    parts: list[str] = []
    segments = path.replace("\\", "/").split("/")
    for part in segments:
        if part == "..":
            parts = parts[:-1]  # above the root is an error, which this engine does not know
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts) + ("/" if parts and segments[-1] in ("", ".", "..") else "")


# The same rules as XML, for the engine


def as_xml(rules: tuple[SlowRule, ...]) -> str:
    return "".join(map(_rule_xml, rules))


def _rule_xml(rule: SlowRule) -> str:
    grouping = "MatchAny" if rule.match_any else "MatchAll"
    adds = "".join(condition_xml(condition) for condition in rule.conditions)
    sets = "".join(
        f'<set name="{name}" value={quoteattr(_written(value))} replace="{str(replace).lower()}"/>'
        for name, value, replace in rule.sets
    )
    more = {
        "Rewrite": f"url={quoteattr(_written(rule.url))}",
        "Redirect": f'url={quoteattr(_written(rule.url))} redirectType="{TYPES[rule.status]}"',
        "CustomResponse": 'statusCode="403"',
    }.get(rule.action, "")
    return (
        f'<rule name="{rule.name}" patternSyntax="{rule.syntax}" stopProcessing="{str(rule.stop).lower()}"'
        f' enabled="{str(rule.enabled).lower()}"><match url={quoteattr(rule.pattern)} {_flags(rule)}/>'
        f'<conditions logicalGrouping="{grouping}" trackAllCaptures="{str(rule.track).lower()}">{adds}'
        f"</conditions><serverVariables>{sets}</serverVariables>"
        f'<action type="{rule.action}" {more} appendQueryString="{str(rule.append).lower()}"/></rule>'
    )


def condition_xml(condition: SlowCondition) -> str:
    pattern = f"pattern={quoteattr(condition.pattern)}" if condition.kind == "Pattern" else ""
    text = quoteattr(_written(condition.input))
    return f'<add input={text} matchType="{condition.kind}" {pattern} {_flags(condition)}/>'


def _flags(of: SlowRule | SlowCondition) -> str:
    return f'ignoreCase="{str(of.ignore_case).lower()}" negate="{str(of.negate).lower()}"'


def _written(parts: Parts) -> str:
    return "".join(_written_part(kind, value) for kind, value in parts)


def _written_part(kind: str, value: object) -> str:
    if kind == "text":
        return str(value)
    if isinstance(value, tuple):
        return f"{{{value[0]}:{_written(value[1])}}}"
    return f"{{{value}}}" if kind == "var" else f"{{{kind}:{value}}}"
