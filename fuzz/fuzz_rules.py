"""Fuzz rewrite rules: `python fuzz rules`.

Hostile URLs and headers against a fixed set of rules (each syntax, captures, functions, maps, variables that
are set, a folder of its own): the engine, its trace, and the slow second engine of the tests come to the same
end. Any bytes as patterns: a text that one matches is not lost by the index.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.pure.webconfig.slow_rewrite import (
    Part,
    SlowCondition,
    SlowRequest,
    SlowRule,
    as_xml,
    slow_rewrite,
)
from webstead.formats.webconfig import BadPath, Request, Route, Site, canonical, compile_site, parse
from webstead.formats.webconfig.pattern import BadPattern, PatternSyntax, PatternTimeout, compile_pattern
from webstead.formats.webconfig.pattern_set import PatternSet

__all__ = ["one"]

MAPS = {"Moved": ({"/old": "/new", "a": "b?x=1", "%41": "/%2e%2e/x"}, ""), "Names": ({"x": "y/z"}, "none")}


def _var(name: str) -> Part:
    return ("var", name)


def _map(name: str, *inner: Part) -> Part:
    return ("map", (name, inner))


def _fn(name: str, *inner: Part) -> Part:
    return ("fn", (name, inner))


def _text(text: str) -> Part:
    return ("text", text)


def _if(part: Part, pattern: str, *, negate: bool = False, kind: str = "Pattern") -> SlowCondition:
    return SlowCondition((part,), pattern, kind, negate=negate)


_MOVED = _map("Moved", _var("URL"))
RULES = (
    SlowRule("probe", "(wp-admin|\\.git/)", action="CustomResponse", stop=True),
    SlowRule(
        "host",
        "(.*)",
        conditions=(_if(_var("HTTP_HOST"), "^old\\.(.+)$"),),
        action="Redirect",
        url=(_text("//new."), ("C", 1), _text("/"), ("R", 1)),
        status=302,
    ),
    SlowRule("lower", "[A-Z]", ignore_case=False, action="Redirect", url=(_fn("ToLower", _var("URL")),)),
    SlowRule("moved", ".*", conditions=(_if(_MOVED, "(.+)"),), action="Rewrite", url=(("C", 1),)),
    SlowRule(
        "set",
        "^s/(.*)",
        sets=(("HTTP_X", (("R", 1),), True), ("HTTP_Y", (_fn("UrlDecode", ("R", 1)),), False)),
    ),
    SlowRule(
        "encode",
        "^e/(.*)$",
        action="Rewrite",
        url=(_text("f/"), _fn("UrlEncode", ("R", 1)), _text("?q="), ("R", 1)),
    ),
    SlowRule(
        "query",
        "^q",
        conditions=(
            _if(_var("QUERY_STRING"), "(^|&)a=([^&]*)"),
            _if(_var("HTTP_X_A"), "^(.)(.?)"),
        ),
        track=True,
        action="Rewrite",
        url=(("C", 0), _text("/"), ("C", 2), _text("/"), ("C", 4)),
        append=False,
    ),
    SlowRule(
        "any",
        "^y",
        conditions=(_if(_var("QUERY_STRING"), "b"), _if(_var("REQUEST_URI"), "%")),
        match_any=True,
        action="Rewrite",
        url=(_text("/z?"), _var("QUERY_STRING")),
    ),
    SlowRule("wild", "w/*/?x*", syntax="Wildcard", action="Rewrite", url=(("R", 2), _text("/"), ("R", 1))),
    SlowRule("exact", "one/Exact", syntax="ExactMatch", action="AbortRequest"),
    SlowRule(
        "names",
        "^n/(.*)$",
        action="Rewrite",
        url=(_map("Names", ("R", 1)), _text("/"), _fn("HtmlEncode", ("R", 1))),
    ),
    SlowRule(
        "files",
        "(.+)",
        conditions=(_if(_var("URL"), "", kind="IsFile", negate=True), _if(_var("URL"), "^/b/", negate=True)),
        action="Rewrite",
        url=(_text("app/"), ("R", 1)),
    ),
)
BELOW = (SlowRule("below", "^(.*)/$", action="Redirect", url=(("R", 1),), status=303),)
Stands = Literal["file", "folder", "none"]
_SYNTAXES: tuple[PatternSyntax, ...] = ("ECMAScript", "Wildcard", "ExactMatch")


def _site() -> Site:
    maps = "".join(
        f'<rewriteMap name="{name}" defaultValue="{default}">'
        + "".join(f'<add key="{key}" value="{value}"/>' for key, value in entries.items())
        + "</rewriteMap>"
        for name, (entries, default) in MAPS.items()
    )
    allowed = '<allowedServerVariables><add name="HTTP_X"/><add name="HTTP_Y"/></allowedServerVariables>'
    bodies = {
        "": f"<rewriteMaps>{maps}</rewriteMaps>{allowed}<rules>{as_xml(RULES)}</rules>",
        "b": f"<rules>{as_xml(BELOW)}</rules>",
    }
    start, end = "<configuration><system.webServer><rewrite>", "</rewrite></system.webServer></configuration>"
    return compile_site(
        [(folder, parse(f"{start}{body}{end}".encode(), "web.config")) for folder, body in bodies.items()]
    )


SITE = _site()


def one(data: bytes) -> None:
    """Parts between NULs: a raw URL, the Host, a header, a pattern, a text."""
    raw, host, header, pattern, text, *_ = (*data.split(b"\0"), b"", b"", b"", b"")
    _rules(raw, host.decode("latin-1"), header.decode("latin-1"))
    _patterns(pattern.decode("utf-8", "replace"), text.decode("utf-8", "replace"))


def _rules(raw: bytes, host: str, header: str) -> None:
    raw_path, _, raw_query = b"/".join((b"", raw)).partition(b"?")
    try:
        path = canonical(raw_path)
    except BadPath:
        return
    query = quote(raw_query.decode("latin-1"), safe="-._~:/?#[]@!$&'()*+,;=%").replace("#", "")
    raw_target = f"{quote(path)}?{query}" if query else quote(path)
    headers = {"host": host, "x-a": header}
    files: dict[str, Stands] = {path: "file"} if len(path) % 2 else {}
    request = Request("GET", raw_target, path, query, "http", "h", 80, "192.0.2.7", headers)

    def kind(asked: str) -> Stands:
        return files.get(asked.rstrip("/") or "/", "none")

    found = SITE.route(request, kind)
    if SITE.route(request, kind, []) != found:
        raise AssertionError("a trace changes what happens")
    _compare(found, SlowRequest(path, query, headers, files))


def _compare(found: Route, asked: SlowRequest) -> None:
    answer = found.answer
    if answer is not None and (answer.status in (400, 500) or (answer.status == 404 and answer.sub_status)):
        return  # the second engine knows no limits, no request filtering, no values that no header can hold
    below = (asked.path.lower() + "/").startswith("/b/")
    rules = [("", rule) for rule in RULES] + ([("b", rule) for rule in BELOW] if below else [])
    expected = slow_rewrite(tuple(rules), asked, MAPS)
    location = "" if answer is None else answer.location
    if (found.path, found.query, location) != (expected.path, expected.query, expected.location):
        raise AssertionError(f"two ends: {found!r} {expected!r}")


def _patterns(pattern: str, text: str) -> None:
    for syntax in _SYNTAXES:
        for ignore_case in (True, False):
            try:
                compiled = compile_pattern(pattern, syntax, ignore_case=ignore_case)
                groups = compiled.search(text)
            except (BadPattern, PatternTimeout):
                continue
            if groups is None or compiled.linear is None:
                continue
            if not PatternSet([(0, compiled.linear)]).matching(f"x\n{text}\ny"):
                raise AssertionError(f"the index loses {pattern!r} ({syntax}) in {text!r}")
