"""What the rules know: tables against their other halves, and what must not be taken for a fault."""

from __future__ import annotations

from datetime import date

import pytest

from webstead.check import RULES, check
from webstead.check.rules.locks import LOCKS, Lock
from webstead.check.rules.rewriting import _explodes
from webstead.check.rules.wfastcgi import KNOWN
from webstead.gateway.wfastcgi.settings import SETTINGS

from .subjects import FASTCGI, TODAY, config, found, subject

HANDLER = FASTCGI.replace('path="*"', 'path="handler.fcgi"')


def rule(inside: str, attributes: str = "") -> str:
    text = f'<rewrite><rules><rule name="r" {attributes}>{inside}</rule></rules></rewrite>'
    return config(HANDLER + text)


def matching(pattern: str) -> str:
    return rule(f'<match url="{pattern}" /><action type="Redirect" url="/new" />')


def test_ids_are_unique_and_every_rule_is_explained() -> None:
    ids = [each.id for each in RULES]
    assert len(ids) == len(set(ids))
    assert all(each.help.endswith(".") and each.title and each.targets for each in RULES)


def test_the_settings_are_those_of_the_gateway() -> None:
    assert set(KNOWN) == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize(
    "lock", [lock for lock in LOCKS if lock.iis == "locked"], ids=lambda lock: lock.section
)
def test_a_locked_section_is_found_in_a_location_too(lock: Lock) -> None:
    *groups, name = lock.section.split("/")
    inside = "".join(f"<{group}>" for group in groups) + f"<{name} />"
    inside += "".join(f"</{group}>" for group in reversed(groups))
    inside = f'<location path="a"><system.webServer>{inside}</system.webServer></location>'
    text = f"<configuration>{inside}</configuration>"
    assert len(found("section-locked", web_config=text)) == 1
    assert not found("section-locked", "webstead", web_config=text)


@pytest.mark.parametrize(
    "pattern",
    ["^api/", "/api/", "^/?api/", "^(/api)?x", "^a|^/b", "^page(\\?.*)?$", "[/?]x", ".*", "", "^/*x"],
)
def test_patterns_that_can_match(pattern: str) -> None:
    assert not found("rule-never-matches", web_config=matching(pattern))


@pytest.mark.parametrize("pattern", ["^/api/", "^/$", r"^\/api", r"^a\?b=c", "^http://old/"])
def test_patterns_that_cannot(pattern: str) -> None:
    assert found("rule-never-matches", web_config=matching(pattern))


def test_a_negated_or_disabled_rule_is_left_alone() -> None:
    negated = rule('<match url="^/x" negate="true" /><action type="Redirect" url="/new" />')
    assert not found("rule-never-matches", web_config=negated)
    disabled = rule('<match url="^/x" /><action type="Redirect" url="/new" />', 'enabled="false"')
    assert not found("rule-never-matches", web_config=disabled)


@pytest.mark.parametrize(
    ("given", "pattern", "never"),
    [
        ("{HTTPS}", "^off$", False),
        ("{HTTPS}", "true", True),
        ("{QUERY_STRING}", r"^\?a=", True),
        ("{QUERY_STRING}", "^a=", False),
        ("{HTTP_HOST}", "^https://a", True),
        ("{HTTP_HOST}", "^www", False),
        ("{REQUEST_URI}", "^api/", True),
        ("{REQUEST_URI}", "^/api/", False),
        ("{HTTP_X_FOO}", "^api/", False),
    ],
)
def test_conditions(given: str, pattern: str, never: bool) -> None:
    inside = f'<match url=".*" /><conditions><add input="{given}" pattern="{pattern}" /></conditions>'
    text = rule(inside + '<action type="Redirect" url="/new" />')
    assert bool(found("rule-never-matches", web_config=text)) is never


@pytest.mark.parametrize(
    "url", ["/static/{R:1}", "https://{HTTP_HOST}/{R:0}", "a.b/c-d?x=1", "{C:1}", "/a(b)c", "/"]
)
def test_urls_that_are_no_patterns(url: str) -> None:
    text = rule(f'<match url=".*" /><action type="Redirect" url="{url}" />')
    assert not found("rule-target-is-pattern", web_config=text)


@pytest.mark.parametrize(
    "pattern", [r"^(a+)+$", r"^(\w+\s?)*$", r"(?:[a-z]*)*x", r"^(.*)+/end$", r"(\d{2,})+x"]
)
def test_exponential_patterns(pattern: str) -> None:
    assert _explodes(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+", r"^([^/]+/)*x$", "(.*)/(.*)", r"(\d{2}a*)+x", "(a|b)*c", r"(\.[a-z]+)*$", "(" * 400 + "a"],
)
def test_patterns_that_are_not(pattern: str) -> None:
    assert not _explodes(pattern)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("WSGI_HANDLR", "WSGI_HANDLER"),
        ("WSGI-HANDLER", "WSGI_HANDLER"),
        ("PYTHON_PATH", "PYTHONPATH"),
        ("DJANGO_SETTING_MODULE", "DJANGO_SETTINGS_MODULE"),
        ("wsgi_handler", None),
        ("PYTHONUNBUFFERED", None),
        ("PYTHONHOME", None),
        ("WSGI_ENV", None),
        ("SCRIPT_TIMEOUT", None),
        ("MY_SETTING", None),
    ],
)
def test_misspelt_settings(key: str, meant: str | None) -> None:
    findings = found("setting-misspelt", web_config=config("", f'<add key="{key}" value="x" />'))
    assert [each.fix for each in findings] == ([f'Write key="{meant}".'] if meant else [])


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("SECRET_KEY", "abc", True),
        ("DATABASE_URL", "postgres://u:p@h/d", True),
        ("DATABASE_URL", "postgres://h/d", False),
        ("SECRET_KEY", "", False),
        ("SECRET_KEY", "%SECRET_KEY%", False),
        ("SECRET_KEY", "#{Secret}", False),
        ("TOKEN_LIFETIME", "3600", False),
        ("USE_TOKENS", "true", False),
        ("API_KEY", "@Microsoft.KeyVault(SecretUri=https://x)", False),
    ],
)
def test_secrets(name: str, value: str, secret: bool) -> None:
    text = config("", f'<add key="{name}" value="{value}" />')
    assert bool(found("secret-in-config", web_config=text)) is secret


@pytest.mark.parametrize(
    "value",
    [
        "{R:1}",
        "{ToLower:{R:1}}",
        "%HTTP_PLATFORM_PORT%",
        "$1",
        "$PORT",
        "{HTTP_HOST}",
        "__name__",
        "a#b",
        "100%",
    ],
)
def test_what_is_no_placeholder(value: str) -> None:
    assert not found("placeholder-left", web_config=config("", f'<add key="A" value="{value}" />'))


def test_a_colon_is_right_for_the_gateway_and_for_httpplatform() -> None:
    settings = '<add key="WSGI_HANDLER" value="app:app" />'
    gateway = FASTCGI.replace("wfastcgi.py", r"webstead\gateway")
    assert not found("handler-colon-form", web_config=config(gateway, settings))
    assert found("handler-colon-form", web_config=config(FASTCGI, settings))


@pytest.mark.parametrize(
    ("line", "found_"),
    [
        ("uvloop", True),
        ("uvloop; python_version < '3'", False),
        ("uvloop; platform_system != 'Windows'", False),
        ("uvloop ; sys_platform == 'win32'", True),
        ("UvLoop>=0.19", True),
        ("uvicorn[standard]", False),
    ],
)
def test_markers_say_where_a_package_is_wanted(line: str, found_: bool) -> None:
    text = config(FASTCGI)
    assert bool(found("package-of-other-system", web_config=text, requirements_txt=line)) is found_


@pytest.mark.parametrize(
    ("day", "rules"), [((2027, 10, 31), ["python-support-ends"]), ((2027, 11, 1), ["python-out-of-support"])]
)
def test_support_ends_on_its_day(day: tuple[int, int, int], rules: list[str]) -> None:
    checked = subject("azure-linux", date(*day), runtime_txt="python-3.11.4\n")
    assert [each.rule for each in check(checked) if "support" in each.rule] == rules


def test_static_files_in_front_are_seen_by_the_site_itself() -> None:
    static = (
        '<handlers><add name="S" path="static/*" verb="*" modules="StaticFileModule" requireAccess="Read" />'
        + FASTCGI.removeprefix("<handlers>")
    )
    for text, swallowed in ((FASTCGI, True), (static, False)):
        files = {"requirements_txt": "bottle\n", "static__a_css": "", "web_config": config(text)}
        told = {each.rule for each in check(subject("iis", TODAY, **files))}
        assert ("static-swallowed" in told) is swallowed


def test_webstead_serves_the_app_of_the_code_where_no_setting_names_one() -> None:
    text = config(FASTCGI, "")
    assert [each.severity for each in found("handler-not-set", "iis", web_config=text)] == ["error"]
    assert [each.severity for each in found("handler-not-set", "webstead", web_config=text)] == ["warning"]
    nothing: dict[str, str | bytes] = {"app_py": "", "web_config": text}
    assert [each.severity for each in check(subject("webstead", TODAY, **nothing))] == ["error"]


def test_a_setting_alone_means_the_server_s_own_wfastcgi() -> None:
    assert found("handler-colon-form", web_config=config("", '<add key="WSGI_HANDLER" value="app:app" />'))


def test_patterns_of_outbound_rules_and_conditions_are_looked_at() -> None:
    match = '<match filterByTags="A" pattern="^(a+)+$" />'
    outbound = (
        f'<outboundRules><rule name="o">{match}<action type="Rewrite" value="x" /></rule></outboundRules>'
    )
    text = config(HANDLER + f"<rewrite>{outbound}</rewrite>")
    assert len(found("pattern-explodes", web_config=text)) == 1
    inside = '<match url=".*" /><conditions><add input="{HTTP_HOST}" pattern="(?=a)b" /></conditions>'
    text = rule(inside + '<action type="Redirect" url="/new" />')
    assert len(found("pattern-backtracks", "webstead", web_config=text)) == 1


def test_select_and_ignore() -> None:
    checked = subject(web_config=config(FASTCGI))
    assert {each.rule for each in check(checked, select=("module-needed",))} == {"module-needed"}
    assert "module-needed" not in {each.rule for each in check(checked, ignore=("module-needed",))}
