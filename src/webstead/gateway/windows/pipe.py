"""A named pipe to the web server: one that is connected, or one that web servers connect to, one after the
other.

Which of both standard input is: GetNamedPipeInfo tells the end that CreateFile opened (it is connected, or it
would not be) from the one that CreateNamedPipe made. ConnectNamedPipe then says of the latter whether
somebody is connected already (ERROR_PIPE_CONNECTED) or waits for somebody. That is how libfcgi's and PHP's
FastCGI listen on it; wfastcgi reads at once, which under IIS works as well. Not verified on IIS itself: which
end it hands over.
"""

from __future__ import annotations

from functools import partial

from webstead.formats.fastcgi.records import Buffer
from webstead.gateway.engine.connection import RECEIVE_BYTES
from webstead.gateway.windows.calls import (
    ENDS,
    ERROR_MORE_DATA,
    ERROR_OPERATION_ABORTED,
    ERROR_PIPE_CONNECTED,
    ERROR_SUCCESS,
    Kernel,
    KernelError,
)
from webstead.gateway.windows.waiting import Waiting

__all__ = ["WRITE_BYTES", "PipeChannel", "PipeListener"]

WRITE_BYTES = 1 << 20
"""Given to one WriteFile: a larger piece is copied needlessly, and its size must fit into 32 bits."""

_HAS_DATA = (ERROR_SUCCESS, ERROR_MORE_DATA)
"""The latter is said of a message pipe: the rest comes with the next read."""


class PipeChannel:
    """A connected pipe (see gateway/channel.py). listens: after close(), others may connect to it."""

    def __init__(self, kernel: Kernel, handle: int, listens: bool = False) -> None:
        self._kernel = kernel
        self._handle = handle
        self._listens = listens
        self._waiting = Waiting(kernel, handle)
        self._reader = kernel.transfer()
        self._read = partial(self._reader.read, handle, RECEIVE_BYTES)
        self._writer = kernel.transfer()
        self._broken = False

    def receive(self) -> bytes:
        reader = self._reader
        owed = False  # an interruption that came before bytes that were there
        while True:
            error, count = self._waiting.perform(self._read, reader)
            if error in _HAS_DATA:
                if count:
                    if owed:
                        self._waiting.interrupt()
                    return reader.taken(count)
                continue  # somebody wrote no bytes at all: not the end
            if error == ERROR_OPERATION_ABORTED:
                if self._has_bytes():
                    owed = True
                    continue
                return b""
            if error in ENDS:
                self._broken = True
                return b""
            raise KernelError("ReadFile", error)

    def _has_bytes(self) -> bool:
        try:
            return self._kernel.peek_named_pipe(self._handle) > 0
        except KernelError:  # at its end, as the next read will say
            return False

    def send(self, data: Buffer) -> None:
        rest = memoryview(data)
        while rest:
            piece = rest[:WRITE_BYTES]
            call = partial(self._writer.write, self._handle, piece)
            error, count = self._waiting.write(call, self._writer)
            if error != ERROR_SUCCESS:
                self._broken = self._broken or error in ENDS
                raise KernelError("WriteFile", error)
            rest = rest[count:]

    def interrupt(self) -> None:
        self._waiting.interrupt()

    def close(self) -> None:
        try:
            if not self._broken:  # disconnecting throws away what was not read
                self._kernel.flush_file_buffers(self._handle)
            if self._listens:
                self._kernel.disconnect_named_pipe(self._handle)
        except KernelError as error:
            if error.code not in ENDS:
                raise
        finally:
            self._release()

    def _release(self) -> None:
        self._reader.close()
        self._writer.close()
        self._waiting.close()
        if not self._listens:
            self._kernel.close_handle(self._handle)


class PipeListener:
    """The server's end of a pipe (see ChannelListener). once: who has connected is the only one; with IIS,
    which keeps its pipe as long as it wants the process, there is nobody to wait for after that.
    """

    def __init__(self, kernel: Kernel, handle: int, once: bool = False) -> None:
        self._kernel = kernel
        self._handle = handle
        self._once = once
        self._over = False
        self._waiting = Waiting(kernel, handle)
        self._transfer = kernel.transfer()

    def accept(self) -> PipeChannel | None:
        transfer = self._transfer
        while not self._over:
            error, _ = self._waiting.perform(partial(transfer.connect, self._handle), transfer)
            if error in (ERROR_SUCCESS, ERROR_PIPE_CONNECTED):
                self._over = self._once
                return PipeChannel(self._kernel, self._handle, listens=True)
            if error == ERROR_OPERATION_ABORTED:
                return None
            if error not in ENDS:
                raise KernelError("ConnectNamedPipe", error)
            self._kernel.disconnect_named_pipe(self._handle)  # somebody came and left
            self._over = self._once
        return None

    def interrupt(self) -> None:
        self._waiting.interrupt()

    def close(self) -> None:
        self._transfer.close()
        self._waiting.close()
        self._kernel.close_handle(self._handle)
