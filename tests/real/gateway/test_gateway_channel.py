"""Connected sockets as channels: waiting, interrupting, closing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from webstead.gateway.transport.channel import SocketChannel, describe

from .conftest import SECONDS

Pair = tuple[SocketChannel, socket.socket]


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours = socket.create_connection(listening.getsockname())
        return ours, listening.accept()[0]


@pytest.fixture(params=["unix", "tcp"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    ours, theirs = socket.socketpair() if request.param == "unix" else tcp_pair()
    theirs.settimeout(SECONDS)
    channel = SocketChannel(ours)
    yield channel, theirs
    theirs.close()
    channel.close()


def in_thread(call: Callable[[], object]) -> Future[object]:
    pool = ThreadPoolExecutor(1)
    future: Future[object] = pool.submit(call)
    pool.shutdown(wait=False)
    return future


def asleep(channel: SocketChannel) -> bool:
    """Whether the thread that receives is inside its system call, waiting."""
    reader = channel.reader
    if not reader:
        return False
    native = next(thread.native_id for thread in threading.enumerate() if thread.ident == reader)
    state = Path(f"/proc/self/task/{native}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return state == "S"


def until(condition: Callable[[], bool]) -> None:
    end = threading.Event()
    for _ in range(SECONDS * 200):
        if condition():
            return
        end.wait(0.005)
    raise AssertionError("it did not come to that")


def test_bytes_come_and_go(pair: Pair) -> None:
    channel, peer = pair
    peer.sendall(b"hello")
    assert channel.receive() == b"hello"
    channel.send(b"world")
    assert peer.recv(10) == b"world"
    peer.shutdown(socket.SHUT_WR)
    assert channel.receive() == b""
    assert channel.receive() == b""


def test_an_interruption_ends_a_receive_in_another_thread_and_loses_nothing(pair: Pair) -> None:
    channel, peer = pair
    for turn in range(20):
        received = in_thread(channel.receive)
        until(lambda: asleep(channel))
        channel.interrupt()
        assert received.result(SECONDS) == b""
        peer.sendall(b"%d" % turn)
        assert channel.receive() == b"%d" % turn


def test_an_interruption_beforehand_ends_the_next_receive(pair: Pair) -> None:
    channel, peer = pair
    channel.interrupt()
    assert channel.receive() == b""
    peer.sendall(b"kept")
    assert channel.receive() == b"kept"


def test_a_signal_handler_interrupts_its_own_thread(pair: Pair) -> None:
    channel, peer = pair
    main = threading.get_ident()
    former = signal.signal(signal.SIGUSR1, lambda number, frame: channel.interrupt())
    try:

        def kick() -> None:
            until(lambda: asleep(channel))
            signal.pthread_kill(main, signal.SIGUSR1)

        kicked = in_thread(kick)
        assert channel.receive() == b""
        kicked.result(SECONDS)
    finally:
        signal.signal(signal.SIGUSR1, former)
    peer.sendall(b"kept")
    assert channel.receive() == b"kept"


def test_an_interruption_does_not_cut_what_is_being_sent(pair: Pair) -> None:
    channel, peer = pair
    data = os.urandom(8 << 20)
    sent = in_thread(lambda: channel.send(data))
    first = peer.recv(1000)
    channel.interrupt()
    rest = bytearray()
    while len(rest) < len(data) - len(first):
        rest += peer.recv(1 << 20)
    sent.result(SECONDS)
    assert first + bytes(rest) == data
    assert channel.receive() == b""


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_server_that_takes_nothing_is_given_up(interrupted: bool) -> None:
    ours, theirs = socket.socketpair()
    channel = SocketChannel(ours, patience=0.05)
    if interrupted:
        channel.interrupt()
    with pytest.raises(TimeoutError, match=r"nothing moved for 0\.05 seconds"):
        channel.send(bytes(64 << 20))
    theirs.close()
    channel.close()


def test_a_send_to_a_server_that_is_gone_is_an_error(pair: Pair) -> None:
    channel, peer = pair
    peer.close()
    with pytest.raises(OSError, match=r"Broken pipe|reset"):
        channel.send(bytes(64 << 20))


def test_closing_lets_the_response_arrive_although_the_server_still_sends(pair: Pair) -> None:
    """Closing over unread bytes would be a reset, which throws away what is on its way."""
    channel, peer = pair
    body = bytes(4 << 20)
    sending = in_thread(lambda: peer.sendall(body))
    assert channel.receive()
    channel.send(b"the response")
    closing = in_thread(channel.close)
    sending.result(SECONDS)
    assert peer.recv(100) == b"the response"
    assert peer.recv(100) == b""
    peer.close()
    closing.result(SECONDS)


def test_closing_does_not_wait_for_a_silent_server_for_long(
    monkeypatch: pytest.MonkeyPatch, pair: Pair
) -> None:
    monkeypatch.setattr("webstead.gateway.transport.channel.SECONDS_OF_SILENCE", 0.01)
    channel, peer = pair
    channel.close()
    assert peer.recv(1) == b""
    channel.interrupt()  # a late one does no harm


def test_a_child_of_the_app_does_not_keep_the_connection_open() -> None:
    ours, theirs = socket.socketpair()
    theirs.settimeout(SECONDS)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=(ours.fileno(),)) as child:
        closing = in_thread(SocketChannel(ours).close)
        assert theirs.recv(1) == b""
        theirs.close()
        closing.result(SECONDS)
        assert child.poll() is None
        child.communicate(timeout=SECONDS)


def test_what_a_descriptor_is(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    terminal, other = os.openpty()
    ours, theirs = socket.socketpair()
    file = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    null = os.open(os.devnull, os.O_RDWR)
    zero = os.open("/dev/zero", os.O_RDONLY)
    folder = os.open(tmp_path, os.O_RDONLY)
    opened = (reading, other, ours.fileno(), file, null, zero, folder)
    assert [describe(fd) for fd in opened] == [
        "a pipe, which carries bytes one way only",
        "a terminal",
        "a socket",
        "a file",
        "no input at all",
        "a device",
        "a folder",
    ]
    for fd in (reading, writing, terminal, other, file, null, zero, folder):
        os.close(fd)
    ours.close()
    theirs.close()
    assert describe(reading) == "closed"
