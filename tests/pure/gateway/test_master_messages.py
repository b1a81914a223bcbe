"""What worker and master say to each other, also in pieces, also when something else speaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.failure import StartFailure
from webstead.gateway.processes.messages import (
    MAX_LINE,
    Failed,
    Garbage,
    HandedOver,
    Lines,
    Loaded,
    Message,
    Retire,
    encode,
)

TEXTS = st.text(max_size=30)
FAILURES = st.builds(StartFailure, st.integers(1, 255), TEXTS, TEXTS, TEXTS, TEXTS)
MESSAGES = st.one_of(
    st.just(Loaded()), st.just(HandedOver()), st.builds(Retire, TEXTS), st.builds(Failed, FAILURES)
)


def seen(message: Message) -> object:
    """A message as something that can be compared: an exception cannot."""
    return message.failure.as_json() if isinstance(message, Failed) else message


@given(st.lists(MESSAGES, max_size=5), st.integers(1, 200))
def test_what_is_said_is_heard_in_pieces_of_any_size(messages: list[Message], size: int) -> None:
    stream = b"".join(encode(message) for message in messages)
    lines = Lines()
    heard = [message for at in range(0, len(stream), size) for message in lines.feed(stream[at : at + size])]
    assert [seen(message) for message in heard] == [seen(message) for message in messages]


@given(MESSAGES)
def test_one_byte_at_a_time(message: Message) -> None:
    lines = Lines()
    heard = [found for byte in encode(message) for found in lines.feed(bytes([byte]))]
    assert [seen(found) for found in heard] == [seen(message)]


@given(st.binary(max_size=200))
def test_nothing_that_is_written_there_breaks_it(data: bytes) -> None:
    lines = Lines()
    lines.feed(data)
    assert lines.feed(b"\n" + encode(Loaded()))[-1] == Loaded()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"[]",
        b"7",
        b"{}",
        b'{"loaded": 1}',
        b'{"handed_over": "yes"}',
        b'{"retire": 7}',
        b'{"failed": {}}',
        b'{"failed": {"code": 0}}',
        b'{"failed": {"code": true}}',
        b'{"failed": {"code": 256}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_said_to_be_none(line: bytes) -> None:
    (message,) = Lines().feed(line + b"\n")
    assert isinstance(message, Garbage)
    assert len(message.found) <= 400


def test_a_line_without_an_end_is_not_collected_for_ever() -> None:
    lines = Lines()
    found = [message for _ in range(MAX_LINE // 65536 + 1) for message in lines.feed(b"x" * 65536)]
    assert [type(message) for message in found] == [Garbage]
    assert lines.feed(encode(Loaded())) == [Loaded()]
