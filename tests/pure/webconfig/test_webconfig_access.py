"""access, authorization and authentication, rule by rule, with IIS's sub-statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import ConfigError
from webstead.formats.webconfig import Site, TraceStep
from webstead.formats.webconfig.access import AccessRule, Anonymous, Authorization, refused_anonymous
from webstead.formats.webconfig.model import Request

SiteOf = Callable[[Mapping[str, str]], Site]


def security(body: str, more: str = "") -> str:
    return f"<system.webServer><security>{body}</security>{more}</system.webServer>"


def ask(
    site: Site,
    path: str = "/x",
    method: str = "GET",
    *,
    scheme: Literal["http", "https"] = "http",
    remote: str = "192.0.2.7",
    headers: Mapping[str, str] = {},
    trace: list[TraceStep] | None = None,
) -> tuple[int, int] | None:
    """Status and sub-status of a refusal; None when a handler was looked for."""
    request = Request(method, path, path, "", scheme, "h", 80, remote, headers)
    steps: list[TraceStep] = [] if trace is None else trace
    answer = site.route(request, lambda path: "none", steps).answer
    refused = answer is not None and any(step.stage == "filter" for step in steps)
    return (answer.status, answer.sub_status) if answer is not None and refused else None


# sslFlags


@pytest.mark.parametrize(
    ("flags", "scheme", "expected"),
    [
        ("None", "http", None),
        ("", "http", None),
        ("Ssl", "http", (403, 4)),
        ("ssl", "https", None),
        ("Ssl, Ssl128", "http", (403, 4)),
        ("Ssl128", "http", (403, 5)),
        ("Ssl, Ssl128", "https", None),
        ("SslNegotiateCert", "http", None),
        ("SslNegotiateCert", "https", None),
        ("Ssl,SslNegotiateCert", "http", (403, 4)),
        ("Ssl,SslNegotiateCert,SslRequireCert", "http", (403, 4)),
        ("Ssl,SslNegotiateCert,SslRequireCert", "https", (403, 7)),
        ("SslRequireCert", "http", (403, 7)),
    ],
)
def test_tls(
    site: SiteOf, flags: str, scheme: Literal["http", "https"], expected: tuple[int, int] | None
) -> None:
    assert ask(site({"": security(f'<access sslFlags="{flags}"/>')}), scheme=scheme) == expected


@pytest.mark.parametrize(
    ("remote", "proto", "passes"),
    [
        ("127.0.0.1", "https", True),
        ("::1", "HTTPS", True),
        ("::ffff:127.0.0.1", "https", True),
        ("127.0.0.1", "http, https", True),
        ("127.0.0.1", "https, http", False),  # the proxy's own word stands last
        ("127.0.0.1", "http", False),
        ("127.0.0.1", "", False),
        ("192.0.2.7", "https", False),
        ("", "https", False),
    ],
)
def test_a_proxy_on_this_machine_is_believed(site: SiteOf, remote: str, proto: str, passes: bool) -> None:
    found = site({"": security('<access sslFlags="Ssl"/>')})
    headers = {"x-forwarded-proto": proto} if proto else {}
    assert (ask(found, remote=remote, headers=headers) is None) is passes


def test_https_is_asked_for_before_rules(site: SiteOf) -> None:
    rule = '<rewrite><rules><rule name="R"><match url=".*"/><action type="Redirect" url="https://h/"/></rule>'
    found = site({"": security('<access sslFlags="Ssl"/>', f"{rule}</rules></rewrite>")})
    assert ask(found) == (403, 4)


def test_a_folder_may_want_https(site: SiteOf) -> None:
    found = site({"": "", "shop": security('<access sslFlags="Ssl"/>')})
    assert ask(found, "/x") is None
    assert ask(found, "/SHOP/x") == (403, 4)
    assert not found.depends_only_on_path


@pytest.mark.parametrize(
    ("flags", "noted"), [("Ssl", 0), ("SslNegotiateCert", 1), ("Ssl,SslRequireCert", 1), ("SslMapCert", 1)]
)
def test_client_certificates_are_noted(site: SiteOf, flags: str, noted: int) -> None:
    notes = site({"": security(f'<access sslFlags="{flags}"/>')}).notes
    assert [note.matters for note in notes] == [True] * noted


# authorization

ALL = '<remove users="*" roles="" verbs=""/>'


@pytest.mark.parametrize(
    ("rules", "method", "refused"),
    [
        ("", "GET", False),
        ("<clear/>", "GET", True),
        (ALL, "GET", True),
        ('<remove users="*"/>', "GET", True),
        ('<add accessType="Deny" users="?"/>', "GET", True),
        ('<add accessType="Deny" users="*"/>', "GET", True),
        ('<add accessType="Deny" users="fred"/>', "GET", False),
        ('<add accessType="Deny" roles="Guests"/>', "GET", False),
        (f'{ALL}<add accessType="Allow" roles="Administrators"/>', "GET", True),
        (f'{ALL}<add accessType="Allow" users="fred, ?"/>', "GET", False),
        (f'{ALL}<add accessType="Allow" users="?" roles="Staff"/>', "GET", False),
        ('<add accessType="Deny" users="*" verbs="POST, put"/>', "GET", False),
        ('<add accessType="Deny" users="*" verbs="POST, put"/>', "POST", True),
        ('<add accessType="Deny" users="*" verbs="POST, put"/>', "PUT", True),
        ('<add accessType="Deny" users="*" verbs="POST, put"/>', "post", True),
        (f'{ALL}<add accessType="allow" users="*" verbs="GET"/>', "GET", False),
        (f'{ALL}<add accessType="Allow" users="*" verbs="GET"/>', "HEAD", True),
        # Deny goes before Allow, in whatever order
        ('<add accessType="Allow" users="?"/><add accessType="Deny" users="?,fred"/>', "GET", True),
        ('<add accessType="Deny" users="?,fred"/><add accessType="Allow" users="?"/>', "GET", True),
    ],
)
def test_authorization(site: SiteOf, rules: str, method: str, refused: bool) -> None:
    found = site({"": security(f"<authorization>{rules}</authorization>")})
    assert ask(found, method=method) == ((401, 2) if refused else None)


def test_what_a_parent_denies_no_folder_allows(site: SiteOf) -> None:
    denied = security('<authorization><add accessType="Deny" users="?"/></authorization>')
    allow = '<add accessType="Allow" users="?,fred"/>'
    assert ask(site({"": denied, "a": security(f"<authorization>{allow}</authorization>")}), "/a/x") == (
        401,
        2,
    )
    cleared = security(f"<authorization><clear/>{allow}</authorization>")
    assert ask(site({"": denied, "a": cleared}), "/a/x") is None
    again = allow.replace("?,fred", "?")
    removed = security(f'<authorization><remove users="?"/>{again}</authorization>')
    assert ask(site({"": denied, "a": removed}), "/a/x") is None
    with pytest.raises(ConfigError) as refused:
        site({"": denied, "a": security(f"<authorization>{again}</authorization>")})
    assert "web.config:1 (IIS answers 500.19, 0x800700B7)" in refused.value.found


def test_it_is_asked_of_the_address_that_rules_made(site: SiteOf) -> None:
    rules = """<rewrite><rules>
    <rule name="In"><match url="^in$"/><action type="Rewrite" url="/closed/x"/></rule>
    <rule name="Out"><match url="^closed/out"/><action type="Redirect" url="/open"/></rule>
    </rules></rewrite>"""
    closed = security("<authorization><clear/></authorization>")
    found = site({"": f"<system.webServer>{rules}</system.webServer>", "closed": closed})
    assert ask(found, "/in") == (401, 2)
    assert ask(found, "/closed/y") == (401, 2)
    assert ask(found, "/closed/out") is None  # a redirect says nothing of what stands there
    assert ask(found, "/open") is None


def test_another_server_is_not_asked_either(site: SiteOf) -> None:
    rules = """<rewrite><rules><rule name="P"><match url="(.*)"/>
    <action type="Rewrite" url="http://127.0.0.1:9/{R:1}"/></rule></rules></rewrite>"""
    found = site({"": security("<authorization><clear/></authorization>", rules)})
    assert ask(found) == (401, 2)
    request = Request("GET", "/x", "/x", "", "http", "h", 80, "192.0.2.7", {})
    assert found.route(request, lambda path: "none").remote is None


def test_redirects_of_a_closed_folder_are_closed(site: SiteOf) -> None:
    closed = security(
        "<authorization><clear/></authorization>", '<httpRedirect enabled="true" destination="/secret"/>'
    )
    assert ask(site({"": closed})) == (401, 2)


@pytest.mark.parametrize(
    "entry",
    [
        'accessType="Deny"',
        'users="*"',
        'accessType="Maybe" users="*"',
        'accessType="Deny" users="" roles=" "',
    ],
)
def test_mistakes(site: SiteOf, entry: str) -> None:
    with pytest.raises(ConfigError) as refused:
        site({"": security(f"<authorization><add {entry}/></authorization>")})
    assert refused.value.fix


def test_rules_for_people_are_noted(site: SiteOf) -> None:
    rules = '<add accessType="Allow" users="fred"/><add accessType="Deny" users="?, fred"/>'
    (note,) = site({"": security(f"<authorization>{rules}</authorization>")}).notes
    assert "fred never holds" in note.text


_USERS = st.frozensets(st.sampled_from(["*", "?", "fred"]), min_size=1)
_RULES = st.lists(
    st.builds(AccessRule, st.booleans(), _USERS, st.frozensets(st.sampled_from(["GET", "POST"])))
)


@given(_RULES, st.sampled_from(["GET", "POST"]))
def test_deny_goes_before_allow_and_silence_is_no(rules: list[AccessRule], method: str) -> None:
    def about(rule: AccessRule) -> bool:
        return rule.users != {"fred"} and (not rule.verbs or method in rule.verbs)

    denied = any(about(rule) and not rule.allows for rule in rules)
    allowed = any(about(rule) and rule.allows for rule in rules)
    answer = refused_anonymous(Anonymous(), Authorization(tuple(rules)), method)
    assert (answer is None) is (allowed and not denied)


# authentication


def test_without_anonymous_clients_there_are_none(site: SiteOf) -> None:
    off = '<authentication>\n<anonymousAuthentication enabled="false"/></authentication>'
    found = site({"": security(off)})
    trace: list[TraceStep] = []
    assert ask(found, trace=trace) == (401, 2)
    assert trace[0].text == "anonymousAuthentication is off (web.config:2), and nobody can sign in here"
    (note,) = found.notes
    assert note.matters
    assert "every request is answered with 401.2" in note.text


@pytest.mark.parametrize("name", ["basic", "digest", "windows"])
@pytest.mark.parametrize("enabled", [True, False])
def test_other_schemes_are_noted_and_let_everybody_in(site: SiteOf, name: str, enabled: bool) -> None:
    inside = '<providers><clear/><add value="NTLM"/></providers>' if name == "windows" else ""
    tag = f"{name}Authentication"
    element = f'<{tag} enabled="{str(enabled).lower()}">{inside}</{tag}>'
    found = site({"": security(f"<authentication>{element}</authentication>")})
    assert ask(found) is None
    assert [note.matters for note in found.notes] == [True] * enabled


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('<access sslFlags="Ssl"/>', "access sslFlags wants https (Ssl, web.config:1)"),
        ("<authorization>\n<clear/></authorization>", "only to those who have signed in (web.config:1)"),
        (
            '<authorization>\n<add accessType="Deny" users="?"/></authorization>',
            "denies GET to those who have not signed in (web.config:2), and nobody can sign in here",
        ),
    ],
)
def test_a_refusal_names_its_place(site: SiteOf, body: str, text: str) -> None:
    trace: list[TraceStep] = []
    ask(site({"": security(body)}), trace=trace)
    assert text in trace[-1].text
