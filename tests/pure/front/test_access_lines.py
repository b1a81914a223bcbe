from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.access import AccessEntry, lost_lines, render_access, render_output
from webstead.front.lines import blocks


def entry(
    path: bytes = b"/a", query: bytes = b"", size: int = 345, seconds: float = 0.0012, site: str = ""
) -> AccessEntry:
    return site, "127.0.0.1", "GET", path, query, 200, size, seconds


def test_a_text_line_is_short() -> None:
    line = render_access("text")(entry(b"/path", b"x=1")).decode()
    assert line[8:] == " GET /path?x=1 200 1.2 ms 345 B\n"
    assert line[2] == line[5] == ":"


@pytest.mark.parametrize(
    ("size", "seconds", "shown"),
    [(0, 0.0, "0.0 ms 0 B"), (27_000, 2.5, "2.50 s 27.0 kB"), (50_000_000, 0.9, "900.0 ms 50.0 MB")],
)
def test_units(size: int, seconds: float, shown: str) -> None:
    assert render_access("text")(entry(size=size, seconds=seconds)).decode().endswith(f"200 {shown}\n")


def test_a_json_line_is_the_access_event() -> None:
    assert json.loads(render_access("json")(entry(b"/a", b"b=c"))) == {
        "event": "access",
        "client": "127.0.0.1",
        "method": "GET",
        "target": "/a?b=c",
        "status": 200,
        "size": 345,
        "seconds": 0.0012,
    }


def test_of_several_sites_each_line_names_its_own() -> None:
    named = entry(site="shop")
    assert render_access("text")(named).startswith(b"shop ")
    assert json.loads(render_access("json")(named))["site"] == "shop"


@pytest.mark.parametrize(
    ("method", "status", "shown"), [("GET", 200, False), ("GET", 401, True), ("POST", 202, True)]
)
def test_what_the_management_was_only_asked_is_left_out_of_the_text(
    method: str, status: int, shown: bool
) -> None:
    asked: AccessEntry = ("@management", "127.0.0.1", method, b"/api/site", b"", status, 5, 0.001)
    assert bool(render_access("text")(asked)) is shown
    assert json.loads(render_access("json")(asked))["status"] == status


@given(st.binary(max_size=6000), st.binary(max_size=6000))
def test_no_path_breaks_a_line(path: bytes, query: bytes) -> None:
    line = render_access("text")(entry(path, query))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert all(0x20 <= byte < 0x7F for byte in line[:-1])
    assert len(line) <= 4096
    assert json.loads(render_access("json")(entry(path, query)))["event"] == "access"


def test_what_cannot_be_printed_is_escaped() -> None:
    assert b" /a%1B[31m%0A%C3%A9 " in render_access("text")(entry(b"/a\x1b[31m\n\xc3\xa9"))


@given(st.binary(max_size=9000))
def test_no_error_output_breaks_a_line(data: bytes) -> None:
    line = render_output(("pool", data.replace(b"\n", b" ")))
    assert line.startswith(b"pool: ")
    assert line.count(b"\n") == 1
    assert not set(line[:-1]) & (set(range(9)) | set(range(10, 32)) | {127})
    assert len(line) <= 4096


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200f", "\x9b", "\x1b", "\r"])
def test_error_output_turns_no_terminal_around(character: str) -> None:
    assert (
        render_output(("pool", f"a{character}b".encode())) == "pool: a\N{REPLACEMENT CHARACTER}b\n".encode()
    )


def test_lost_lines_are_counted() -> None:
    assert lost_lines("text")(7) == b"7 access log lines were lost: the log was not read fast enough\n"
    assert json.loads(lost_lines("json")(7))["level"] == "warning"


@given(
    st.lists(st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"") + b"\n")), st.integers(1, 120)
)
def test_blocks_hold_whole_lines_and_keep_their_limit(lines: list[bytes], limit: int) -> None:
    made = list(blocks(lines, limit))
    assert b"".join(made) == b"".join(lines)
    for block in made:
        assert block.endswith(b"\n")
        assert len(block) <= limit or block.count(b"\n") == 1
