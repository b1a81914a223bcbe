"""Load an app, and say how that went: nothing is served. For --check."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Mapping
from importlib.machinery import SourceFileLoader
from typing import Callable

from webstead.gateway.failure import BAD_APP, StartFailure
from webstead.gateway.loading.first_request import load_first
from webstead.gateway.loading.loader import load_app
from webstead.gateway.observe.trouble import is_ours
from webstead.gateway.options import Options, check_target
from webstead.gateway.processes.stacks import stack_text

__all__ = ["check", "end_at_once", "late_failure"]

Late = Callable[[StartFailure], object]

_SERVERS = ("aiohttp", "granian", "gunicorn", "hypercorn", "socketserver", "tornado", "uvicorn", "waitress")
_SERVING = ("serve_forever", "run_forever", "run_app", "serve", "run_simple")
_NETWORK = ("connect", "create_connection", "getaddrinfo", "urlopen", "recv_into", "do_handshake")
"""Functions of the deepest frames: what a slow import does."""


def check(options: Options, environ: Mapping[str, str], late: Late) -> str:
    """The interface of the app, `wsgi` or `asgi`, once it and what its first request needs are loaded. late:
    told when that takes longer than it may; then the process ends. Nothing is written beside the app's files.
    Raises StartFailure.
    """
    check_target(options)
    SourceFileLoader.set_data = _set_data_of_installed  # type: ignore[method-assign, assignment]
    done = threading.Event()
    if options.check_timeout:
        watch = (options.target, options.check_timeout, threading.get_ident(), done, late)
        threading.Thread(target=_watch, args=watch, daemon=True).start()
    try:
        loaded = load_app(options.target, environ, options.interface, is_file=options.is_paste)
        load_first()
    finally:
        done.set()
    return loaded.interface


_set_data = SourceFileLoader.set_data
_INSTALLED = os.path.join(sys.prefix, "")


def _set_data_of_installed(self: SourceFileLoader, path: str, data: bytes, *, _mode: int = 0o666) -> None:
    """Byte code is written for the modules of the Python itself and its packages: the start will want it."""
    if path.startswith(_INSTALLED):
        _set_data(self, path, data, _mode=_mode)


def end_at_once(code: int) -> None:
    """End the process, whatever threads the app has started: it was loaded only to be looked at."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _watch(target: str, seconds: float, thread: int, done: threading.Event, late: Late) -> None:
    if done.wait(seconds):
        return
    frame = sys._current_frames().get(thread)
    stack = traceback.extract_stack(frame) if frame is not None else traceback.StackSummary()
    failure = late_failure(target, seconds, stack, stack_text(thread, None))
    if not done.is_set():
        late(failure)
        end_at_once(failure.code)


def late_failure(target: str, seconds: float, stack: traceback.StackSummary, text: str) -> StartFailure:
    """stack: where the import stands; text: the same, as it is shown."""
    of_app = [frame for frame in stack if not is_ours(frame.filename) and not _is_installed(frame.filename)]
    at = f"{of_app[-1].filename}, line {of_app[-1].lineno}: {of_app[-1].line}" if of_app else ""
    return StartFailure(
        BAD_APP,
        f"{target} was not loaded within {seconds:g} s.",
        f"the import stands at {at}" if at else "the import still runs",
        _fix_for(stack),
        text,
    )


def _is_installed(file: str) -> bool:
    """Whether a file is a package's or the standard library's."""
    return file.startswith("<") or any(
        part in file for part in ("site-packages", os.path.dirname(os.__file__))
    )


def _fix_for(stack: traceback.StackSummary) -> str:
    names = [frame.name for frame in stack]
    files = [os.path.basename(os.path.dirname(frame.filename)) for frame in stack]
    stems = [os.path.basename(frame.filename).partition(".")[0] for frame in stack]
    if any(name in _SERVING for name in names) or any(name in _SERVERS for name in (*files, *stems)):
        return "Put the call that starts a server under: if __name__ == '__main__':"
    if any(name in _NETWORK for name in names):
        return "Connect and download at the first request, not at import: a start must need no network."
    return "Do slow work at the first request, not at import."
