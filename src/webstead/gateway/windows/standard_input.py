"""What Windows gave this process as standard input, as a transport."""

from __future__ import annotations

from collections.abc import Mapping

from webstead.gateway.failure import BAD_BIND, StartFailure
from webstead.gateway.windows.calls import (
    FILE_TYPE_CHAR,
    FILE_TYPE_DISK,
    FILE_TYPE_PIPE,
    PIPE_SERVER_END,
    Kernel,
    KernelError,
)
from webstead.gateway.windows.kernel32 import real_kernel
from webstead.gateway.windows.pipe import PipeChannel, PipeListener

__all__ = ["IIS_VARIABLES", "open_pipe", "open_standard_input"]

IIS_VARIABLES = ("_FCGI_X_PIPE_", "APP_POOL_ID")
"""One of these is set by IIS: the pipe's name for a FastCGI process, and the application pool of the worker
process, which its children inherit.
"""

_KINDS = {
    FILE_TYPE_DISK: "a file",
    FILE_TYPE_CHAR: "a console or the null device",
    FILE_TYPE_PIPE: "a socket, not a named pipe",
}


def open_standard_input(environ: Mapping[str, str]) -> PipeChannel | PipeListener:
    """Raises StartFailure (BAD_BIND)."""
    kernel = real_kernel()
    try:
        handle = kernel.take_standard_input()
    except KernelError as error:
        raise _refused(f"standard input is closed ({error})") from None
    return open_pipe(kernel, handle, environ)


def open_pipe(kernel: Kernel, handle: int, environ: Mapping[str, str]) -> PipeChannel | PipeListener:
    """The transport that a handle is. Raises StartFailure (BAD_BIND)."""
    try:
        flags = kernel.get_named_pipe_info(handle)
    except KernelError as error:
        kind = _KINDS.get(kernel.get_file_type(handle), f"of an unknown kind ({error})")
        kernel.close_handle(handle)
        raise _refused(f"standard input is {kind}") from None
    if flags & PIPE_SERVER_END:
        return PipeListener(kernel, handle, once=any(name in environ for name in IIS_VARIABLES))
    return PipeChannel(kernel, handle)


def _refused(found: str) -> StartFailure:
    return StartFailure(
        BAD_BIND,
        "The gateway has no connection to a web server.",
        found,
        "Register it as a FastCGI application of IIS (protocol NamedPipe), or use --bind tcp:127.0.0.1:PORT.",
    )
