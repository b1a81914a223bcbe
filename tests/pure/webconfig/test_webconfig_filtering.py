"""Request filtering and address restrictions, rule by rule, with IIS's sub-statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import ConfigError
from webstead.formats.webconfig import Answer, Request, Site, TraceStep
from webstead.formats.webconfig.filtering import (
    Addresses,
    RequestFiltering,
    refused_address,
    refused_request,
)
from webstead.formats.webconfig.urlpath import BadPath, canonical

SiteOf = Callable[[Mapping[str, str]], Site]


def security(body: str) -> str:
    return f"<system.webServer><security>{body}</security></system.webServer>"


def filtering(body: str, attributes: str = "") -> str:
    return security(f"<requestFiltering {attributes}>{body}</requestFiltering>")


def ask(
    site: Site,
    target: str,
    method: str = "GET",
    remote: str = "192.0.2.7",
    trace: list[TraceStep] | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, int] | None:
    """Status and sub-status of a refusal before rules and handlers; None when there is none."""
    raw, _, query = target.partition("?")
    path = canonical(raw, allow_double_escaping=True)
    request = Request(method, target, path, query, "http", "h", 80, remote, headers)
    steps: list[TraceStep] = [] if trace is None else trace
    answer = site.route(request, lambda path: "none", steps).answer
    refused = answer is not None and steps[0].stage == "filter"
    return (answer.status, answer.sub_status) if answer is not None and refused else None


LIMITS = '<requestLimits maxAllowedContentLength="100" maxUrl="20" maxQueryString="10"/>'
HEADERS = '<requestLimits><headerLimits><add header="X-Big" sizeLimit="5"/></headerLimits></requestLimits>'
NO_EXE = '<fileExtensions><add fileExtension=".exe" allowed="false"/></fileExtensions>'
ONLY = """<fileExtensions allowUnlisted="false"><add fileExtension=".html" allowed="true"/>
<add fileExtension="." allowed="true"/></fileExtensions>"""
NO_TRACE = '<verbs><add verb="TRACE" allowed="false"/></verbs>'
ONLY_GET = '<verbs allowUnlisted="false"><add verb="GET" allowed="true"/></verbs>'
HIDDEN = '<hiddenSegments><add segment="bin"/></hiddenSegments>'
SEQUENCE = '<denyUrlSequences><add sequence="Secret"/><add sequence=":"/></denyUrlSequences>'
QUERY = '<denyQueryStringSequences><add sequence="&lt;script"/></denyQueryStringSequences>'
RULE = """<filteringRules><filteringRule name="sql" scanUrl="{url}" scanQueryString="{query}"
denyUnescapedPercent="false"><denyStrings><add string="--"/></denyStrings>{more}</filteringRule>
</filteringRules>"""
AGENT = """<filteringRules><filteringRule name="bots">
<scanHeaders><add requestHeader="User-Agent"/></scanHeaders>
<denyStrings><add string="BadBot"/></denyStrings></filteringRule></filteringRules>"""
APPLIES = '<appliesTo><add fileExtension=".asp"/></appliesTo>'


@pytest.mark.parametrize(
    ("body", "target", "expected"),
    [
        (LIMITS, "/" + "a" * 19, None),
        (LIMITS, "/" + "a" * 20, (404, 14)),
        (LIMITS, "/%41" + "a" * 17, (404, 14)),  # as it was sent
        (LIMITS, "/?" + "a" * 10, None),
        (LIMITS, "/?" + "a" * 11, (404, 15)),
        (NO_EXE, "/a.exe", (404, 7)),
        (NO_EXE, "/a.EXE", (404, 7)),
        (NO_EXE, "/a.%65xe", (404, 7)),
        (NO_EXE, "/a.exe/more", (404, 7)),
        (NO_EXE, "/a.exe.", (404, 7)),
        (NO_EXE, "/a.exe::$DATA", (404, 7)),
        (NO_EXE, "/a.exe;x=y", (404, 7)),
        (NO_EXE, "/exe", None),
        (NO_EXE, "/a.exe.txt", None),
        (ONLY, "/a.html", None),
        (ONLY, "/a", None),
        (ONLY, "/", None),
        (ONLY, "/a.css", (404, 7)),
        (ONLY, "/v1.2/users", None),
        (HIDDEN, "/bin/x", (404, 8)),
        (HIDDEN, "/a/BIN", (404, 8)),
        (HIDDEN, "/a/b%69n/x", (404, 8)),
        (HIDDEN, "/bin./x", (404, 8)),
        (HIDDEN, "/x/../bin/x", (404, 8)),
        (HIDDEN, "/bin:x/a", (404, 8)),
        (NO_EXE, "/a.exe:x", (404, 7)),
        (HIDDEN, "/bins/x", None),
        (HIDDEN, "/bin.html", None),
        (SEQUENCE, "/a/secrets", (404, 5)),
        (SEQUENCE, "/a/s%65cret", (404, 5)),
        (SEQUENCE, "/a%3ab", (404, 5)),
        (SEQUENCE, "/a?secret", None),
        (QUERY, "/?a=<SCRIPT>", (404, 18)),
        (QUERY, "/?a=%3cscript>", (404, 18)),
        (QUERY, "/%3cscript", None),
        (RULE.format(url="true", query="false", more=""), "/a--b", (404, 19)),
        (RULE.format(url="true", query="false", more=""), "/a?--", None),
        (RULE.format(url="false", query="true", more=""), "/a?x=1%2d-", (404, 19)),
        (RULE.format(url="true", query="true", more=APPLIES), "/a--.html", None),
        (RULE.format(url="true", query="true", more=APPLIES), "/a--.asp", (404, 19)),
    ],
)
def test_urls_and_queries(site: SiteOf, body: str, target: str, expected: tuple[int, int] | None) -> None:
    assert ask(site({"": filtering(body)}), target) == expected


@pytest.mark.parametrize(
    ("body", "method", "headers", "expected"),
    [
        (LIMITS, "POST", {"content-length": "100"}, None),
        (LIMITS, "POST", {"content-length": "101"}, (413, 1)),
        (LIMITS, "POST", {"content-length": "9" * 30}, (413, 1)),
        (HEADERS, "GET", {"x-big": "12345"}, None),
        (HEADERS, "GET", {"x-big": "123456"}, (431, 0)),
        (NO_TRACE, "TRACE", {}, (404, 6)),
        (NO_TRACE, "GET", {}, None),
        (ONLY_GET, "GET", {}, None),
        (ONLY_GET, "POST", {}, (404, 6)),
        (ONLY_GET, "get", {}, (404, 6)),
        (NO_TRACE, "trace", {}, (404, 6)),
        (LIMITS, "POST", {"content-length": "\u00b2"}, None),
        (AGENT, "GET", {"user-agent": "a badbot/1"}, (404, 19)),
        (AGENT, "GET", {"user-agent": "Mozilla"}, None),
    ],
)
def test_methods_and_headers(
    site: SiteOf, body: str, method: str, headers: dict[str, str], expected: tuple[int, int] | None
) -> None:
    assert ask(site({"": filtering(body)}), "/x", method, headers=headers) == expected


def test_what_is_always_allowed(site: SiteOf) -> None:
    allowed = '<alwaysAllowedUrls><add url="/a/Secret.exe"/></alwaysAllowedUrls>'
    queries = '<alwaysAllowedQueryStrings><add queryString="a=&lt;script"/></alwaysAllowedQueryStrings>'
    found = site({"": filtering(NO_EXE + SEQUENCE + QUERY + allowed + queries)})
    assert ask(found, "/a/secret.exe") is None
    assert ask(found, "/b/secret.exe") is not None
    assert ask(found, "/?a=%3Cscript") is None
    assert ask(found, "/?b=%3Cscript") == (404, 18)


def test_high_bit_characters(site: SiteOf) -> None:
    found = site({"": filtering("", 'allowHighBitCharacters="false"')})
    assert ask(found, "/%c3%a4") == (404, 12)
    assert ask(found, "/a") is None


def test_a_folder_has_its_own(site: SiteOf) -> None:
    found = site({"": filtering(HIDDEN), "open": filtering("<hiddenSegments><clear/></hiddenSegments>")})
    assert ask(found, "/bin/x") == (404, 8)
    assert ask(found, "/open/bin/x") is None


def test_a_refusal_names_the_setting_and_its_place(site: SiteOf) -> None:
    trace: list[TraceStep] = []
    ask(site({"": filtering(LIMITS)}), "/x", "POST", trace=trace, headers={"content-length": "30000001"})
    assert trace[0].text == (
        "the request's body of 30000001 bytes is larger than 100 (maxAllowedContentLength at web.config:1)"
    )


def test_a_site_that_filters_nothing_is_not_slowed(site: SiteOf) -> None:
    assert RequestFiltering().is_idle
    assert RequestFiltering(allow_double_escaping=True).is_idle
    assert not RequestFiltering(hidden=frozenset({"a"})).is_idle
    app = '<appSettings><add key="WSGI_HANDLER" value="a.b"/></appSettings>'
    assert site({"": app + filtering(HIDDEN)}).depends_only_on_path
    assert not site({"": app + security('<ipSecurity allowUnlisted="false"/>')}).depends_only_on_path


@given(
    st.lists(
        st.sampled_from(["bin", "BIN", "b%69n", "%62in", "x", ".", "..", "%2e", "", "bin.", "a.exe", "%2f"])
    )
)
def test_no_spelling_gets_around(parts: list[str]) -> None:
    """Whatever leads to a hidden segment or a denied file is refused."""
    raw = "/" + "/".join(parts)
    try:
        path = canonical(raw, allow_double_escaping=True)
    except BadPath:
        return
    rules = RequestFiltering(hidden=frozenset({"bin"}))
    answer = refused_request(rules, Request("GET", raw, path, "", "http", "h", 80, "", {}))
    assert (answer is not None) == any(part.lower().rstrip(".") == "bin" for part in path.split("/"))


# ipSecurity


def addresses(entries: str, attributes: str = "") -> str:
    return security(f"<ipSecurity {attributes}>{entries}</ipSecurity>")


INSIDE = '<add ipAddress="192.0.2.0" subnetMask="255.255.255.0" allowed="true"/>'
ONE = '<add ipAddress="192.0.2.9"/>'
SIX = '<add ipAddress="2001:db8::" subnetMask="32" allowed="true"/>'


@pytest.mark.parametrize(
    ("entries", "attributes", "remote", "forwarded", "expected"),
    [
        (INSIDE, 'allowUnlisted="false"', "192.0.2.255", "", None),
        (INSIDE, 'allowUnlisted="false"', "192.0.3.1", "", (403, 6)),
        (INSIDE, 'allowUnlisted="false"', "::ffff:192.0.2.1", "", None),
        (INSIDE, 'allowUnlisted="false"', "2001:db8::1", "", (403, 6)),
        (ONE, "", "192.0.2.9", "", (403, 6)),
        (ONE, "", "192.0.2.8", "", None),
        (ONE + INSIDE, 'allowUnlisted="false"', "192.0.2.9", "", (403, 6)),
        (INSIDE + ONE, 'allowUnlisted="false"', "192.0.2.9", "", None),
        (SIX, 'allowUnlisted="false"', "2001:db8:1::5", "", None),
        (SIX, 'allowUnlisted="false"', "2001:db9::5", "", (403, 6)),
        (ONE, "", "10.0.0.1", "192.0.2.9", None),
        (ONE, 'enableProxyMode="true"', "10.0.0.1", "192.0.2.9, 10.0.0.2", (403, 6)),
        (ONE, 'enableProxyMode="true"', "10.0.0.1", "192.0.2.9:4711", (403, 6)),
        (ONE, 'denyAction="Unauthorized"', "192.0.2.9", "", (401, 0)),
        (ONE, 'denyAction="NotFound"', "192.0.2.9", "", (404, 0)),
        (ONE, 'denyAction="AbortRequest"', "192.0.2.9", "", (0, 0)),
        (INSIDE, 'allowUnlisted="false"', "no address", "", (403, 6)),
        (ONE, 'enableProxyMode="true"', "10.0.0.1", ",".join(["10.0.0.2"] * 63), None),
        (ONE, 'enableProxyMode="true"', "10.0.0.1", ",".join(["10.0.0.2"] * 64), (400, 0)),
    ],
)
def test_addresses(
    site: SiteOf, entries: str, attributes: str, remote: str, forwarded: str, expected: tuple[int, int] | None
) -> None:
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    assert ask(site({"": addresses(entries, attributes)}), "/", "GET", remote, headers=headers) == expected


@pytest.mark.parametrize("entry", ['ipAddress="300.1.1.1"', 'ipAddress="192.0.2.0" subnetMask="255.0.255.0"'])
def test_what_is_no_network_is_refused(site: SiteOf, entry: str) -> None:
    with pytest.raises(ConfigError) as refused:
        site({"": addresses(f"<add {entry}/>")})
    assert refused.value.fix


def test_a_domain_name_is_noted(site: SiteOf) -> None:
    (note,) = site({"": addresses('<add domainName="example.org" allowed="true"/>')}).notes
    assert note.matters


networks = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
)


@given(st.lists(st.tuples(networks, st.booleans()), max_size=5), st.ip_addresses(), st.booleans())
def test_the_first_network_that_holds_an_address_decides(
    entries: list[tuple[tuple[IPv4Address | IPv6Address, int], bool]],
    address: IPv4Address | IPv6Address,
    unlisted: bool,
) -> None:
    made = tuple(
        (ip_network(f"{base}/{length}", strict=False), allowed) for (base, length), allowed in entries
    )
    request = Request("GET", "/", "/", "", "http", "h", 80, str(address), {})
    found: Answer | None = refused_address(Addresses(made, unlisted), request)
    plain = ip_address(str(address))
    mapped = plain.ipv4_mapped if isinstance(plain, IPv6Address) else None
    bits = mapped or plain
    expected = unlisted
    for network, allowed in made:
        same = network.version == bits.version
        if same and int(bits) >> (bits.max_prefixlen - network.prefixlen) == int(network.network_address) >> (
            bits.max_prefixlen - network.prefixlen
        ):
            expected = allowed
            break
    assert (found is None) is expected
