"""Stacks of threads and tasks as another thread sees them, and this process's memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

from webstead.gateway.processes.memory import memory_reader, peak_bytes, resident_bytes
from webstead.gateway.processes.stacks import stack_text

SECONDS = 20


def test_the_stack_of_a_thread() -> None:
    at_work, over = threading.Event(), threading.Event()

    def works_on_and_on() -> None:
        at_work.set()
        over.wait(SECONDS)

    thread = threading.Thread(target=works_on_and_on)
    thread.start()
    assert at_work.wait(SECONDS)
    ident = thread.ident or 0
    text = stack_text(ident, None)
    over.set()
    thread.join(SECONDS)
    assert "in works_on_and_on\n    over.wait(SECONDS)" in text
    assert stack_text(ident, None) == "  (its thread has ended)"


async def outer(reached: threading.Event) -> None:
    async for _ in middle(reached):
        break


async def middle(reached: threading.Event) -> AsyncIterator[int]:
    await inner(reached)
    yield 1


async def inner(reached: threading.Event) -> None:
    asyncio.get_running_loop().call_soon(reached.set)
    await asyncio.Event().wait()


async def blocking(reached: threading.Event, over: threading.Event) -> None:
    reached.set()
    over.wait(SECONDS)


class Loop:
    """An event loop in a thread that runs one task."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def end(self, task: asyncio.Task[None]) -> None:
        task.add_done_callback(lambda _: self.loop.stop())
        self.loop.call_soon_threadsafe(task.cancel)
        self.thread.join(SECONDS)
        assert not self.thread.is_alive()


def test_the_stack_of_a_task_that_waits_goes_to_what_it_waits_in() -> None:
    loop, reached = Loop(), threading.Event()
    task = loop.loop.create_task(outer(reached))
    loop.thread.start()
    assert reached.wait(SECONDS)
    text = stack_text(loop.thread.ident or 0, task)
    loop.end(task)
    assert "in outer" in text
    assert "in inner\n    await asyncio.Event().wait()" in text
    assert text.index("in outer") < text.index("in inner")
    assert "run_forever" not in text  # the thread does something else meanwhile


def test_the_stack_of_a_task_that_blocks_is_its_threads() -> None:
    loop, reached, over = Loop(), threading.Event(), threading.Event()
    task = loop.loop.create_task(blocking(reached, over))
    loop.thread.start()
    assert reached.wait(SECONDS)
    text = stack_text(loop.thread.ident or 0, task)
    over.set()
    loop.end(task)
    assert "in blocking\n    over.wait(SECONDS)" in text
    assert "run_forever" in text


def test_memory_grows_with_what_is_held() -> None:
    reader = memory_reader()
    assert reader is resident_bytes
    before = resident_bytes()
    held = b"x" * (50 << 20)
    assert 45 << 20 < resident_bytes() - before < 55 << 20
    assert peak_bytes() >= before + len(held) * 9 // 10
