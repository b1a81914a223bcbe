"""Request filtering and address restrictions, rule by rule, with IIS's sub-statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import ConfigError
from webstead.formats.webconfig import Answer, Request, Site, TraceStep
from webstead.formats.webconfig.addresses import AddressEntry, Addresses, refused_address
from webstead.formats.webconfig.filtering import (
    FilteringRule,
    Limit,
    RequestFiltering,
    refused_length,
    refused_request,
)
from webstead.formats.webconfig.model import Origin
from webstead.formats.webconfig.schema.filtering import REQUEST_FILTERING
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
    path = canonical(raw)
    request = Request(method, target, path, query, "http", "h", 80, remote, headers)
    steps: list[TraceStep] = [] if trace is None else trace
    answer = site.route(request, lambda path: "none", steps).answer
    refused = answer is not None and steps[0].stage == "filter"
    return (answer.status, answer.sub_status) if answer is not None and refused else None


ANY = '<requestLimits maxAllowedContentLength="4294967295" maxUrl="65536" maxQueryString="65536"/>'
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
PERCENT = """<filteringRules><filteringRule name="bare" scanQueryString="{query}"
scanAllRaw="{raw}" scanUrl="true">
<denyStrings><add string="nothing has this"/></denyStrings></filteringRule></filteringRules>"""
RAW = """<filteringRules><filteringRule name="raw" scanAllRaw="true" denyUnescapedPercent="false">
<denyStrings><add string="X-Probe: 1"/><add string="DELETE /"/></denyStrings></filteringRule>
</filteringRules>"""
APPLIES = '<appliesTo><add fileExtension=".asp"/></appliesTo>'


@pytest.mark.parametrize(
    ("body", "target", "expected"),
    [
        ("", "/" + "a" * 4095, None),
        ("", "/" + "a" * 4096, (404, 14)),
        ("", "/?" + "a" * 2048, None),
        ("", "/?" + "a" * 2049, (404, 15)),
        ("", "/a%2541", (404, 11)),
        ("", "/100%25", None),
        ("", "/100%25zz", None),
        ("", "/web.config", (404, 8)),
        ("", "/a/WEB.config/b", (404, 8)),
        ("", "/a.config", None),
        ("<hiddenSegments><clear/></hiddenSegments>", "/web.config", None),
        (ANY, "/" + "a" * 60000, None),
        (ANY, "/?" + "a" * 60000, None),
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
        (NO_EXE.replace('".exe"', '"exe"'), "/a.exe", (404, 7)),
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
        (SEQUENCE, "/s%65cret/../b", (404, 5)),
        (SEQUENCE, "/secret/../b", (404, 5)),
        ('<denyUrlSequences><add sequence=".."/></denyUrlSequences>', "/a/../b", (404, 5)),
        ('<denyUrlSequences><add sequence=".."/></denyUrlSequences>', "/a/%2e%2E/b", (404, 5)),
        ('<denyUrlSequences><add sequence="%"/></denyUrlSequences>', "/a%20b", (404, 5)),
        (QUERY, "/?a=<SCRIPT>", (404, 18)),
        (QUERY, "/?a=%3cscript>", (404, 18)),
        (QUERY, "/%3cscript", None),
        (RULE.format(url="true", query="false", more=""), "/a--b", (404, 19)),
        (RULE.format(url="true", query="false", more=""), "/a?--", None),
        (RULE.format(url="false", query="true", more=""), "/a?x=1%2d-", (404, 19)),
        (RULE.format(url="true", query="true", more=APPLIES), "/a--.html", None),
        (RULE.format(url="true", query="true", more=APPLIES), "/a--.asp", (404, 19)),
        (RULE.format(url="true", query="true", more=APPLIES.replace(".asp", "asp")), "/a--.asp", (404, 19)),
        (PERCENT.format(query="true", raw="false"), "/?a=5%", (404, 19)),
        (PERCENT.format(query="true", raw="false"), "/?a=5%zz", (404, 19)),
        (PERCENT.format(query="true", raw="false"), "/?a=5%25", None),
        (PERCENT.format(query="true", raw="false"), "/a%25?a=5", None),
        (PERCENT.format(query="false", raw="true"), "/?a=5%", (404, 19)),
        (PERCENT.format(query="false", raw="false"), "/?a=5%", None),
    ],
)
def test_urls_and_queries(site: SiteOf, body: str, target: str, expected: tuple[int, int] | None) -> None:
    assert ask(site({"": filtering(body)}), target) == expected


@pytest.mark.parametrize(
    ("body", "method", "headers", "expected"),
    [
        (RAW, "GET", {"x-probe": "1"}, (404, 19)),
        (RAW, "GET", {"x-probe": "2"}, None),
        (RAW, "DELETE", {}, (404, 19)),
        (PERCENT.format(query="false", raw="true"), "GET", {"x-any": "5%"}, (404, 19)),
        (PERCENT.format(query="true", raw="false"), "GET", {"x-any": "5%"}, None),
        (HEADERS, "GET", {"x-big": "12345"}, None),
        (HEADERS, "GET", {"x-big": "123456"}, (431, 0)),
        (NO_TRACE, "TRACE", {}, (404, 6)),
        (NO_TRACE, "GET", {}, None),
        (ONLY_GET, "GET", {}, None),
        (ONLY_GET, "POST", {}, (404, 6)),
        (ONLY_GET, "get", {}, (404, 6)),
        (NO_TRACE, "trace", {}, (404, 6)),
        (AGENT, "GET", {"user-agent": "a badbot/1"}, (404, 19)),
        (AGENT, "GET", {"user-agent": "Mozilla"}, None),
    ],
)
def test_methods_and_headers(
    site: SiteOf, body: str, method: str, headers: dict[str, str], expected: tuple[int, int] | None
) -> None:
    assert ask(site({"": filtering(body)}), "/x", method, headers=headers) == expected


@pytest.mark.parametrize(
    ("body", "length", "refused"),
    [
        ("", "30000000", False),
        ("", "30000001", True),
        (ANY, "9" * 18, False),
        (LIMITS, "100", False),
        (LIMITS, "101", True),
        (LIMITS, "9" * 30, True),
        (LIMITS, "\u00b2", False),  # is no number: refused as such
        (LIMITS, "", False),
    ],
)
def test_the_length_of_a_body(site: SiteOf, body: str, length: str, refused: bool) -> None:
    limit = site({"": filtering(body)}).of(REQUEST_FILTERING, "/").max_content
    answer = refused_length(limit, length)
    assert (None if answer is None else (answer.status, answer.sub_status)) == ((413, 1) if refused else None)


@pytest.mark.parametrize("url", ["/a/Secret.exe", "a/secret.exe"])
def test_allowed_urls_lift_what_is_denied_by_sequence_alone(site: SiteOf, url: str) -> None:
    allowed = f'<alwaysAllowedUrls><add url="{url}"/></alwaysAllowedUrls>'
    found = site({"": filtering(SEQUENCE + allowed)})
    assert ask(found, "/a/secret.exe") is None
    assert ask(found, "/b/secret.exe") == (404, 5)
    assert ask(found, "/a/secret.exe/more") == (404, 5)
    assert ask(site({"": filtering(SEQUENCE + NO_EXE + allowed)}), "/a/secret.exe") == (404, 7)
    hidden = HIDDEN.replace("bin", "a")
    assert ask(site({"": filtering(SEQUENCE + hidden + allowed)}), "/a/secret.exe") == (404, 8)


def test_allowed_queries_are_compared_as_they_were_sent(site: SiteOf) -> None:
    queries = '<alwaysAllowedQueryStrings><add queryString="a=&lt;script"/></alwaysAllowedQueryStrings>'
    found = site({"": filtering(QUERY + queries)})
    assert ask(found, "/?a=<script") is None
    assert ask(found, "/?a=<Script") is None
    assert ask(found, "/?a=%3Cscript") == (404, 18)
    assert ask(found, "/?b=<script") == (404, 18)


DOUBLE = 'allowDoubleEscaping="true"'


@pytest.mark.parametrize(
    ("body", "target", "expected"),
    [
        ("", "/%2541", None),
        (HIDDEN, "/b%2569n/x", (404, 8)),
        (HIDDEN, "/b%252569n/x", (404, 8)),
        (HIDDEN, "/x%252f..%252fbin", (404, 8)),
        (HIDDEN, "/x/%252e%252e/bin", (404, 8)),
        (HIDDEN, "/x%255cbin%255cy", (404, 8)),
        (SEQUENCE, "/s%2565cret", (404, 5)),
        (SEQUENCE, "/s%25%36%35cret", (404, 5)),
        (NO_EXE, "/a.%2565xe", (404, 7)),
        (NO_EXE, "/a.exe%253a%253a$DATA", (404, 7)),
        (HIDDEN, "/b%2569ns/x", None),
        ("", "/%252e%252e/%252e%252e/x", None),  # nobody here decodes it again
    ],
)
def test_a_path_may_be_escaped_twice_and_passes_nothing_by_it(
    site: SiteOf, body: str, target: str, expected: tuple[int, int] | None
) -> None:
    assert ask(site({"": filtering(body, DOUBLE)}), target) == expected


def test_a_folder_says_whether_paths_may_be_escaped_twice(site: SiteOf) -> None:
    found = site({"": "", "open": filtering("", DOUBLE)})
    assert ask(found, "/a%2541") == (404, 11)
    assert ask(found, "/open/a%2541") is None
    assert ask(found, "/OPEN/a%2541") is None
    assert ask(found, "/open%2541/a") == (404, 11)


def test_high_bit_characters(site: SiteOf) -> None:
    found = site({"": filtering("", 'allowHighBitCharacters="false"')})
    assert ask(found, "/%c3%a4") == (404, 12)
    assert ask(found, "/a") is None


def test_a_folder_has_its_own(site: SiteOf) -> None:
    found = site({"": filtering(HIDDEN), "open": filtering("<hiddenSegments><clear/></hiddenSegments>")})
    assert ask(found, "/bin/x") == (404, 8)
    assert ask(found, "/open/bin/x") is None


@pytest.mark.parametrize(
    ("body", "attributes", "target", "method", "text"),
    [
        (LIMITS, "", "/" + "a" * 20, "GET", "the path of 21 bytes is longer than 20 (maxUrl, web.config:1)"),
        ("", "", "/?" + "a" * 2049, "GET", "(maxQueryString, the server's defaults)"),
        ("", "", "/%2541", "GET", "escaped twice (allowDoubleEscaping, web.config:1)"),
        (HIDDEN, "", "/bin", "GET", "hides 'bin' (hiddenSegments, web.config:1)"),
        (NO_EXE, "", "/a.exe", "GET", "denies .exe files (fileExtensions, web.config:1)"),
        (ONLY, "", "/a.css", "GET", "does not allow .css files (fileExtensions, web.config:1)"),
        (SEQUENCE, "", "/secret", "GET", "denies 'secret' in URLs (denyUrlSequences, web.config:1)"),
        (QUERY, "", "/?<script", "GET", "in queries (denyQueryStringSequences, web.config:1)"),
        (ONLY_GET, "", "/", "POST", "does not allow the method POST (verbs, web.config:1)"),
        ("", 'allowHighBitCharacters="false"', "/%c3%a4", "GET", "(allowHighBitCharacters, web.config:1)"),
        (RULE.format(url="true", query="true", more=""), "", "/--", "GET", "Rule 'sql', web.config:1)"),
        (PERCENT.format(query="true", raw="true"), "", "/?%", "GET", "denyUnescapedPercent, web.config:1)"),
    ],
)
def test_a_refusal_names_the_setting_and_its_place(
    site: SiteOf, body: str, attributes: str, target: str, method: str, text: str
) -> None:
    trace: list[TraceStep] = []
    assert ask(site({"": filtering(body, attributes)}), target, method, trace=trace)
    assert text in trace[0].text


def test_a_limit_of_the_servers_own_says_how_to_raise_it(site: SiteOf) -> None:
    answer = refused_length(site({"": filtering("")}).of(REQUEST_FILTERING, "/").max_content, "30000001")
    assert answer is not None
    assert answer.reason == (
        "the request's body of 30000001 bytes is larger than 30000000 bytes "
        "(maxAllowedContentLength, the server's defaults)"
    )
    assert 'maxAllowedContentLength="…"' in answer.fix


def test_routes_of_a_site_with_limits_can_be_kept(site: SiteOf) -> None:
    app = '<appSettings><add key="WSGI_HANDLER" value="a.b"/></appSettings>'
    assert site({"": app + filtering(HIDDEN)}).depends_only_on_path
    assert not site({"": app + security('<ipSecurity allowUnlisted="false"/>')}).depends_only_on_path
    for of_host in (HEADERS.replace("X-Big", "Host"), AGENT.replace("User-Agent", "Host")):
        assert not site({"": app + filtering(of_host)}).depends_only_on_path


SPELLINGS = [
    "bin",
    "BIN",
    "b%69n",
    "%62in",
    "x",
    ".",
    "..",
    "%2e",
    "",
    "bin.",
    "a.exe",
    "%2f",
    "bin%20",
    "bin:s",
]


@given(st.lists(st.sampled_from(SPELLINGS)), st.integers(0, 3))
def test_no_spelling_gets_around(parts: list[str], escapes: int) -> None:
    """Whatever leads to a hidden segment is refused, however often it is escaped."""
    plain = "/" + "/".join(parts)
    raw = plain
    for _ in range(escapes):
        raw = raw.replace("%", "%25")
    try:
        path, meant = canonical(raw), canonical(plain)
    except BadPath:
        return
    rules = RequestFiltering(allow_double_escaping=True, hidden={"bin": Origin("w", 1)})
    answer = refused_request(rules, Request("GET", raw, path, "", "http", "h", 80, "", {}))
    segments = (segment.lower().partition(":")[0].rstrip(". ") for segment in meant.split("/"))
    if "bin" in segments:
        assert answer is not None


@given(
    st.lists(st.sampled_from([*SPELLINGS, "Web.Config", "web%2econfig", "a" * 9, "b?c", "%2541"])),
    st.booleans(),
    st.sampled_from([None, 5, 20]),
)
def test_the_quick_way_and_the_slow_way_agree(parts: list[str], double: bool, most: int | None) -> None:
    """A rule that never holds takes the quick way away."""
    raw = "/" + "/".join(parts)
    raw_path, _, query = raw.partition("?")
    try:
        request = Request("GET", raw, canonical(raw_path), query, "http", "h", 80, "", {})
    except BadPath:
        return
    origin = Origin("w", 1)
    limit = None if most is None else Limit(most, origin)
    hidden = {"bin": origin, "web.config": origin}
    quick = RequestFiltering(double, max_url=limit, max_query=limit, hidden=hidden)
    slow = replace(quick, rules=(FilteringRule("never", origin, ("\0",), scans_url=True),))
    assert quick.is_stock
    assert not slow.is_stock
    assert refused_request(quick, request) == refused_request(slow, request)


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


@pytest.mark.parametrize(
    "entry",
    [
        'ipAddress="300.1.1.1"',
        'ipAddress="192.0.2.0" subnetMask="255.0.255.0"',
        'ipAddress="192.0.2.0" subnetMask="0.0.0.255"',
        'ipAddress="192.0.2.0" subnetMask="255.255.255.256"',
        'ipAddress="192.0.2.0" subnetMask="33"',
        'ipAddress="2001:db8::" subnetMask="255.255.255.0"',
    ],
)
def test_what_is_no_network_is_refused(site: SiteOf, entry: str) -> None:
    with pytest.raises(ConfigError) as refused:
        site({"": addresses(f"\n<add {entry}/>")})
    assert refused.value.fix
    assert refused.value.where.startswith("web.config:2")


@pytest.mark.parametrize("mask", ["255.255.255.0", "24"])
def test_masks_and_lengths(site: SiteOf, mask: str) -> None:
    entry = f'<add ipAddress="192.0.2.9" subnetMask="{mask}"/>'
    assert ask(site({"": addresses(entry)}), "/", remote="192.0.2.200") == (403, 6)
    assert ask(site({"": addresses(entry)}), "/", remote="192.0.3.1") is None


def test_a_refused_address_is_told_with_its_entry(site: SiteOf) -> None:
    trace: list[TraceStep] = []
    ask(site({"": addresses(f"\n{ONE}")}), "/", remote="192.0.2.9", trace=trace)
    assert trace[0].text == "ipSecurity does not allow the address 192.0.2.9 (web.config:2)"


@pytest.mark.parametrize("key", ['domainName="a.test"', 'ipAddress="192.0.2.9"', 'subnetMask="32"'])
def test_what_is_removed_needs_no_address(site: SiteOf, key: str) -> None:
    """None of the three that tell entries apart is required; what is not there is removed in vain."""
    below = addresses(f"<remove {key}/>")
    found = site({"": addresses(ONE), "sub": below})
    removed = "ipAddress" in key
    assert ask(found, "/sub/x", remote="192.0.2.9") == (None if removed else (403, 6))


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
    listed = tuple(AddressEntry(network, allowed) for network, allowed in made)
    request = Request("GET", "/", "/", "", "http", "h", 80, str(address), {})
    found: Answer | None = refused_address(Addresses(listed, unlisted), request)
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
