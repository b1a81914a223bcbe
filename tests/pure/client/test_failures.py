from __future__ import annotations

import json
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.client.failures import failure_of, no_answer, of_kudu
from webstead.client.place import of_url
from webstead.errors import BuildError, RemoteError
from webstead.settings import Secret

PLACE = of_url("https://shop.scm.example.org", Secret("t0ken"))

OURS = {
    "Message": "Basic authentication is switched off for the site shop.",
    "ExceptionMessage": "x",
    "ExceptionType": "api",
    "StackTrace": None,
    "found": "",
    "fix": "Send a token.",
    "detail": "",
}


def failed(status: int, body: object) -> RemoteError:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    error = failure_of(status, data, PLACE, "GET /api/settings")
    assert isinstance(error, RemoteError)
    assert error.status == status
    assert error.what
    assert error.found
    assert error.fix
    return error


def test_our_servers_words_are_told_as_they_are() -> None:
    error = failed(401, OURS)
    assert (error.what, error.fix) == (OURS["Message"], "Send a token.")
    assert error.ours


def test_a_failure_of_the_work_itself_keeps_its_kind_and_exit_code() -> None:
    body = {**OURS, "ExceptionType": "build", "Message": "It does not build.", "detail": "No matching"}
    error = failure_of(422, json.dumps(body).encode(), PLACE, "POST /api/zipdeploy")
    assert isinstance(error, BuildError)
    assert (error.exit_code, error.detail) == (5, "No matching")


@pytest.mark.parametrize(
    ("status", "body", "what", "found"),
    [
        (401, "", "credentials are not taken", "HTTP 401"),
        (409, "There is a deployment currently in progress.", "deployment lock", "currently in progress"),
        (409, "The active deployment cannot be deleted.\nSee it.", "cannot be deleted", "See it."),
        (409, "", "does not allow this now", "HTTP 409"),
        (400, json.dumps("type='x' not recognized"), "does not take this", "not recognized"),
        (403, "<html><title>Web App - Stopped</title></html>", "do not allow", "Web App - Stopped"),
        (500, json.dumps({"Message": "An error has occurred."}), "refused it", "An error has occurred."),
        (404, json.dumps({"error": {"code": "x", "message": "no site"}}), "does not know", "no site"),
        (302, "", "browser to sign in", "HTTP 302"),
        (503, "[]", "not ready", "HTTP 503"),
    ],
)
def test_what_kudu_and_its_front_say_is_told_with_a_way_out(
    status: int, body: str, what: str, found: str
) -> None:
    error = failed(status, body)
    assert what in error.what
    assert found in error.found


@pytest.mark.parametrize("status", [401, 403, 404, 409, 500, 504])
def test_a_fix_leads_to_the_place_that_was_asked(status: int) -> None:
    assert "--url https://shop.scm.example.org" in failed(status, "").fix


def test_a_lock_is_waited_for_and_another_conflict_is_no_lock() -> None:
    assert "Wait for it" in failed(409, "There is a deployment currently in progress.").fix
    assert "lock" not in failed(409, "The active deployment cannot be deleted.").what


def test_a_route_of_ours_that_a_kudu_does_not_have_is_told_as_missing() -> None:
    error = of_kudu(failed(404, {"Message": "No HTTP resource was found"}), "releases")
    assert "Kudu" in error.what
    assert "releases" in error.what
    ours = failed(404, OURS)
    assert of_kudu(ours, "releases") is ours


@pytest.mark.parametrize(
    ("cause", "fix"),
    [
        (ssl.SSLError("certificate verify failed"), "SSL_CERT_FILE"),
        (OSError("[Errno -2] Name or service not known"), "publish profile"),
        (OSError("Connection refused"), "webstead serve"),
    ],
)
def test_no_answer_says_what_to_look_at(cause: Exception, fix: str) -> None:
    assert fix in no_answer("https://a", cause).fix


@given(
    st.integers(300, 599),
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), st.lists).map(lambda value: json.dumps(value).encode()),
)
def test_any_refusal_has_words(status: int, body: bytes) -> None:
    error = failure_of(status, body, PLACE, "GET /")
    assert error.what
    assert error.found
    assert error.fix


one = fuzz_target("fuzz_answers")
PIECES = st.sampled_from(
    [
        *(b'{"Message":', b'"found":"",', b'"fix":"",', b'"ExceptionType":"build",', b'"id":"a"', b"}", b"{"),
        *(b'"status":4,', b'{"error":', b'"x"', b",", b"[", b"]", b"null", b"<title>", b"</title>", b"\xff"),
    ]
)


@given(st.binary(max_size=60) | st.lists(PIECES, max_size=12).map(b"".join))
def test_any_answer_is_a_refusal_in_words_or_values(data: bytes) -> None:
    one(data)
