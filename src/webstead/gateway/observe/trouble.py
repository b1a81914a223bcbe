"""What is said of an app that failed, and to whom."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

__all__ = ["APOLOGY", "app_traceback", "is_ours", "ran_app_code", "seen_by_client"]

APOLOGY = "The app failed to answer this request. The reason is in its log.\n"
"""For who may not see more."""

_GATEWAY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_IMPORT_FOLDER = os.path.dirname(os.path.abspath(importlib.__file__ or ""))


def app_traceback(error: BaseException) -> str:
    """The traceback as the app's author should see it: without the frames above the app."""
    return "".join(traceback.format_exception(type(error), error, _app_frames(error)))


def ran_app_code(error: BaseException) -> bool:
    """Whether it came from the app's own code, and not from looking for it."""
    return _app_frames(error) is not None


def _app_frames(error: BaseException) -> TracebackType | None:
    frames: TracebackType | None = error.__traceback__
    while frames is not None and is_ours(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return frames


def is_ours(filename: str) -> bool:
    """Whether a frame of this file is the gateway's, or the import system's."""
    folder = os.path.dirname(filename)
    return (
        filename.startswith("<frozen importlib")
        or folder in (_GATEWAY, _IMPORT_FOLDER)
        or folder.startswith(_GATEWAY + os.sep)
    )


def seen_by_client(params: Mapping[str, Any]) -> bool:
    """Whether the server shows what comes on STDERR to its client: IIS does so, unless stderrMode says
    otherwise; all others write it to their logs.
    """
    return "APPL_MD_PATH" in params
