"""An app that fails, a gateway that is not there: what the client and the logs say."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from .client import ask
from .conftest import SERVERS, Gateway, Stage, make_site, short_folder
from .webserver import KINDS, WebServer, eventually, program_of

TELLS_OF_ITSELF = {"caddy"}
"""It adds X-Forwarded-For to every request. To the gateway that is a proxy, behind which anybody may sit."""


def test_a_failure_shows_its_traceback_to_a_browser_on_this_machine(stage: Stage) -> None:
    answer = ask(stage.port, "/fails")
    assert answer.status == 500
    assert ("RuntimeError: the page has failed" in answer.text) == (stage.kind not in TELLS_OF_ITSELF)
    assert ask(stage.port, "/missing").status == 404


def test_a_failure_shows_no_traceback_to_others(stage: Stage) -> None:
    answer = ask(stage.port, "/fails", headers={"X-Forwarded-For": "192.0.2.7"})
    assert answer.status == 500
    assert "RuntimeError" not in answer.text


IN_ITS_LOG = {
    "nginx": 'FastCGI sent in stderr: "Traceback',
    "lighttpd": "FastCGI-stderr:Traceback",
    "apache": "AH01071: Got error 'Traceback",
    "apache-fcgid": "mod_fcgid: stderr: Traceback",
    "caddy": '"msg":"stderr","body":"Traceback',
    "haproxy": "Traceback",
}
"""How a server's own log shows what comes as FCGI_STDERR."""

FIXED_IN_CADDY = (2, 7)
"""Before, from 2.6 on, `capture_stderr` did nothing: https://github.com/caddyserver/caddy/pull/5515."""


def keeps_errors(kind: str) -> bool:
    if kind != "caddy":
        return True
    words = subprocess.run([program_of("caddy"), "version"], capture_output=True, text=True, check=True)
    found = re.match(r"v?([0-9]+)[.]([0-9]+)", words.stdout)
    assert found, words.stdout
    return (int(found[1]), int(found[2])) >= FIXED_IN_CADDY


def test_a_failure_is_in_the_gateways_log(stage: Stage) -> None:
    ask(stage.port, "/fails")
    log = stage.server if stage.gateway is None else stage.gateway
    eventually(lambda: "GET /fails: the app failed" in log.log, lambda: log.log)


def test_a_failure_is_in_the_servers_own_log_too(stage: Stage) -> None:
    """Also when its traceback is not for whoever asked."""
    before = stage.server.log.count(IN_ITS_LOG[stage.kind])
    assert ask(stage.port, "/fails", headers={"X-Forwarded-For": "192.0.2.7"}).status == 500
    if keeps_errors(stage.kind):
        eventually(
            lambda: stage.server.log.count(IN_ITS_LOG[stage.kind]) == before + 1,
            lambda: stage.server.log,
        )
        assert "RuntimeError: the page has failed" in stage.server.log


def test_what_the_app_prints_is_in_no_response(stage: Stage) -> None:
    assert ask(stage.port, "/prints").text == "nothing of it is here"
    log = stage.server if stage.gateway is None else stage.gateway
    lines = ("printed by the app", "printed by a program", "said by a program")
    eventually(lambda: all(line in log.log for line in lines), lambda: log.log)


@pytest.mark.parametrize("kind", [param for param in SERVERS if param.values != ("apache-fcgid",)])
def test_without_a_gateway_the_server_says_so_and_works_when_it_has_come(kind: str) -> None:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        place = stack.enter_context(short_folder())
        site = make_site(folder, "site_pages:app")
        stack.enter_context(WebServer(KINDS[kind], place, [site]))
        assert ask(site.server.port, "/").status in (500, 502, 503)
        stack.enter_context(Gateway(site, folder))
        eventually(lambda: ask(site.server.port, "/").status == 200, lambda: "the server did not find it")


@pytest.fixture
def open_errors() -> Iterator[int]:
    """A Caddy before a gateway with --errors always."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        place = stack.enter_context(short_folder())
        site = replace(make_site(folder, "site_pages:app"), python=sys.executable)
        stack.enter_context(Gateway(site, folder, ("--errors", "always")))
        stack.enter_context(WebServer(KINDS["caddy"], place, [site]))
        yield site.server.port


@pytest.mark.needs("caddy")
def test_errors_always_shows_tracebacks_through_caddy_too(open_errors: int) -> None:
    assert "RuntimeError: the page has failed" in ask(open_errors, "/fails").text


@pytest.mark.needs("nginx")
def test_a_server_that_does_not_start_fails_with_its_own_words() -> None:
    broken = replace(KINDS["nginx"], main=lambda folder, sites, ports: "no_such_word on;\n")
    with (
        short_folder() as folder,
        pytest.raises(AssertionError, match='unknown directive "no_such_word"'),
    ):
        WebServer(broken, folder, [make_site(folder, "site_pages:app")])
