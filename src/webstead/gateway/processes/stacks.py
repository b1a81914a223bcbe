"""Where a request is, right now, as text: the stack of its thread or task, seen from another thread."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Iterator
from itertools import dropwhile
from types import FrameType
from typing import TYPE_CHECKING

from webstead.gateway.observe.trouble import is_ours

if TYPE_CHECKING:
    from asyncio import Task

__all__ = ["stack_text"]

MAX_DEPTH = 200
"""Frames shown of a chain of awaits: a deeper one is a recursion."""


def stack_text(thread: int, task: Task[None] | None) -> str:
    """thread: its ident. A task that waits shows what it waits in, from the outermost coroutine to the
    innermost; one that runs blocks its thread, and shows that.
    """
    if task is not None:
        frames = list(_awaited(task.get_coro()))
        if frames and not any(_runs(frame, thread) for frame in frames):
            return _text(traceback.StackSummary.extract((frame, frame.f_lineno) for frame in frames))
    frame = sys._current_frames().get(thread)
    if frame is None:
        return "  (its thread has ended)"
    return _text(_from_the_app(traceback.extract_stack(frame)))


def _from_the_app(stack: traceback.StackSummary) -> traceback.StackSummary:
    """Without the frames above the app: what started the thread, and the gateway. All, when it is at work in
    the gateway itself.
    """
    below = list(dropwhile(lambda frame: not is_ours(frame.filename), stack))
    of_app = list(dropwhile(lambda frame: is_ours(frame.filename), below))
    return traceback.StackSummary.from_list(of_app) if of_app else stack


def _text(stack: traceback.StackSummary) -> str:
    return "".join(stack.format()).rstrip("\n")


def _awaited(waiting: object) -> Iterator[FrameType]:
    """The frames of a coroutine, of what it awaits, and so on, also through generators."""
    for _ in range(MAX_DEPTH):
        frame = _frame(waiting)
        if frame is None:  # one step of `async for`, or what __await__ gave: they hold what has the frame
            waiting = next((held for held in gc.get_referents(waiting) if _frame(held) is not None), None)
            frame = _frame(waiting)
        if frame is None:
            return
        yield frame
        waiting = _first(waiting, ("cr_await", "gi_yieldfrom", "ag_await"))


def _frame(waiting: object) -> FrameType | None:
    found = _first(waiting, ("cr_frame", "gi_frame", "ag_frame"))
    return found if isinstance(found, FrameType) else None


def _first(waiting: object, names: tuple[str, ...]) -> object:
    """The first of these attributes that is there and not None."""
    found = (getattr(waiting, name, None) for name in names)
    return next((value for value in found if value is not None), None)


def _runs(frame: FrameType, thread: int) -> bool:
    """Whether it is on the thread's stack now."""
    running = sys._current_frames().get(thread)
    while running is not None:
        if running is frame:
            return True
        running = running.f_back
    return False
