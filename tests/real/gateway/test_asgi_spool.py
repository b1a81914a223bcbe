"""Bytes that wait, in memory and on disk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.engine.spool import Spool


@given(
    st.lists(st.one_of(st.binary(max_size=40), st.integers(1, 30)), max_size=40),
    st.integers(0, 60),
)
def test_whatever_is_written_is_read_in_order(steps: list[bytes | int], limit: int) -> None:
    """A step is bytes to write, or how many to read."""
    spool = Spool(limit)
    written = b""
    read = b""
    for step in steps:
        if isinstance(step, bytes):
            spool.write(step)
            written += step
        else:
            data = spool.read(step)
            assert len(data) <= step
            assert bool(data) == (len(read) < len(written))
            read += data
        assert spool.size == len(written) - len(read)
    while data := spool.read():
        read += data
    assert read == written
    spool.close()


def test_what_is_beyond_the_limit_takes_no_memory() -> None:
    spool = Spool(100)
    spool.write(b"a" * 100)
    assert spool.on_disk == 0
    spool.write(b"b" * 1000)
    assert spool.on_disk == 1000
    assert spool.read(100) == b"a" * 100
    spool.write(b"c")
    assert spool.on_disk == 1001
    assert spool.read(2000) == b"b" * 1000 + b"c"
    assert spool.on_disk == 0
    spool.write(b"d")
    assert spool.on_disk == 0
    assert spool.read() == b"d"
    spool.close()


def test_a_closed_spool_has_given_up_what_waited() -> None:
    spool = Spool(1)
    spool.write(b"abc")
    spool.close()
    assert (spool.size, spool.on_disk, spool.read()) == (0, 0, b"")


def test_a_disk_error_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    spool = Spool(1)
    with pytest.raises(FileNotFoundError):
        spool.write(b"abc")
    assert spool.size == 0
