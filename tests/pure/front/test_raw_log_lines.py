"""One line of a site's own access log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.front.raw_log import RawEntry, render_raw

FIELDS = 19


def entry(
    path: bytes = b"/a",
    query: bytes = b"",
    agent: bytes = b"",
    referrer: bytes = b"",
    host: bytes = b"shop.test:80",
) -> RawEntry:
    rest = (80, 200, 0, 345, 12, 0.0129)
    return RawEntry("/logs", "shop", 0.0, "::1", "GET", path, query, host, *rest, agent, referrer)


def test_a_line_has_the_fields_of_app_service() -> None:
    line = render_raw(entry(b"/a b", b"x=1", b"Mozilla/5.0 (X11)", b"http://from.test/"))
    assert line == (
        b"1970-01-01 00:00:00 shop GET /a+b x=1 80 - ::1 Mozilla/5.0+(X11) - http://from.test/ shop.test:80"
        b" 200 0 0 345 12 12\n"
    )


def test_what_is_not_there_is_a_hyphen() -> None:
    assert render_raw(entry(host=b"")).split()[5:13] == [b"-", b"80", b"-", b"::1", b"-", b"-", b"-", b"-"]


HOSTILE = st.binary(max_size=3000)


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_nothing_that_a_client_sends_makes_another_line_or_field(
    path: bytes, query: bytes, agent: bytes, referrer: bytes, host: bytes
) -> None:
    line = render_raw(entry(path, query, agent, referrer, host))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert len(line.split(b" ")) == FIELDS
    assert all(0x20 <= byte < 0x7F for byte in line[:-1])
