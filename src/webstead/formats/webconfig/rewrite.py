"""A list of rewrite rules, run over a request.

Each rule: match, conditions, server variables, action. A Rewrite changes the URL that the next rule sees;
Redirect, CustomResponse, AbortRequest and a Rewrite to another server end; stopProcessing ends when the rule
has fired. There is one pass, so it always ends; what can grow is the URL, and that is limited. Source: the
URL Rewrite 2 configuration reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

from webstead.formats.webconfig.conditions import conditions_hold
from webstead.formats.webconfig.maps import Maps
from webstead.formats.webconfig.model import Answer, FileKind, ProxySettings, Remote, Request, TraceStep
from webstead.formats.webconfig.pattern import PatternTimeout
from webstead.formats.webconfig.remote import BadTarget, remote_of
from webstead.formats.webconfig.rule_index import RuleIndex, subject_of
from webstead.formats.webconfig.rules import IS_ABSOLUTE, Action, Rule
from webstead.formats.webconfig.settable import value_bytes
from webstead.formats.webconfig.telling import Telling
from webstead.formats.webconfig.urlpath import BadPath, resolve
from webstead.formats.webconfig.variables import (
    MAX_TEXT,
    OF_TARGET,
    Captures,
    Template,
    TooLong,
    UnknownMap,
    variable,
)

__all__ = ["MAX_SET", "MAX_URL", "RuleList", "Rewriting", "needs_only_target", "run"]

MAX_URL = 16384
"""Longest URL that rules may make: rules that double it would otherwise fill the memory. http.sys:
MaxRequestBytes, 16 KB."""
MAX_SET = 65536
"""Most that server variables may come to that rules have set, in characters: the longest request head."""

_URL_SAFE = "-._~:/?#[]@!$&'()*+,;=%"


@dataclass(frozen=True, slots=True)
class RuleList:
    """rules: each with the folder of the `web.config` that has it (from the site's root, "" for that).
    index: of the same rules. maps: in force where the rules run. named: the servers that a rule may lead to.
    allowed: the variables that distributed rules may set. needs_only_target: whether that
    is true of all rules."""

    rules: tuple[tuple[str, Rule], ...]
    index: RuleIndex
    maps: Maps
    named: frozenset[str]
    allowed: frozenset[str]
    proxy: ProxySettings
    needs_only_target: bool


@dataclass(slots=True)
class Rewriting:
    """A request on its way through the rules. end: what answers it, when a rule says so. set_bytes: the
    variables that rules have set, as they are sent."""

    captures: Captures
    end: Answer | Remote | None = None
    log_rewritten: bool = False
    set_bytes: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request) -> Rewriting:
        return cls(Captures(request, request.path, request.query))


class _Stop(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def run(rules: RuleList, state: Rewriting, kind: FileKind, trace: list[TraceStep] | None) -> None:
    """Run the rules over a request that other lists may have changed before. trace: gets each step, and then
    every rule is looked at, also those that cannot match."""
    captures = state.captures
    captures.maps = rules.maps
    todo = rules.index.candidates(captures) if trace is None else range(len(rules.rules))
    at = 0
    while at < len(todo):
        number = todo[at]
        at += 1
        folder, rule = rules.rules[number]
        telling = None if trace is None else Telling(rule, trace)
        captures.told = None if telling is None else telling.looked_up
        try:
            if not _fires(rule, folder, captures, kind, telling):
                continue
            _set_variables(rule, rules, state, telling)
            _perform(rule, folder, rules, state, telling)
        except _Stop as stop:
            state.end = stop.answer
        except (PatternTimeout, TooLong, UnknownMap) as error:
            state.end = _failure(rule, error)
        if state.end is not None or rule.stop_processing:
            if telling is not None:
                telling.ends(state.end)
            return
        if trace is None and (rule.sets or rule.action.type == "Rewrite"):
            todo, at = _after(number, rules.index.candidates(captures)), 0


def _after(number: int, candidates: Sequence[int]) -> Sequence[int]:
    return [candidate for candidate in candidates if candidate > number]


def _failure(rule: Rule, error: Exception) -> Answer:
    where = f"rule {rule.name!r} ({rule.origin})"
    if isinstance(error, UnknownMap):
        name = error.name[:100]
        return Answer(
            500,
            52,
            f"{where} looks up {{{name}:…}}, and there is no rewrite map {name!r}",
            fix=f'Add <rewriteMap name="{name}"> to <rewriteMaps>.',
        )
    if isinstance(error, TooLong):
        return Answer(500, 50, f"{where} makes a text longer than {MAX_TEXT} characters")
    return Answer(500, 50, f"a pattern of {where} takes too long on this URL")


# Match and conditions


def _fires(rule: Rule, folder: str, captures: Captures, kind: FileKind, telling: Telling | None) -> bool:
    """Whether match and conditions hold; leaves what they captured."""
    subject = subject_of(captures.path, folder)
    if subject is None:
        return False
    groups = rule.match.pattern.search(subject)
    matches = (groups is not None) != rule.match.negate
    if telling is not None:
        telling.match(subject, matches, groups)
    if not matches:
        return False
    captures.rule = groups or ()
    captures.conditions = ()
    if not rule.conditions:
        return True
    return conditions_hold(rule, captures, kind, None if telling is None else telling.condition)


# Server variables


def _set_variables(rule: Rule, rules: RuleList, state: Rewriting, telling: Telling | None) -> None:
    for each in rule.sets:
        name = each.name
        if not rule.is_global and name not in rules.allowed:
            raise _Stop(_not_allowed(rule, name))
        if not each.replace and variable(name, state.captures):
            continue
        value = each.value.expand(state.captures)
        data = value_bytes(name, value)
        if data is None:
            reason = f"rule {rule.name!r} ({rule.origin}) makes a value of {name} that no header can hold"
            raise _Stop(Answer(400, 0, reason))
        state.captures.variables[name] = value
        state.set_bytes[name] = data
        if sum(map(len, state.set_bytes.values())) > MAX_SET:
            reason = f"rule {rule.name!r} ({rule.origin}) sets more than {MAX_SET} characters of variables"
            raise _Stop(Answer(500, 50, reason))
        if telling is not None:
            telling.sets(name, value)


def _not_allowed(rule: Rule, name: str) -> Answer:
    return Answer(
        500,
        50,
        f"rule {rule.name!r} ({rule.origin}) sets {name}, which <allowedServerVariables> does not list",
        fix=f'Add <add name="{name}" /> to system.webServer/rewrite/allowedServerVariables.',
    )


# Actions


def _perform(rule: Rule, folder: str, rules: RuleList, state: Rewriting, telling: Telling | None) -> None:
    """Raises _Stop for actions that answer."""
    action = rule.action
    match action.type:
        case "Rewrite" if action.url is not None:
            _rewrite(rule, action, action.url, folder, rules, state)
            state.log_rewritten = action.log_rewritten
        case "Redirect" if action.url is not None:
            state.end = Answer(action.status, location=_location(action, action.url, folder, state.captures))
        case "CustomResponse":
            state.end = Answer(
                action.status, action.sub_status, action.reason, body=action.description, public=True
            )
        case "AbortRequest":
            state.end = Answer(0, reason=f"rule {rule.name!r} drops the connection")
    if telling is not None:
        telling.action(state.captures, state.end)


def _rewrite(
    rule: Rule, action: Action, url: Template, folder: str, rules: RuleList, state: Rewriting
) -> None:
    captures = state.captures
    target = _limited(rule, url.expand(captures, for_url=True))
    if IS_ABSOLUTE.match(target):
        remote = _remote(rule, target, url, rules)
        query = _limited(rule, _query(remote.query, captures.query, action))
        captures.rewritten = True
        state.end = replace(remote, query=query)
        return
    path, _, query = target.partition("#")[0].partition("?")
    try:
        captures.path = resolve(_rooted(unquote(path, errors="replace"), folder))
    except BadPath as bad:
        reason = f"rule {rule.name!r} ({rule.origin}) makes a URL that is refused: {bad.reason}"
        raise _Stop(Answer(bad.status, bad.sub_status, reason)) from None
    captures.query = _limited(rule, _query(quote(query, safe=_URL_SAFE), captures.query, action))
    captures.rewritten = True


def _remote(rule: Rule, target: str, url: Template, rules: RuleList) -> Remote:
    try:
        return remote_of(target, url, rules.named, rules.proxy)
    except BadTarget as bad:
        reason = f"rule {rule.name!r} ({rule.origin}) passes the request on, but {bad.reason}"
        raise _Stop(Answer(bad.status, bad.sub_status, reason, fix=bad.fix)) from None


def _limited(rule: Rule, text: str) -> str:
    if len(text) > MAX_URL:
        reason = f"rule {rule.name!r} ({rule.origin}) makes a URL longer than {MAX_URL} characters"
        raise _Stop(Answer(500, 50, reason))
    return text


def _rooted(path: str, folder: str) -> str:
    """A relative target counts from the folder of the rule."""
    if path.startswith(("/", "\\")):
        return path
    return f"/{folder}/{path}" if folder else f"/{path}"


def _query(own: str, old: str, action: Action) -> str:
    if not action.append_query_string or not old:
        return own
    return f"{own}&{old}" if own else old


def _location(action: Action, url: Template, folder: str, captures: Captures) -> str:
    """A Location that is safe as a header: everything that no URL holds is escaped."""
    target = url.expand(captures, for_url=True)
    if not IS_ABSOLUTE.match(target):
        # `//host` is another host: only the rule's own text may say so, never what a client sent.
        other_host = url.prefix.startswith("//")
        target = target if other_host else "/" + _rooted(target, folder).lstrip("/\\")
    target, hash_sign, fragment = target.partition("#")
    if action.append_query_string and captures.query:
        target += ("&" if "?" in target else "?") + captures.query
    return quote(target + hash_sign + fragment, safe=_URL_SAFE, errors="replace")


def needs_only_target(rule: Rule) -> bool:
    """Whether the rule does the same to all requests of one method and target (path and query)."""
    if any(condition.pattern is None for condition in rule.conditions):
        return False
    if any(not each.replace and each.name not in OF_TARGET for each in rule.sets):
        return False
    references = (reference for template in rule.templates() for reference in template.references())
    return all(reference.name in OF_TARGET for reference in references if reference.kind == "variable")
