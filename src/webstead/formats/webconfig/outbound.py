"""Outbound rules: what is done to the headers and the body of a response.

A rule looks at one header (`serverVariable="RESPONSE_…"`), at the URLs in some tags (`filterByTags`), or at
the whole body. In a header or a tag the whole value is replaced by what the action makes of it, and the next
rule looks at that; in a body each match is replaced. Source: the URL Rewrite 2 configuration reference,
"Outbound rules".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from webstead.formats.webconfig.conditions import conditions_hold
from webstead.formats.webconfig.model import FileKind, Origin
from webstead.formats.webconfig.pattern import Finder, Pattern, PatternTimeout
from webstead.formats.webconfig.rules import Condition
from webstead.formats.webconfig.variables import Captures, Template, TooLong, UnknownMap

__all__ = ["NOT_SET", "TAGS", "OutboundRule", "Outgoing", "PreCondition", "TagAttribute"]

TagAttribute = tuple[str, str]
"""A tag and its attribute, both in lower case."""

TAGS: dict[str, tuple[TagAttribute, ...]] = {
    "A": (("a", "href"),),
    "Area": (("area", "href"),),
    "Base": (("base", "href"),),
    "Form": (("form", "action"),),
    "Frame": (("frame", "src"), ("frame", "longdesc")),
    "Head": (("head", "profile"),),
    "IFrame": (("iframe", "src"), ("iframe", "longdesc")),
    "Img": (("img", "src"), ("img", "longdesc"), ("img", "usemap")),
    "Input": (("input", "src"), ("input", "usemap")),
    "Link": (("link", "href"),),
    "Script": (("script", "src"),),
}
"""What each name of filterByTags means."""

NOT_SET = frozenset({"connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade"})
"""Headers that frame the response on its connection: no rule touches them."""

_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class PreCondition:
    """Asked once of a response. conditions: at least one."""

    name: str
    conditions: tuple[Condition, ...]
    any_condition: bool = False
    track_all_captures: bool = False


@dataclass(frozen=True, slots=True)
class OutboundRule:
    """Exactly one of header (lower case), tags and finder says what it looks at. finder: the whole body.
    value: None for action None. keeps: an existing value stays (replace="false"). most: matches in a body
    that are looked at, 0 for all."""

    name: str
    origin: Origin
    header: str = ""
    tags: frozenset[TagAttribute] = frozenset()
    pattern: Pattern | None = field(default=None, compare=False)
    finder: Finder | None = field(default=None, compare=False)
    negate: bool = False
    most: int = 0
    value: Template | None = None
    keeps: bool = False
    stop_processing: bool = False
    pre_condition: PreCondition | None = None
    conditions: tuple[Condition, ...] = ()
    any_condition: bool = False
    track_all_captures: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The rules that hold for one response. slow: patterns that took too long were passed over; their rules'
    names."""

    captures: Captures
    headers: tuple[OutboundRule, ...]
    tags: tuple[OutboundRule, ...]
    bodies: tuple[OutboundRule, ...]
    kind: FileKind
    slow: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, rules: Iterable[OutboundRule], captures: Captures, kind: FileKind, response: dict[str, str]
    ) -> Outgoing:
        """response: headers in lower case, and the status as `status`."""
        captures = replace(captures, response=response)
        holding = [rule for rule in rules if _applies(rule, captures, kind)]
        return cls(
            captures,
            tuple(rule for rule in holding if rule.header),
            tuple(rule for rule in holding if rule.tags),
            tuple(rule for rule in holding if rule.finder is not None),
            kind,
        )

    @property
    def wanted_tags(self) -> frozenset[TagAttribute]:
        return frozenset(tag for rule in self.tags for tag in rule.tags)

    def new_headers(self, headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """headers: names in lower case."""
        found = list(headers)
        for rule in self.headers:
            found = self._with_header(rule, found)
        return found

    def _with_header(self, rule: OutboundRule, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        values = [value for name, value in headers if name == rule.header]
        made = [value if rule.keeps and value else self._value(rule, value) for value in values or [""]]
        if made == (values or [""]):
            return headers
        others = [header for header in headers if header[0] != rule.header]
        clean = (_CONTROLS.sub("", value) for value in made)
        return others + [(rule.header, value) for value in clean if value]

    def new_url(self, tag: TagAttribute, url: str) -> str:
        """What the rules make of the URL in a tag's attribute, one after the other."""
        for rule in self.tags:
            if tag not in rule.tags:
                continue
            made = self._made(rule, url)
            if made is not None:
                url = made
                if rule.stop_processing:
                    break
        return url

    def new_body(self, text: str) -> str:
        for rule in self.bodies:
            text = self._replaced(rule, text)
        return text

    def _replaced(self, rule: OutboundRule, text: str) -> str:
        if rule.finder is None or rule.value is None:
            return text
        parts: list[str] = []
        at = 0
        try:
            for count, found in enumerate(rule.finder.find_all(text)):
                if rule.most and count >= rule.most:
                    break
                made = self._expanded(rule, found.groups)
                if made is not None:
                    parts += (text[at : found.start], made)
                    at = found.end
        except (PatternTimeout, TooLong, UnknownMap):
            self.slow.append(rule.name)
            return text
        return "".join((*parts, text[at:]))

    def _value(self, rule: OutboundRule, value: str) -> str:
        made = self._made(rule, value)
        return value if made is None else made

    def _made(self, rule: OutboundRule, subject: str) -> str | None:
        """What the action makes of a value; None when the rule does not fire, or has no action."""
        if rule.pattern is None:
            return None
        try:
            groups = rule.pattern.search(subject)
            if (groups is not None) == rule.negate:
                return None
            return self._expanded(rule, groups or ())
        except (PatternTimeout, TooLong, UnknownMap):
            self.slow.append(rule.name)
            return None

    def _expanded(self, rule: OutboundRule, groups: tuple[str, ...]) -> str | None:
        self.captures.rule = groups
        self.captures.conditions = ()
        if rule.conditions and not conditions_hold(rule, self.captures, self.kind):
            return None
        return None if rule.value is None else rule.value.expand(self.captures)


def _applies(rule: OutboundRule, captures: Captures, kind: FileKind) -> bool:
    if rule.pre_condition is None:
        return True
    try:
        return conditions_hold(rule.pre_condition, captures, kind)
    except (PatternTimeout, TooLong, UnknownMap):
        return False
