"""The rewrite rules of a folder, run over a request.

Each rule: match, conditions, action. A Rewrite changes the URL that the next rule sees; Redirect,
CustomResponse and AbortRequest end; stopProcessing ends when the rule has fired. There is one pass, so it
always ends; what can grow is the URL, and that is limited. Source: the URL Rewrite 2 configuration reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, unquote

from webstead.formats.webconfig.conditions import conditions_hold
from webstead.formats.webconfig.model import Answer, FileKind, Request, TraceStep
from webstead.formats.webconfig.pattern import PatternTimeout
from webstead.formats.webconfig.rules import IS_ABSOLUTE, Action, Rule
from webstead.formats.webconfig.urlpath import BadPath, resolve
from webstead.formats.webconfig.variables import OF_PATH_AND_METHOD, Captures, Template

__all__ = ["MAX_URL", "Rewritten", "needs_only_path", "rewrite"]

MAX_URL = 16384
"""Longest URL that rules may make: rules that double it would otherwise fill the memory. http.sys:
MaxRequestBytes, 16 KB."""

_URL_SAFE = "-._~:/?#[]@!$&'()*+,;=%"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """path, query: as the rules have left them; answer: when a rule answers."""

    path: str
    query: str
    changed: bool
    answer: Answer | None = None


class _Stop(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


def rewrite(
    rules: tuple[tuple[str, Rule], ...], request: Request, kind: FileKind, trace: list[TraceStep] | None
) -> Rewritten:
    """rules: each with the folder of the `web.config` that has it (from the site's root, "" for that)."""
    state = Captures(request, request.path, request.query)
    changed = False
    for folder, rule in rules:
        try:
            fired = _fires(rule, folder, state, kind, trace)
            if not fired:
                continue
            changed = _perform(rule, folder, state, trace) or changed
        except _Stop as stop:
            return Rewritten(state.path, state.query, changed, stop.answer)
        except PatternTimeout:
            reason = f"a pattern of rule {rule.name!r} ({rule.origin}) takes too long on this URL"
            _say(trace, rule, reason)
            return Rewritten(state.path, state.query, changed, Answer(500, 50, reason))
        if rule.stop_processing:
            break
    return Rewritten(state.path, state.query, changed)


def _fires(rule: Rule, folder: str, state: Captures, kind: FileKind, trace: list[TraceStep] | None) -> bool:
    """Whether match and conditions hold; leaves what they captured in state."""
    subject = _subject(state.path, folder)
    if subject is None:
        return False
    groups = rule.match.pattern.search(subject)
    if (groups is not None) == rule.match.negate:
        if trace is not None:
            _say(trace, rule, f"{subject!r} does not match {rule.match.source!r}")
        return False
    state.rule = groups or ()
    state.conditions = ()
    if not rule.conditions:
        return True
    say = None if trace is None else partial(_say, trace, rule)
    return conditions_hold(rule, state, kind, say)


def _subject(path: str, folder: str) -> str | None:
    """What `match` looks at: the path from the folder on. None when an earlier rule has led out of the
    folder."""
    if not folder:
        return path[1:]
    start = len(folder) + 1
    if path[1:start].lower() != folder.lower() or path[start : start + 1] not in ("/", ""):
        return None
    return path[start + 1 :]


def _perform(rule: Rule, folder: str, state: Captures, trace: list[TraceStep] | None) -> bool:
    """Whether the URL has changed. Raises _Stop for actions that answer."""
    action = rule.action
    match action.type:
        case "Rewrite" if action.url is not None:
            return _rewrite(rule, action, action.url, folder, state, trace)
        case "Redirect" if action.url is not None:
            location = _location(action, action.url, folder, state)
            _say(trace, rule, f"redirects to {location} ({action.status})")
            raise _Stop(Answer(action.status, location=location))
        case "CustomResponse":
            _say(trace, rule, f"answers {action.status}.{action.sub_status}")
            raise _Stop(Answer(action.status, action.sub_status, action.reason, body=action.description))
        case "AbortRequest":
            _say(trace, rule, "drops the connection")
            raise _Stop(Answer(0, reason=f"rule {rule.name!r} drops the connection"))
    _say(trace, rule, "matches, and has no action")
    return False


def _rewrite(
    rule: Rule, action: Action, url: Template, folder: str, state: Captures, trace: list[TraceStep] | None
) -> bool:
    target = _limited(rule, url.expand(state, for_url=True))
    if IS_ABSOLUTE.match(target):
        reason = (
            f"rule {rule.name!r} ({rule.origin}) passes the request to another server, which is not done yet"
        )
        _say(trace, rule, reason)
        raise _Stop(Answer(502, 3, reason))
    path, _, query = target.partition("#")[0].partition("?")
    try:
        state.path = resolve(_rooted(unquote(path, errors="replace"), folder))
    except BadPath as bad:
        reason = f"rule {rule.name!r} ({rule.origin}) makes a URL that is refused: {bad.reason}"
        raise _Stop(Answer(bad.status, bad.sub_status, reason)) from None
    state.query = _limited(rule, _query(quote(query, safe=_URL_SAFE), state.query, action))
    if trace is not None:
        _say(trace, rule, f"rewrites to {state.path}" + (f"?{state.query}" if state.query else ""))
    return True


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


def _location(action: Action, url: Template, folder: str, state: Captures) -> str:
    """A Location that is safe as a header: everything that no URL holds is escaped."""
    target = url.expand(state, for_url=True)
    if not IS_ABSOLUTE.match(target):
        # `//host` is another host: only the rule's own text may say so, never what a client sent.
        other_host = url.prefix.startswith("//")
        target = target if other_host else "/" + _rooted(target, folder).lstrip("/\\")
    target, hash_sign, fragment = target.partition("#")
    if action.append_query_string and state.query:
        target += ("&" if "?" in target else "?") + state.query
    return quote(target + hash_sign + fragment, safe=_URL_SAFE, errors="replace")


def _say(trace: list[TraceStep] | None, rule: Rule, text: str) -> None:
    if trace is not None:
        trace.append(TraceStep("rewrite", f"rule {rule.name!r}: {text}", rule.origin))


def needs_only_path(rule: Rule) -> bool:
    """Whether the rule does the same to all requests of one method and path, and leaves the query alone."""
    action = rule.action
    templates = [condition.input for condition in rule.conditions]
    if action.url is not None:
        templates.append(action.url)
        if action.type == "Redirect" and action.append_query_string:
            return False
        if action.type == "Rewrite" and ("?" in action.url.source or not action.append_query_string):
            return False
    if any(condition.pattern is None for condition in rule.conditions):
        return False
    variables = [ref for template in templates for ref in template.references() if ref.kind == "variable"]
    return all(reference.name in OF_PATH_AND_METHOD for reference in variables)
