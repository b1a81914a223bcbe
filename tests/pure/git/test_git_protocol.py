"""Git's smart protocol, as far as a server looks into it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.git_protocol import (
    FLUSH,
    Commands,
    PacketReader,
    Update,
    advertised,
    packet,
    read_commands,
    refused_report,
    said,
)

OLD, NEW, NONE = "1" * 40, "2" * 40, "0" * 40
DATA = st.lists(st.none() | st.binary(min_size=1, max_size=60), max_size=6)


def packed(items: list[bytes | None]) -> bytes:
    return b"".join(FLUSH if item is None else packet(item) for item in items)


def test_what_is_advertised() -> None:
    assert advertised("git-upload-pack") == b"001e# service=git-upload-pack\n0000"


@given(DATA, st.integers(1, 7))
def test_packets_come_out_as_they_went_in_however_the_bytes_come(
    items: list[bytes | None], step: int
) -> None:
    data, reader = packed(items), PacketReader()
    found = [each for at in range(0, len(data), step) for each in reader.feed(data[at : at + step])]
    assert found == items
    assert reader.rest == b""


@given(st.binary(max_size=80))
def test_any_bytes_are_packets_or_refused(data: bytes) -> None:
    reader = PacketReader()
    try:
        list(reader.feed(data))
    except ValueError:
        return
    assert len(reader.rest) <= len(data)


@pytest.mark.parametrize("data", [b"zzzz", b"fff9", b"-001", b"    "])
def test_what_is_no_packet_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="packet"):
        list(PacketReader().feed(data))


def test_a_packet_has_its_bound() -> None:
    assert len(packet(b"x" * 65516)) == 65520
    with pytest.raises(ValueError, match="more than a packet"):
        packet(b"x" * 65517)


def test_the_updates_of_a_push_and_what_its_client_can() -> None:
    first = f"{OLD} {NEW} refs/heads/main\0 report-status side-band-64k agent=git/2".encode()
    second = f"{NEW} {NONE} refs/heads/gone\n".encode()
    commands = read_commands(packed([b"shallow " + OLD.encode(), first, second, None]) + b"PACK...")
    assert commands == Commands(
        (Update(OLD, NEW, "refs/heads/main"), Update(NEW, NONE, "refs/heads/gone")),
        frozenset({"report-status", "side-band-64k", "agent=git/2"}),
    )
    assert commands.side_band
    assert [update.deletes for update in commands.updates] == [False, True]


def test_they_are_waited_for() -> None:
    data = packed([f"{OLD} {NEW} refs/heads/main\0".encode(), None])
    assert all(read_commands(data[:at]) is None for at in range(len(data)))
    assert read_commands(data) is not None
    assert read_commands(FLUSH) == Commands((), frozenset())


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        f"{OLD} {NEW} main".encode(),
        f"{OLD} {NEW[:-1]} refs/heads/x".encode(),
        f"{OLD} {NEW} refs/a b".encode(),
    ],
)
def test_what_is_no_update_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not an update"):
        read_commands(packed([line, None]))


@given(st.binary(max_size=120))
def test_any_bytes_are_updates_or_refused(data: bytes) -> None:
    try:
        commands = read_commands(data)
    except ValueError:
        return
    assert commands is None or all(update.ref.startswith("refs/") for update in commands.updates)


def test_words_are_one_packet_of_the_second_band() -> None:
    (data,) = PacketReader().feed(said("Building\r"))
    assert data == b"\x02Building\n"
    assert len(said("x" * 100_000)) <= 65520


def test_a_ref_that_was_taken_is_refused_after_all() -> None:
    report = packed([b"unpack ok\n", b"ok refs/heads/main\n", b"ok refs/heads/other\n", None])
    assert refused_report(report, "refs/heads/main", "deployment failed") == packed(
        [b"unpack ok\n", b"ng refs/heads/main deployment failed\n", b"ok refs/heads/other\n", None]
    )
