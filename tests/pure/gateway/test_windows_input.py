"""What standard input is on Windows, and the event that announces the end."""

from __future__ import annotations

import ctypes
import sys
from threading import Event

import pytest

from webstead.gateway.failure import BAD_BIND, StartFailure
from webstead.gateway.observe.log import Log
from webstead.gateway.windows import kernel32
from webstead.gateway.windows.calls import FILE_TYPE_CHAR, FILE_TYPE_DISK, FILE_TYPE_PIPE
from webstead.gateway.windows.fake import FakeKernel, FakePipe
from webstead.gateway.windows.kernel32 import real_kernel
from webstead.gateway.windows.pipe import PipeChannel, PipeListener
from webstead.gateway.windows.shutdown_event import SHUTDOWN_VARIABLE, on_shutdown_event
from webstead.gateway.windows.standard_input import open_pipe

SECONDS = 20


def test_the_end_that_was_opened_is_one_connection() -> None:
    kernel = FakeKernel()
    handle = kernel.add(FakePipe())
    assert isinstance(open_pipe(kernel, handle, {}), PipeChannel)


def test_the_end_that_was_made_is_listened_on() -> None:
    kernel = FakeKernel()
    pipe = FakePipe(server_end=True)
    listener = open_pipe(kernel, kernel.add(pipe), {})
    assert isinstance(listener, PipeListener)
    for _ in range(2):
        pipe.connect()
        channel = listener.accept()
        assert channel is not None
        pipe.leave()
        channel.close()


@pytest.mark.parametrize("variable", ["_FCGI_X_PIPE_", "APP_POOL_ID"])
def test_under_iis_one_connection_is_all(variable: str) -> None:
    kernel = FakeKernel()
    pipe = FakePipe(server_end=True)
    listener = open_pipe(kernel, kernel.add(pipe), {variable: "x"})
    assert isinstance(listener, PipeListener)
    channel = listener.accept()
    assert channel is not None
    pipe.leave()
    channel.close()
    assert listener.accept() is None


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (FILE_TYPE_DISK, "standard input is a file"),
        (FILE_TYPE_CHAR, "standard input is a console or the null device"),
        (FILE_TYPE_PIPE, "standard input is a socket, not a named pipe"),
        (0, "standard input is of an unknown kind (GetNamedPipeInfo failed with error 6)"),
    ],
)
def test_what_is_no_pipe_is_named(kind: int, found: str) -> None:
    kernel = FakeKernel()
    with pytest.raises(StartFailure) as failure:
        open_pipe(kernel, kernel.add_other(kind), {})
    assert (failure.value.code, failure.value.found) == (BAD_BIND, found)
    assert "--bind" in failure.value.fix


def test_the_shutdown_event_stops() -> None:
    kernel = FakeKernel()
    event = kernel.create_event()
    stopped = Event()
    thread = on_shutdown_event(kernel, {SHUTDOWN_VARIABLE: str(event)}, stopped.set, Log())
    assert thread is not None
    assert thread.daemon
    assert not stopped.is_set()
    kernel.set_event(event)
    assert stopped.wait(SECONDS)
    thread.join(SECONDS)


def test_without_the_variable_nothing_is_waited_for() -> None:
    assert on_shutdown_event(FakeKernel(), {}, sys.exit, Log()) is None


def test_a_number_that_is_no_handle_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert on_shutdown_event(FakeKernel(), {SHUTDOWN_VARIABLE: "0x1f"}, sys.exit, Log()) is None
    assert capsys.readouterr().err == (
        "warning: _FCGI_SHUTDOWN_EVENT_ is '0x1f', which is no handle; it is not waited for\n"
    )


def test_a_handle_that_is_no_event_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    stopped = Event()
    thread = on_shutdown_event(FakeKernel(), {SHUTDOWN_VARIABLE: "12"}, stopped.set, Log())
    assert thread is not None
    thread.join(SECONDS)
    assert not stopped.is_set()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "warning: _FCGI_SHUTDOWN_EVENT_=12 cannot be waited for: WaitForMultipleObjects failed with error 6"
    ]


def test_there_is_no_kernel_elsewhere() -> None:
    with pytest.raises(OSError, match="library of Windows"):
        real_kernel()


def test_structures_have_the_sizes_of_64_bit_windows() -> None:
    """OVERLAPPED and PROCESS_MEMORY_COUNTERS, as the headers lay them out."""
    assert ctypes.sizeof(ctypes.c_void_p) == 8
    assert (ctypes.sizeof(kernel32.Overlapped), kernel32.Overlapped.event.offset) == (32, 24)
    assert (ctypes.sizeof(kernel32.MemoryCounters), kernel32.MemoryCounters.working_set.offset) == (72, 16)
