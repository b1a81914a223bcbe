"""Pipes of Windows, over the kernel in memory: both kinds of handle, both kinds of end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.windows.calls import (
    ERROR_BROKEN_PIPE,
    ERROR_INVALID_HANDLE,
    ERROR_IO_PENDING,
    ERROR_NO_DATA,
    ERROR_OPERATION_ABORTED,
    KernelError,
)
from webstead.gateway.windows.fake import FakeKernel, FakePipe
from webstead.gateway.windows.pipe import WRITE_BYTES, PipeChannel, PipeListener

SECONDS = 20
BOTH = pytest.mark.parametrize("overlapped", [False, True], ids=["waiting calls", "overlapped calls"])


def connected(pipe: FakePipe) -> tuple[PipeChannel, FakeKernel]:
    kernel = FakeKernel()
    return PipeChannel(kernel, kernel.add(pipe)), kernel


def in_thread(call: Callable[[], object]) -> Future[object]:
    pool = ThreadPoolExecutor(1)
    future: Future[object] = pool.submit(call)
    pool.shutdown(wait=False)
    return future


def is_waiting(pipe: FakePipe, kernel: FakeKernel) -> Callable[[], bool]:
    return lambda: pipe.busy if not pipe.overlapped else bool(kernel.pending)


@BOTH
def test_bytes_come_and_go(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped)
    channel, _ = connected(pipe)
    pipe.write(b"hello")
    assert channel.receive() == b"hello"
    channel.send(b"world")
    assert pipe.received == b"world"


@BOTH
def test_receive_waits_for_bytes(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped)
    channel, kernel = connected(pipe)
    received = in_thread(channel.receive)
    pipe.wait(is_waiting(pipe, kernel))
    pipe.write(b"late")
    assert received.result(SECONDS) == b"late"


@given(st.binary(max_size=300), st.integers(1, 40), st.booleans(), st.booleans())
def test_short_reads_and_writes_lose_nothing(
    data: bytes, piece: int, overlapped: bool, messages: bool
) -> None:
    pipe = FakePipe(overlapped=overlapped, piece=piece, messages=messages)
    channel, _ = connected(pipe)
    pipe.write(data)
    pipe.leave()
    assert b"".join(iter(channel.receive, b"")) == data
    pipe.connect()
    channel.send(data)
    assert pipe.received == data


def test_a_large_piece_is_written_in_parts() -> None:
    pipe = FakePipe(piece=WRITE_BYTES * 2)
    channel, _ = connected(pipe)
    data = b"x" * (WRITE_BYTES * 2 + 7)
    channel.send(memoryview(data))
    assert pipe.received == data


@BOTH
def test_a_write_of_no_bytes_is_not_the_end(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped)
    channel, _ = connected(pipe)
    pipe.write(b"")
    pipe.write(b"more")
    assert channel.receive() == b"more"


@BOTH
def test_a_pipe_that_the_server_closed_is_at_its_end(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped)
    channel, kernel = connected(pipe)
    received = in_thread(channel.receive)
    pipe.wait(is_waiting(pipe, kernel))
    pipe.leave()
    assert received.result(SECONDS) == b""
    assert channel.receive() == b""
    with pytest.raises(KernelError, match=f"WriteFile failed with error {ERROR_NO_DATA}"):
        channel.send(b"x")
    channel.close()
    assert pipe.closed
    assert pipe.flushes == 0


@BOTH
def test_an_interruption_ends_the_waiting_once(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped)
    channel, kernel = connected(pipe)
    received = in_thread(channel.receive)
    pipe.wait(is_waiting(pipe, kernel))
    channel.interrupt()
    assert received.result(SECONDS) == b""
    pipe.write(b"still here")
    assert channel.receive() == b"still here"


@BOTH
def test_an_interruption_beforehand_ends_the_next_receive_that_has_nothing(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped)
    channel, _ = connected(pipe)
    channel.interrupt()
    assert channel.receive() == b""
    pipe.write(b"kept")
    channel.interrupt()
    assert channel.receive() == b"kept"
    assert channel.receive() == b""


@BOTH
def test_bytes_that_come_with_the_interruption_are_kept(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped)
    channel, kernel = connected(pipe)
    received = in_thread(channel.receive)
    pipe.wait(is_waiting(pipe, kernel))
    with kernel.changed:  # both before the reader can look
        pipe.write(b"kept")
        interrupting = in_thread(channel.interrupt)
    both = [received.result(SECONDS)]
    interrupting.result(SECONDS)
    both.append(channel.receive())
    assert sorted(both, key=str) == [b"", b"kept"]


@BOTH
def test_one_thread_sends_while_another_waits_to_receive(overlapped: bool) -> None:
    """On a handle whose calls wait, a write queues behind the read in progress: it has to be got out."""
    pipe = FakePipe(overlapped=overlapped)
    channel, kernel = connected(pipe)
    received = in_thread(channel.receive)
    for turn in range(3):
        pipe.wait(is_waiting(pipe, kernel))
        channel.send(b"%d" % turn)
    assert pipe.received == b"012"
    pipe.write(b"answered")
    assert received.result(SECONDS) == b"answered"


def test_closing_waits_until_all_is_read_and_releases_everything() -> None:
    pipe = FakePipe()
    channel, kernel = connected(pipe)
    channel.close()
    assert (pipe.flushes, pipe.closed, pipe.disconnects) == (1, True, 0)
    assert not kernel.events


def test_an_error_that_is_no_end_is_raised() -> None:
    pipe = FakePipe()
    channel, _ = connected(pipe)
    pipe.closed = True
    with pytest.raises(KernelError) as failure:
        channel.receive()
    assert failure.value.code == ERROR_INVALID_HANDLE
    with pytest.raises(KernelError):
        channel.close()


def listening(pipe: FakePipe, once: bool = False) -> tuple[PipeListener, FakeKernel]:
    kernel = FakeKernel()
    return PipeListener(kernel, kernel.add(pipe), once), kernel


@BOTH
def test_a_listening_pipe_serves_one_after_the_other(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped, server_end=True, connected=False)
    listener, kernel = listening(pipe)
    for turn in range(1, 4):
        accepted = in_thread(listener.accept)
        pipe.wait(is_waiting(pipe, kernel))
        pipe.connect()
        channel = accepted.result(SECONDS)
        assert isinstance(channel, PipeChannel)
        pipe.write(b"ask")
        assert channel.receive() == b"ask"
        channel.send(b"answer")
        channel.close()
        assert (pipe.flushes, pipe.disconnects, bytes(pipe.received)) == (turn, turn, b"answer")
        assert not pipe.closed
    listener.close()
    assert pipe.closed
    assert not kernel.events


@BOTH
def test_a_listening_pipe_that_is_connected_already_is_served_at_once(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped, server_end=True)
    listener, _ = listening(pipe, once=True)
    pipe.write(b"ask")
    channel = listener.accept()
    assert channel is not None
    assert channel.receive() == b"ask"
    pipe.leave()
    assert channel.receive() == b""
    channel.close()
    assert pipe.disconnects == 1
    assert listener.accept() is None


@BOTH
def test_a_server_that_came_and_left_is_disconnected(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped, server_end=True, gone=True)
    listener, kernel = listening(pipe)
    accepted = in_thread(listener.accept)
    pipe.wait(is_waiting(pipe, kernel))
    assert pipe.disconnects == 1
    pipe.connect()
    assert isinstance(accepted.result(SECONDS), PipeChannel)


def test_nobody_is_waited_for_when_the_only_one_came_and_left() -> None:
    listener, _ = listening(FakePipe(server_end=True, gone=True), once=True)
    assert listener.accept() is None


@BOTH
def test_waiting_for_a_server_is_interrupted(overlapped: bool) -> None:
    pipe = FakePipe(overlapped=overlapped, server_end=True, connected=False)
    listener, kernel = listening(pipe)
    accepted = in_thread(listener.accept)
    pipe.wait(is_waiting(pipe, kernel))
    listener.interrupt()
    assert accepted.result(SECONDS) is None


def test_a_handle_that_is_no_pipe_cannot_be_listened_on() -> None:
    pipe = FakePipe(server_end=True)
    listener, _ = listening(pipe)
    pipe.closed = True
    with pytest.raises(KernelError):
        listener.accept()


def test_the_fake_keeps_its_promises() -> None:
    """What the tests above would not notice if the fake forgot it."""
    kernel = FakeKernel()
    pipe = FakePipe(overlapped=True)
    handle = kernel.add(pipe)
    transfer = kernel.transfer()
    assert transfer.read(handle, 10) == ERROR_IO_PENDING
    assert kernel.wait((transfer.event,), 0) != 0
    kernel.cancel_io(handle)
    assert kernel.wait((transfer.event,), 0) == 0
    assert transfer.result(handle) == (ERROR_OPERATION_ABORTED, 0)
    assert not kernel.cancel_synchronous_io(12345)
    pipe.leave()
    assert transfer.read(handle, 10) == ERROR_BROKEN_PIPE
    with pytest.raises(KernelError):
        kernel.wait((999,), 0)
