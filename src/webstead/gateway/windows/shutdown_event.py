"""The event by which IIS (signalBeforeTerminateSeconds), mod_fcgid and libfcgi's web servers announce that
they are about to end this process. wfastcgi listened to it only when the app had an exit task.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread
from typing import Callable

from webstead.gateway.observe.log import Log
from webstead.gateway.windows.calls import FOREVER, Kernel, KernelError

__all__ = ["SHUTDOWN_VARIABLE", "on_shutdown_event"]

SHUTDOWN_VARIABLE = "_FCGI_SHUTDOWN_EVENT_"
"""The number of an event's handle that this process has inherited, decimal."""


def on_shutdown_event(
    kernel: Kernel, environ: Mapping[str, str], stop: Callable[[], None], log: Log
) -> Thread | None:
    """Call stop once when the event is set; without the variable do nothing. A number that is no event is
    told of in the log, and the process then ends when it is ended.
    """
    text = environ.get(SHUTDOWN_VARIABLE, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        log.line(f"warning: {SHUTDOWN_VARIABLE} is {text!r}, which is no handle; it is not waited for")
        return None
    handle = int(text)

    def wait() -> None:
        try:
            kernel.wait((handle,), FOREVER)
        except KernelError as error:
            log.line(f"warning: {SHUTDOWN_VARIABLE}={handle} cannot be waited for: {error}")
            return
        log.line("the web server is about to end this process: stopping")
        stop()

    thread = Thread(target=wait, name="shutdown-event", daemon=True)
    thread.start()
    return thread
