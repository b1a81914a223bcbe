"""The texts: whole, one line for each thing, and no name outside its quotes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.formats.appcmd import add_words, command_text, make_application
from webstead.formats.servers import SERVERS, GatewaySite, configuration
from webstead.formats.servers.iis import registration
from webstead.formats.webconfig import compile_site, parse, windows_words
from webstead.formats.webconfig.schema.filtering import REQUEST_FILTERING

SITE = GatewaySite(
    target="shop:app",
    bind="unix:/run/shop.sock",
    directory="/srv/shop",
    python="/srv/env/bin/python",
    gateway="/srv/webstead/gateway",
)
WITH_FILES = replace(SITE, static=(("/static", "/srv/files"),))
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1, max_size=20)


def site_of(server: str) -> GatewaySite:
    return SITE if server == "haproxy" else WITH_FILES


def backslashed(text: str) -> str:
    """The value of `"…"` where a backslash makes the next sign a plain one."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


UNQUOTE: dict[str, tuple[str, Callable[[str], str]]] = {
    "nginx": (r'alias ("(?:[^"\\]|\\.)*");', lambda t: backslashed(t).replace("${webstead_dollar}", "$")),
    "lighttpd": (r'alias\.url \+= \( "/static/" => ("(?:[^"\\]|\\")*") \)', backslashed),
    "apache": (r'Alias "/static/" ("(?:[^"\\]|\\.)*")\n', backslashed),
    "apache-fcgid": (r'Alias "/static/" ("(?:[^"\\]|\\.)*")\n', backslashed),
    "caddy": (r'root \* ("(?:[^"\\]|\\")*")\n', backslashed),
}
"""Where the folder stands in each text, and how that server reads it."""


def test_the_servers_are_sorted() -> None:
    assert list(SERVERS) == sorted(SERVERS)


def test_another_server_is_refused_with_the_list() -> None:
    with pytest.raises(UsageError) as caught:
        configuration("nginxx", SITE)
    assert "nginx" in caught.value.fix


@pytest.mark.parametrize("server", SERVERS)
def test_a_text_is_whole_lines_without_left_over_braces_of_ours(server: str) -> None:
    text = configuration(server, site_of(server))
    assert text.endswith("\n")
    assert not re.search(r"\{[a-z_]+\}", text)
    assert text == configuration(server, site_of(server))


@pytest.mark.parametrize("server", [name for name in SERVERS if name not in ("iis", "apache-fcgid")])
def test_a_text_says_how_the_gateway_is_started(server: str) -> None:
    assert f"# Start the gateway: {SITE.command}\n" in configuration(server, site_of(server))


@pytest.mark.parametrize("server", sorted(UNQUOTE))
@given(name=NAMES)
def test_a_folder_is_read_as_it_was_meant_or_refused(server: str, name: str) -> None:
    plain = configuration(server, WITH_FILES)
    try:
        text = configuration(server, replace(SITE, static=(("/static", f"/srv/{name}"),)))
    except UsageError:
        return
    pattern, unquote = UNQUOTE[server]
    found = re.findall(pattern, text)
    assert [unquote(value) for value in found] == [f"/srv/{name}".rstrip("/") + "/"]
    assert text.count("\n") - plain.count("\n") in (0, 5)  # nginx: the dollar sign's own lines


@pytest.mark.parametrize("server", SERVERS)
@given(name=NAMES)
def test_no_name_adds_a_line(server: str, name: str) -> None:
    plain = configuration(server, SITE)
    site = replace(SITE, directory=f"/srv/{name}", target=name)
    try:
        text = configuration(server, site)
    except UsageError:
        return
    assert text.count("\n") == plain.count("\n")


@pytest.mark.parametrize("server", [name for name in SERVERS if name not in ("iis", "apache-fcgid")])
def test_a_gateway_at_an_address(server: str) -> None:
    text = configuration(server, replace(SITE, bind="tcp:127.0.0.1:9000"))
    assert "127.0.0.1" in text
    assert "9000" in text
    assert "/run/shop.sock" not in text


@pytest.mark.parametrize("server", [name for name in SERVERS if name != "iis"])
def test_a_server_name_and_a_place_to_listen(server: str) -> None:
    site = replace(SITE, server_name="shop.example.org", listen="*:80")
    text = configuration(server, site)
    assert "shop.example.org" in text
    assert re.search(r"\b80\b", text)


def test_haproxy_sends_no_files() -> None:
    with pytest.raises(UsageError, match="no files"):
        configuration("haproxy", WITH_FILES)


def test_caddy_gets_its_certificate_only_for_443() -> None:
    site = replace(SITE, server_name="shop.example.org")
    assert "\nshop.example.org:443 {" in configuration("caddy", replace(site, listen="*:443"))
    assert "\nhttp://shop.example.org:80 {" in configuration("caddy", replace(site, listen="*:80"))


@pytest.mark.parametrize(
    ("gateway", "script"),
    [
        ("/w/gateway", "/w/gateway/__main__.py"),
        ("/w/gateway/", "/w/gateway/__main__.py"),
        ("/w.pyz", "/w.pyz"),
    ],
)
def test_mod_fcgid_needs_a_file_that_is_there(gateway: str, script: str) -> None:
    text = configuration("apache-fcgid", replace(SITE, gateway=gateway, mount="/app"))
    assert f'ScriptAlias "/app" "{script}"\n' in text


IIS = GatewaySite(
    target="shop:app",
    bind="unix:/unused",
    directory=r"C:\sites\my shop",
    python=r"C:\Program Files\Python\python.exe",
    gateway=r"C:\webstead\gateway & more.pyz",
    mount="/app",
    static=(("/app/static", r"C:\sites\files"),),
)


def test_the_web_config_is_one_that_we_read_too() -> None:
    parsed = parse(configuration("iis", IIS).encode(), "web.config")
    processor = rf'"{IIS.python}"|"{IIS.gateway}"'
    site = compile_site([("", parsed)])
    [handler] = [handler for folder, handler in site.handlers() if not folder]
    assert handler.script_processor == processor
    assert [location.path for location in parsed.locations] == ["static"]
    assert site.of(REQUEST_FILTERING, "/").allow_double_escaping


def test_the_web_config_names_the_entry_of_the_registration() -> None:
    root = ElementTree.fromstring(configuration("iis", IIS))  # noqa: S314 (our own text)
    settings = {add.get("key"): add.get("value") for add in root.iter("add") if add.get("key")}
    assert settings == {"WSGI_HANDLER": "shop:app", "SCRIPT_NAME": "/app"}
    processors = [add.get("scriptProcessor") for add in root.iter("add") if add.get("scriptProcessor")]
    entry = make_application(IIS.python, IIS.gateway)
    assert processors == [registration(IIS).script_processor] == [entry.script_processor]


def test_the_entry_waits_for_slow_pages_and_keeps_its_processes() -> None:
    settings = dict(registration(IIS).settings)
    plain = dict(make_application(IIS.python, IIS.gateway).settings)
    times = {"activityTimeout": "600", "requestTimeout": "600", "instanceMaxRequests": "10000"}
    assert settings == {**plain, **times}


@pytest.mark.parametrize("gateway", [r"C:\webstead\gateway & more.pyz", r"C:\O'Brien\100%\gateway.pyz"])
def test_the_commands_are_copied_from_the_comment_as_they_are(gateway: str) -> None:
    site = replace(IIS, gateway=gateway)
    lines = [line.strip() for line in configuration("iis", site).splitlines() if "appcmd.exe" in line]
    first, second = lines
    appcmd = r"%SystemRoot%\System32\inetsrv\appcmd.exe"
    assert first == command_text((appcmd, *add_words(registration(site))))
    assert windows_words(second.removesuffix(" -->"))[-2:] == (
        "/path:/app/static",
        r"/physicalPath:C:\sites\files",
    )


@pytest.mark.parametrize("sign", ['"', "|", "--"])
def test_iis_is_given_no_program_that_its_list_cannot_hold(sign: str) -> None:
    for site in (replace(IIS, python=rf"C:\a{sign}b"), replace(IIS, gateway=rf"C:\a{sign}b")):
        with pytest.raises(UsageError):
            configuration("iis", site)


@pytest.mark.parametrize("sign", ['"', "%", "--"])
def test_iis_is_given_no_folder_that_its_commands_cannot_hold(sign: str) -> None:
    with pytest.raises(UsageError, match="IIS"):
        configuration("iis", replace(IIS, static=(("/app/static", rf"C:\a{sign}b"),)))
