"""What wrk prints, read as numbers or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.processes import ContenderError
from bench.wrk import Load, parse

GOOD = """Running 3s test @ http://127.0.0.1:8000/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.02ms  310.22us   9.13ms   93.00%
    Req/Sec    31.20k     1.11k   33.01k    80.00%
  93127 requests in 3.00s, 14.21MB read
Requests/sec:  31040.21
Transfer/sec:      4.74MB
"""


def test_a_clean_run_gives_its_numbers() -> None:
    assert parse(GOOD) == Load(93127, 31040.21)


@pytest.mark.parametrize(
    "line", ["  Non-2xx or 3xx responses: 12", "  Socket errors: connect 0, read 3, write 0, timeout 0"]
)
def test_wrong_answers_and_broken_connections_are_an_error_never_a_number(line: str) -> None:
    text = GOOD.replace("Requests/sec", f"{line}\nRequests/sec")
    with pytest.raises(ContenderError, match=line.strip().partition(":")[0]):
        parse(text)


def test_a_run_without_any_answer_is_an_error() -> None:
    text = GOOD.replace("93127 requests", "0 requests").replace("31040.21", "0.00")
    with pytest.raises(ContenderError, match="no request was answered"):
        parse(text)


def test_a_message_of_wrk_instead_of_a_result_is_shown() -> None:
    with pytest.raises(ContenderError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:8000 Connection refused\n")


@given(st.integers(1, 10**9), st.floats(0.01, 1e7))
def test_every_result_comes_back(requests: int, rate: float) -> None:
    text = GOOD.replace("93127", str(requests)).replace("31040.21", f"{rate:.2f}")
    assert parse(text) == Load(requests, float(f"{rate:.2f}"))


@given(st.text() | st.integers(0, len(GOOD)).map(lambda end: GOOD[:end]))
def test_anything_else_is_a_contender_error(text: str) -> None:
    try:
        load = parse(text)
    except ContenderError:
        return
    assert load.requests > 0
    assert load.rate > 0
