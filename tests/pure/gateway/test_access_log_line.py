"""A line of the access log: the combined format, and nothing in it that a client could forge."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.observe.access_log import access_line, clock_text
from webstead.gateway.observe.observation import Outcome

CLOCK = "20/Nov/2026:12:36:07 +0000"
OK = Outcome(200, 0, 1234, 0.0042)
PARAMS = {
    "REMOTE_ADDR": "192.0.2.7",
    "REMOTE_USER": "ada",
    "REQUEST_METHOD": "GET",
    "REQUEST_URI": "/a%20b?x=1&y=%22",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_REFERER": "https://example.org/",
    "HTTP_USER_AGENT": "curl/8",
}
COMBINED = re.compile(
    rb'(?P<address>[!-~]+) - (?P<user>[!-~]+) \[[^\]]+\] "(?P<request>[ !#-~]*)" (?P<status>[0-9]{3}|-) '
    rb'(?P<sent>[0-9]+|-) "(?P<referer>[ !#-~]*)" "(?P<agent>[ !#-~]*)" (?P<seconds>[0-9]+\.[0-9]{3})\n'
)


def line(outcome: Outcome = OK, **params: object) -> str:
    return access_line({**PARAMS, **params}, outcome, CLOCK).decode("ascii")


def test_the_combined_format_and_the_seconds() -> None:
    assert line() == (
        '192.0.2.7 - ada [20/Nov/2026:12:36:07 +0000] "GET /a%20b?x=1&y=%22 HTTP/1.1" 200 1234 '
        '"https://example.org/" "curl/8" 0.004\n'
    )


def test_what_is_not_known_is_a_dash() -> None:
    assert (
        access_line({}, Outcome(0, 0, 0, 2.0), CLOCK)
        == b'- - - [%b] "- / -" - - "-" "-" 2.000\n' % CLOCK.encode()
    )
    assert line(REMOTE_USER="", REMOTE_ADDR="").startswith("- - - [")


@pytest.mark.parametrize(
    ("params", "target"),
    [
        ({"SCRIPT_NAME": "/app", "PATH_INFO": "/x y", "QUERY_STRING": "q=1"}, "/app/x%20y?q=1"),
        ({"SCRIPT_NAME": "", "PATH_INFO": "/\xc3\xa9"}, "/\\xC3\\xA9"),
        ({"SCRIPT_NAME": "", "PATH_INFO": ""}, "/"),
    ],
)
def test_without_the_url_as_sent_it_is_put_together(params: dict[str, str], target: str) -> None:
    assert f'"GET {target} HTTP/1.1"' in line(OK, **{"REQUEST_URI": "", **params})


@pytest.mark.parametrize(
    ("hostile", "written"),
    [
        ('x" 200 1 "-" "-"', "x\\x22 200 1 \\x22-\\x22 \\x22-\\x22"),
        ("x\r\n1.2.3.4 - -", "x\\x0D\\x0A1.2.3.4 - -"),
        ("\x1b[2J\\", "\\x1B[2J\\x5C"),
        ("\x00\x7f\x85\xff", "\\x00\\x7F\\x85\\xFF"),
        ("put there by the app: é€\ud800", "put there by the app: \\xE9\\xE2\\x82\\xAC\\xED\\xA0\\x80"),
    ],
)
def test_hostile_characters_are_escaped(hostile: str, written: str) -> None:
    assert f'"{written}" 0.004' in line(HTTP_USER_AGENT=hostile)
    assert f'"{written}" "curl/8"' in line(HTTP_REFERER=hostile)


def test_a_users_name_is_one_word() -> None:
    assert " - DOMAIN\\x5Cada\\x20b [" in line(REMOTE_USER="DOMAIN\\ada b")


def test_a_value_that_the_app_has_replaced_is_no_failure() -> None:
    assert " - 7 [" in line(REMOTE_USER=7)
    assert '"None"' in line(HTTP_USER_AGENT=None)


def test_a_long_value_is_cut() -> None:
    assert len(line(HTTP_USER_AGENT="x" * 100_000)) < 9000


def test_the_clock_is_english_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert clock_text(0) == "01/Jan/1970:05:30:00 +0530"
        assert clock_text(1_780_000_000) == "29/May/2026:02:11:40 +0545"
    finally:
        monkeypatch.undo()
        time.tzset()


@given(
    st.dictionaries(st.sampled_from(sorted({*PARAMS, "PATH_INFO", "QUERY_STRING"})), st.text()),
    st.builds(Outcome, st.integers(100, 599), st.just(0), st.integers(0, 2**60), st.floats(0, 1e6)),
)
def test_any_request_is_one_line_of_the_format(params: dict[str, str], outcome: Outcome) -> None:
    found = COMBINED.fullmatch(access_line(params, outcome, CLOCK))
    assert found
    assert found["status"] == str(outcome.status).encode()
