"""What is said of a request that went wrong, and to whom."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from types import TracebackType

__all__ = ["APOLOGY", "app_traceback", "named", "seen_by_client"]

APOLOGY = "The app failed to answer this request. The reason is in its log.\n"

_HERE = os.path.dirname(os.path.abspath(__file__))


def app_traceback(error: BaseException) -> str:
    """The traceback as the app's author should see it: without the frames above the app."""
    frames: TracebackType | None = error.__traceback__
    while frames is not None and os.path.dirname(frames.tb_frame.f_code.co_filename) == _HERE:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def named(method: str, path: str) -> str:
    """A request, for a line of the log."""
    text = f"{method} {path}"
    return text if text.isprintable() else ascii(text)


def seen_by_client(params: Mapping[str, str]) -> bool:
    """Whether the server shows what comes on STDERR to its client: IIS does so, unless stderrMode says
    otherwise; all others write it to their logs.
    """
    return params.get("SERVER_SOFTWARE", "").startswith("Microsoft-IIS")
