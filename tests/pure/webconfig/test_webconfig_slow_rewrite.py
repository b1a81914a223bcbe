"""The engine against the second one: any rules and any request come to the same end in both."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pure.webconfig.conftest import Stands, site_of
from tests.pure.webconfig.slow_rewrite import (
    Outcome,
    Part,
    SlowCondition,
    SlowRequest,
    SlowRule,
    as_xml,
    condition_xml,
    slow_rewrite,
)
from webstead.formats.webconfig import Request, Route, Site

MAPS = {
    "Map": ({"a": "b/a", "ab": "?x=1", "b": "A%41", "/a/b": "/b"}, "a"),
    "Other": ({"b": "x"}, ""),
}
FOLDER = "b"
HEADERS = ("HTTP_X", "HTTP_X_A")
ASKED = ("URL", "QUERY_STRING", "REQUEST_URI", "HTTP_HOST", *HEADERS)

_ATOMS = "a b A / (a) (b)? (.*) .* . [ab] (a|b/) (?:b) a+ b* \\? % ab/ a/b /ab (ab/a) bab"
_ECMASCRIPT = st.lists(st.sampled_from(_ATOMS.split()), max_size=4)
_PATTERN = st.builds(
    lambda start, middle, end: start + "".join(middle) + end,
    st.sampled_from(["", "^", "^"]),
    _ECMASCRIPT,
    st.sampled_from(["", "", "$"]),
)
_WILDCARD = st.text(st.sampled_from("ab/*?A%"), max_size=6)
_EXACT = st.sampled_from(["", "a", "ab", "a/b", "b/a/", "A", "ab/"])


def _parts(depth: int = 2) -> st.SearchStrategy[tuple[Part, ...]]:
    simple: list[st.SearchStrategy[Part]] = [
        st.sampled_from(["a", "b", "/", "a/b", "x", "%41", "A"]).map(lambda text: ("text", text)),
        st.integers(0, 4).map(lambda number: ("R", number)),
        st.integers(0, 5).map(lambda number: ("C", number)),
        st.sampled_from(ASKED).map(lambda name: ("var", name)),
    ]
    if depth:
        inner = _parts(depth - 1)
        functions = st.sampled_from(["ToLower", "UrlEncode", "UrlDecode", "HtmlEncode"])
        simple.append(st.tuples(functions, inner).map(lambda pair: ("fn", pair)))
        simple.append(st.tuples(st.sampled_from(sorted(MAPS)), inner).map(lambda pair: ("map", pair)))
    return st.lists(st.one_of(simple), max_size=3).map(tuple)


_URL = st.builds(
    lambda start, parts, end: (("text", start), *parts, ("text", end)),
    st.sampled_from(["", "a/", "/", "/b/", "/ab/"]),
    _parts(),
    st.sampled_from(["", "", "?", "?y=1", "/", "#f"]),
)


@st.composite
def _rules(draw: st.DrawFn, name: str) -> SlowRule:
    syntax = draw(st.sampled_from(["ECMAScript", "ECMAScript", "ECMAScript", "Wildcard", "ExactMatch"]))
    pattern = {"ECMAScript": _PATTERN, "Wildcard": _WILDCARD, "ExactMatch": _EXACT}[syntax]
    conditions = draw(st.lists(_conditions(pattern), max_size=3, unique_by=condition_xml))
    return SlowRule(
        name=name,
        pattern=draw(pattern),
        syntax=syntax,
        ignore_case=draw(st.booleans()),
        negate=draw(st.sampled_from([False, False, False, True])),
        conditions=tuple(conditions),
        match_any=draw(st.booleans()),
        track=draw(st.booleans()),
        sets=tuple(draw(st.lists(_SETS, max_size=2, unique_by=lambda each: each[0]))),
        action=draw(
            st.sampled_from(["Rewrite"] * 5 + ["None", "Redirect", "CustomResponse", "AbortRequest"])
        ),
        url=draw(_URL),
        append=draw(st.booleans()),
        status=draw(st.sampled_from([301, 302, 303, 307])),
        stop=draw(st.sampled_from([False, False, True])),
        enabled=draw(st.sampled_from([True, True, True, False])),
    )


_SETS = st.tuples(st.sampled_from(HEADERS), _parts(1), st.booleans())


def _conditions(pattern: st.SearchStrategy[str]) -> st.SearchStrategy[SlowCondition]:
    kind = st.sampled_from(["Pattern", "Pattern", "Pattern", "IsFile", "IsDirectory"])
    return st.builds(SlowCondition, _parts(), pattern, kind, st.booleans(), st.booleans())


def _site(root: tuple[SlowRule, ...], below: tuple[SlowRule, ...]) -> Site:
    maps = "".join(
        f'<rewriteMap name="{name}" defaultValue="{default}">'
        + "".join(f'<add key="{key}" value="{value}"/>' for key, value in entries.items())
        + "</rewriteMap>"
        for name, (entries, default) in MAPS.items()
    )
    allowed = "".join(f'<add name="{name}"/>' for name in HEADERS)
    top = (
        f"<rewriteMaps>{maps}</rewriteMaps><allowedServerVariables>{allowed}</allowedServerVariables>"
        f"<rules>{as_xml(root)}</rules>"
    )
    files = {"": top, FOLDER: f"<rules>{as_xml(below)}</rules>"}
    twice = '<security><requestFiltering allowDoubleEscaping="true"/></security>'
    return site_of(
        {
            folder: f"<system.webServer>{twice}<rewrite>{body}</rewrite></system.webServer>"
            for folder, body in files.items()
        }
    )


def _by_the_engine(site: Site, asked: SlowRequest) -> Outcome:
    raw = quote(asked.path)
    request = Request(
        method="GET",
        raw_target=f"{raw}?{asked.query}" if asked.query else raw,
        path=asked.path,
        query=asked.query,
        scheme="http",
        host="h",
        port=80,
        remote_address="192.0.2.7",
        headers=asked.headers,
    )

    def kind(path: str) -> Stands:
        return asked.files.get(path.rstrip("/") or "/", "none")

    return _outcome(site.route(request, kind))


def _outcome(route: Route) -> Outcome:
    end = Outcome(route.path, route.query, rewritten=route.rewritten)
    end.variables = {name: value.decode() for name, value in route.variables}
    answer = route.answer
    if answer is None or answer.status == 404:
        return end
    end.status, end.location = answer.status, answer.location
    end.kind = "redirect" if answer.location else "custom" if answer.status == 403 else "abort"
    return end


_STANDS: st.SearchStrategy[Stands] = st.sampled_from(["file", "folder"])


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(
    names=st.integers(0, 6).flatmap(
        lambda count: st.tuples(*(_rules(f"r{n}") for n in range(count)), _rules("below"))
    ),
    path=st.text(st.sampled_from("ab/A%?é"), max_size=8),
    query=st.sampled_from(["", "q=1", "a=b&c", "%41"]),
    headers=st.fixed_dictionaries(
        {"host": st.sampled_from(["a", "b"])},
        optional=dict.fromkeys(["x", "x-a"], st.sampled_from(["", "a", "b/a", "A?b"])),
    ),
    files=st.dictionaries(st.sampled_from(["/", "/a", "/a/b", "/b", "/b/a"]), _STANDS),
)
def test_both_engines_agree(
    names: tuple[SlowRule, ...],
    path: str,
    query: str,
    headers: dict[str, str],
    files: dict[str, Stands],
) -> None:
    *root, below = names
    parts = [part for part in path.split("/") if part]
    canonical = "/" + "/".join(parts) + ("/" if parts and path.endswith("/") else "")
    asked = SlowRequest(canonical, query, headers, files)
    within = (canonical.lower() + "/").startswith(f"/{FOLDER}/")
    rules = [("", rule) for rule in root] + ([(FOLDER, below)] if within else [])
    expected = slow_rewrite(tuple(rules), asked, MAPS)
    assert _by_the_engine(_site(tuple(root), (below,)), asked) == expected
