"""Rewrite rules that cannot do what they are written for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from webstead.check.document import Document
from webstead.check.literals import Literal, literal_of
from webstead.check.rule import Found
from webstead.check.subject import Subject
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.pattern import (
    MAX_PATTERN,
    BadPattern,
    Pattern,
    PatternSyntax,
    PatternTimeout,
    compile_pattern,
)
from webstead.formats.webconfig.variables import BadTemplate, parse_template

__all__ = [
    "backtracks",
    "constant_condition",
    "explodes",
    "never_matches",
    "target_is_pattern",
    "without_effect",
]

_SYNTAXES: tuple[PatternSyntax, ...] = get_args(PatternSyntax)
_LOOKS_LIKE_PATTERN = re.compile(r"^\^|\.\*|\(\.\+\)|\\[dws/.]|\[[^\]]{1,100}\][*+]|\$$")
_SLASHED = frozenset(
    {"CACHE_URL", "HTTP_URL", "PATH_INFO", "REQUEST_URI", "SCRIPT_NAME", "UNENCODED_URL", "URL"}
)
"""Variables that begin with a slash (or a scheme), other than what `match` looks at."""
_VALUES = {"{HTTPS}": ("on", "off"), "{SERVER_PORT_SECURE}": ("0", "1")}
_ATOM = r"(?:\[\^?(?:\\.|[^\]\\])+\]|\\.|[^\\()\[\]{}|?*+^$])"
_COUNT = r"(?:[+*?]|\{\d+(?:,\d*)?\})"
_PIECE = re.compile(rf"{_ATOM}({_COUNT})\??")
_REPEATED = re.compile(rf"\((?:\?:)?((?:{_ATOM}{_COUNT}\??)++)\)(?:[+*]|\{{\d+,\}})\??(?=.)", re.DOTALL)
"""A repeated group of nothing but repeated or optional pieces, with more behind it."""


def rules(document: Document) -> Iterator[tuple[Element, PatternSyntax]]:
    """The inbound rules that are in use, with the syntax of their patterns."""
    return _in_use(document, "rewrite/rules/rule", "rewrite/globalRules/rule")


def outbound_rules(document: Document) -> Iterator[tuple[Element, PatternSyntax]]:
    return _in_use(document, "rewrite/outboundRules/rule")


def _in_use(document: Document, *paths: str) -> Iterator[tuple[Element, PatternSyntax]]:
    for path, element in document.elements("rule"):
        enabled = element.attributes.get("enabled")
        off = enabled is not None and enabled.value.strip().lower() == "false"
        if path.endswith(paths) and not off:
            yield element, _syntax(element)


def _syntax(element: Element) -> PatternSyntax:
    said = element.attributes.get("patternSyntax")
    wanted = said.value.strip().lower() if said else "ecmascript"
    return next((syntax for syntax in _SYNTAXES if syntax.lower() == wanted), "ECMAScript")


def conditions(rule: Element) -> Iterator[tuple[Element, str, str]]:
    """(element, input, pattern) of those that compare with a pattern."""
    for group in (child for child in rule.children if child.name == "conditions"):
        for element in (child for child in group.children if child.name == "add"):
            given, pattern = element.attributes.get("input"), element.attributes.get("pattern")
            kind = element.attributes.get("matchType")
            if given and pattern and (kind is None or kind.value.strip().lower() == "pattern"):
                yield element, given.value.strip(), pattern.value


def never_matches(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for rule, syntax in rules(document):
            match = rule.child("match")
            if match is not None and "url" in match.attributes and not _is_true(match, "negate"):
                why = _never_url(match.attributes["url"].value, syntax)
                if why:
                    yield Found(document.place(match, "url"), *why)
            for element, given, pattern in conditions(rule):
                why = None if _is_true(element, "negate") else _never_input(given, pattern, syntax, element)
                if why:
                    yield Found(document.place(element, "pattern"), *why)


def _never_url(pattern: str, syntax: PatternSyntax) -> tuple[str, str] | None:
    needed = _needed(pattern, syntax)
    if needed is None:
        return None
    if needed.at_start and needed.text.startswith("/"):
        slashless = re.sub(r"^(\^?)\\?/", r"\1", pattern)
        return (
            "What match looks at has no slash in front, so this never matches.",
            f'Write url="{slashless}".',
        )
    if needed.at_start and re.match(r"https?://", needed.text):
        fix = "Look at {HTTP_HOST} or {HTTPS} in a condition."
        return "What match looks at is the path alone, without scheme and host: this never matches.", fix
    if "?" in needed.text:
        fix = "Look at {QUERY_STRING} in a condition."
        return (
            "What match looks at is the path alone, without the query: a pattern with ? never matches.",
            fix,
        )
    return None


def _needed(pattern: str, syntax: PatternSyntax) -> Literal | None:
    return literal_of(pattern, syntax) if len(pattern) <= MAX_PATTERN else None


def _never_input(given: str, pattern: str, syntax: PatternSyntax, element: Element) -> tuple[str, str] | None:
    name = given.upper()
    if name in _VALUES:
        compiled = _compiled(pattern, syntax, element)
        if compiled and not any(compiled.search(value) for value in _VALUES[name]):
            return (
                f"{given} is {' or '.join(_VALUES[name])}: this never matches.",
                f'Write "{_VALUES[name][0]}".',
            )
        return None
    needed = _needed(pattern, syntax)
    if needed is None or not needed.at_start:
        return None
    if name == "{QUERY_STRING}" and needed.text.startswith("?"):
        return "QUERY_STRING has no ? in front, so this never matches.", "Leave the ? out."
    if name == "{HTTP_HOST}" and re.match(r"https?:", needed.text):
        return "HTTP_HOST is a name, without a scheme: this never matches.", "Leave the scheme out."
    if name.strip("{}") in _SLASHED - {"CACHE_URL"} and not needed.text.startswith(("/", "http")):
        return f"{given} begins with a slash, so this never matches.", "Put a slash in front."
    return None


def _compiled(pattern: str, syntax: PatternSyntax, element: Element) -> Pattern | None:
    ignore = element.attributes.get("ignoreCase")
    try:
        return compile_pattern(
            pattern, syntax, ignore_case=ignore is None or ignore.value.strip().lower() != "false"
        )
    except BadPattern:  # told as what makes the file unusable
        return None


def _is_true(element: Element, name: str) -> bool:
    found = element.attributes.get(name)
    return found is not None and found.value.strip().lower() == "true"


def target_is_pattern(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for rule, _ in rules(document):
            action = rule.child("action")
            url = action.attributes.get("url") if action else None
            if action and url and _LOOKS_LIKE_PATTERN.search(re.sub(r"\{[^{}]*\}", "", url.value)):
                why = f"{url.value} is a pattern, and the URL of an action is taken as it stands."
                yield Found(
                    document.place(action, "url"), why, 'Write the new URL, as in url="static/{R:1}".'
                )


def without_effect(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for rule, _ in rules(document):
            action = rule.child("action")
            kind = action.attributes.get("type") if action else None
            none = kind is None or kind.value.strip().lower() == "none"
            if none and not _is_true(rule, "stopProcessing") and rule.child("serverVariables") is None:
                name = rule.attributes["name"].value if "name" in rule.attributes else ""
                why = f"The rule {name} has no action and stops nothing: it has no effect."
                fix = 'Give it an <action>, or stopProcessing="true" if the rules behind it are not to run.'
                yield Found(document.place(rule), why, fix)


def constant_condition(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for rule, syntax in rules(document):
            for element, given, pattern in conditions(rule):
                compiled = _compiled(pattern, syntax, element)
                if not _is_constant(given) or compiled is None:
                    continue
                holds = (_searched(compiled, given) is not None) != _is_true(element, "negate")
                outcome = "always holds" if holds else "never holds"
                why = f"The input {given!r} refers to nothing of the request: the condition {outcome}."
                yield Found(
                    document.place(element, "input"), why, 'Write a variable, as in input="{HTTP_HOST}".'
                )


def _is_constant(text: str) -> bool:
    try:
        return not any(parse_template(text).references())
    except BadTemplate:
        return False


def _searched(pattern: Pattern, text: str) -> tuple[str, ...] | None:
    try:
        return pattern.search(text)
    except PatternTimeout:
        return None


def patterns(document: Document) -> Iterator[tuple[Element, str, Pattern]]:
    """(element, attribute, compiled) of all patterns of the rules, inbound and outbound."""
    for rule, syntax in (*rules(document), *outbound_rules(document)):
        match = rule.child("match")
        for attribute in ("url", "pattern"):
            if match is not None and attribute in match.attributes:
                compiled = _compiled(match.attributes[attribute].value, syntax, match)
                if compiled is not None:
                    yield match, attribute, compiled
        for element, _, pattern in conditions(rule):
            compiled = _compiled(pattern, syntax, element)
            if compiled is not None:
                yield element, "pattern", compiled


def backtracks(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for element, attribute, compiled in patterns(document):
            if not compiled.linear:
                why = (
                    "This pattern (look-around or a back-reference) cannot run in linear time: a search of"
                    " more than 50 ms is given up, and the request answered with 500.50."
                )
                fix = 'A second condition with negate="true" says the same as a look-ahead.'
                yield Found(document.place(element, attribute), why, fix)


def explodes(subject: Subject) -> Iterator[Found]:
    """IIS's engine back-tracks."""
    for document in subject.documents:
        for element, attribute, _ in patterns(document):
            if _explodes(element.attributes[attribute].value):
                why = (
                    "This pattern takes exponential time on texts that nearly match it: a URL keeps IIS busy."
                )
                fix = "Let each round of a repeated group end with what it cannot hold: ([^/]+/)*, not (.+)*."
                yield Found(document.place(element, attribute), why, fix)


def _explodes(pattern: str) -> bool:
    """Whether a repeated group, with more of the pattern behind it, can cut the same text into rounds in many
    ways, because all that a round needs is one repeated piece: `([a-z]+)*x`, `(\\w+\\s?)*$`."""
    for group in _REPEATED.finditer(pattern):
        counts = [found[1] for found in _PIECE.finditer(group[1])]
        needed = [count for count in counts if not count.startswith(("?", "*", "{0"))]
        unbounded = [count for count in counts if count.startswith(("+", "*")) or count.endswith(",}")]
        if unbounded and (not needed or (len(needed) == 1 and needed[0] in unbounded)):
            return True
    return False
