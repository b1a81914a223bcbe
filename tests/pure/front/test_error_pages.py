from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.error_page import Format, Problem, choose_format, problem_of, render, sees_details
from webstead.site_table import FailureText

PROBLEM = Problem(
    502, "The app does not start.", "No module named 'flask'", "pip <install>", "Trace & back\n  line", 3
)
FORMATS: tuple[Format, ...] = ("html", "json", "text")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (b"", "text"),
        (b"*/*", "text"),
        (b"text/html,application/xhtml+xml,*/*;q=0.8", "html"),
        (b"application/json", "json"),
        (b"application/json, text/html", "json"),
        (b"application/problem+json", "json"),
        (b"TEXT/HTML", "html"),
        (b"image/png", "text"),
    ],
)
def test_the_format_is_what_the_client_asks_for_by_name(accept: bytes, form: Format) -> None:
    assert choose_format(accept) == form


@pytest.mark.parametrize("form", FORMATS)
def test_a_local_client_sees_everything(form: Format) -> None:
    body = render(PROBLEM, form, local=True)[1].decode()
    for text in ("The app does not start.", "flask", "install", "back"):
        assert text in body


@pytest.mark.parametrize("form", FORMATS)
def test_another_client_sees_one_plain_sentence(form: Format) -> None:
    body = render(PROBLEM, form, local=False)[1].decode()
    for text in ("does not start", "flask", "install", "Trace"):
        assert text not in body
    assert "The app did not answer as it should." in body


@given(st.text(), st.text(), st.text())
def test_no_text_becomes_markup(what: str, found: str, detail: str) -> None:
    mark = "<script>alert(1)</script>"
    kind, body = render(Problem(500, what + mark, found + mark, mark, detail + mark), "html", local=True)
    assert kind == b"text/html; charset=utf-8"
    assert b"<script" not in body


@given(st.text(), st.text())
def test_json_is_json(what: str, detail: str) -> None:
    error = json.loads(render(Problem(503, what, detail=detail), "json", local=True)[1])["error"]
    assert error["status"] == 503
    assert error.get("detail", "") == detail


def test_a_sub_status_is_shown_as_iis_writes_it() -> None:
    assert (
        render(Problem(404, sub_status=8), "text", local=False)[1]
        == b"404.8 There is nothing at this address.\n"
    )


@pytest.mark.parametrize(
    ("status", "sub_status", "sentence"),
    [
        (403, 0, "This address may not be seen."),
        (403, 14, "This folder may not be listed."),
        (403, 6, "Your address may not see this site."),
        (403, 4, "This address wants https."),
        (404, 15, "The query is longer than this site accepts."),
        (404, 5, "There is nothing at this address."),
        (401, 2, "This is for people who sign in, which cannot be done here."),
    ],
)
def test_the_sentence_goes_by_the_sub_status(status: int, sub_status: int, sentence: str) -> None:
    page = render(Problem(status, sub_status=sub_status), "text", local=False)[1].decode()
    assert page.partition(" ")[2] == sentence + "\n"


def test_what_is_public_is_for_everybody() -> None:
    problem = Problem(451, "not here", "found", "fix", public=True)
    assert render(problem, "text", local=False)[1] == b"451 not here\n"
    assert render(Problem(451, "not here"), "text", local=False)[1] != b"451 not here\n"


def test_a_status_without_a_sentence_has_its_reason() -> None:
    assert render(Problem(418), "text", local=False)[1] == b"418 I'm a Teapot\n"
    assert render(Problem(599), "text", local=False)[1] == b"599 The request failed.\n"


def test_a_failure_is_a_problem() -> None:
    failure = FailureText(500, "w", "f", "x", "d")
    assert problem_of(failure) == Problem(500, "w", "f", "x", "d")


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize(
    "host", ["", "localhost:8000", "LOCALHOST", "app.localhost", "127.0.0.1:80", "[::1]:80"]
)
def test_details_are_for_clients_that_ask_this_machine_from_itself(peer: str, host: str) -> None:
    assert sees_details(peer, {b"host": host.encode()})


@pytest.mark.parametrize(
    "name", ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded", "via"]
)
def test_a_proxy_s_clients_see_no_details(name: str) -> None:
    assert not sees_details("127.0.0.1", {b"host": b"localhost", name.encode(): b"127.0.0.1"})


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test:80", "notlocalhost", "10.0.0.1", "127.0.0.1.evil"]
)
def test_a_name_that_somebody_else_made_to_lead_here_sees_no_details(host: str) -> None:
    assert not sees_details("127.0.0.1", {b"host": host.encode()})


@pytest.mark.parametrize("peer", ["", "10.0.0.1", "::2", "::ffff:10.0.0.1", "localhost", "127.0.0.1.evil"])
def test_other_peers_are_not(peer: str) -> None:
    assert not sees_details(peer, {b"host": b"localhost"})
