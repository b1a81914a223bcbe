"""uv's lines about downloads, as a count of bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.build.progress import Meter
from webstead.build.uv.downloads import Downloads
from webstead.effects.clock import FakeClock
from webstead.events import Event, StepProgress


def told(*lines: str) -> list[tuple[int, int | None]]:
    """(bytes done, bytes in all) of each event."""
    events: list[Event] = []
    clock = FakeClock()
    downloads = Downloads(lambda: Meter(events.append, clock, "requirements", "Downloading", "bytes"))
    for line in lines:
        downloads.take(line)
        clock.advance(1)
    return [(event.done, event.total) for event in events if isinstance(event, StepProgress)]


def test_downloads_are_counted_by_their_sizes() -> None:
    lines = ("Resolved 3 packages in 133ms", "Downloading numpy (16.0MiB)", "Downloading pillow (512.0KiB)")
    ends = (" Downloaded pillow", " Downloaded numpy", "Prepared 3 packages in 223ms")
    numpy, pillow = 16 << 20, 512 << 10
    assert told(*lines, *ends) == [
        (0, numpy),
        (0, numpy + pillow),
        (pillow, numpy + pillow),
        (numpy + pillow, numpy + pillow),
    ]


def test_what_is_not_downloaded_is_not_counted() -> None:
    assert told("Resolved 1 package in 1ms", " Downloaded numpy", " + six==1.17.0") == []


@given(st.lists(st.text(max_size=40) | st.sampled_from(["Downloading a (1.5MiB)", " Downloaded a"])))
def test_no_more_is_done_than_there_is(lines: list[str]) -> None:
    assert all(total is not None and 0 <= done <= total for done, total in told(*lines))
