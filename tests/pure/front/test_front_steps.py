"""A task that begins at once does what asyncio's own do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import uvloop

from webstead.front.steps import Steps

Error = Exception | asyncio.CancelledError | None
Loops = Callable[[], asyncio.AbstractEventLoop]


class Run:
    """A coroutine in Steps. over: set at its end, with the error."""

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.ends: list[Error] = []
        loop = asyncio.get_running_loop()
        self.over: asyncio.Future[Error] = loop.create_future()
        self.steps = Steps(coroutine, loop, self._ended)
        loop.call_soon(self.steps.step)  # from the loop, as connections do: another task may not be running

    def _ended(self, error: Error) -> None:
        self.ends.append(error)
        if not self.over.done():
            self.over.set_result(error)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner


def ran(runner: asyncio.Runner, coroutine: Callable[[], Coroutine[Any, Any, None]]) -> Error:
    """How it ended."""

    async def main() -> Error:
        run = Run(coroutine())
        error = await asyncio.wait_for(run.over, 20)
        await asyncio.sleep(0)
        assert run.ends == [error], "it has ended once"
        return error

    return runner.run(main())


def cancelled(
    runner: asyncio.Runner, coroutine: Callable[[], Coroutine[Any, Any, None]], turns: int = 2
) -> Error:
    """How it ended when it was cancelled after some turns of the loop."""

    async def main() -> Error:
        run = Run(coroutine())
        for _ in range(turns):
            await asyncio.sleep(0)
        assert not run.ends
        assert run.steps.cancel()
        assert run.steps.cancelling() == 1
        return await asyncio.wait_for(run.over, 20)

    return runner.run(main())


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


def test_one_that_waits_for_nothing_ends_in_the_call_that_begins_it(runner: asyncio.Runner) -> None:
    seen: list[object] = []

    async def quick() -> None:
        seen.append(asyncio.current_task())

    async def main() -> None:
        loop = asyncio.get_running_loop()
        called = loop.create_future()

        def begin() -> None:
            steps = Steps(quick(), loop, seen.append)
            steps.step()
            seen.extend([steps, asyncio.current_task()])
            called.set_result(None)

        loop.call_soon(begin)
        await called

    runner.run(main())
    task, error, steps, after = seen
    assert task is steps
    assert error is None
    assert after is None, "it is left again"


def test_an_error_is_handed_on(runner: asyncio.Runner) -> None:
    async def at_once() -> None:
        raise ValueError("at once")

    async def later() -> None:
        await asyncio.sleep(0)
        raise ValueError("later")

    async def of_a_future() -> None:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_exception, ValueError("of a future"))
        await future

    for coroutine, text in ((at_once, "at once"), (later, "later"), (of_a_future, "of a future")):
        error = ran(runner, coroutine)
        assert isinstance(error, ValueError)
        assert str(error) == text


def test_what_is_waited_for_gives_its_result(runner: asyncio.Runner) -> None:
    async def waits() -> None:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_soon(future.set_result, 1)
        assert await future == 1
        assert await future == 1, "one that is done is not waited for"
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        assert await loop.run_in_executor(None, str, 2) == "2"
        assert asyncio.current_task() is not None

    assert ran(runner, waits) is None


def test_a_time_out_inside(runner: asyncio.Runner) -> None:
    async def waits() -> None:
        with pytest.raises(TimeoutError):
            await late(0.001)
        async with asyncio.timeout(20):
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(forever(), 0.001)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    assert ran(runner, waits) is None


async def late(*seconds: float) -> None:
    """Waits under these time-outs, the outer one first."""
    async with contextlib.AsyncExitStack() as stack:
        for each in seconds:
            await stack.enter_async_context(asyncio.timeout(each))
        await asyncio.sleep(0)
        await forever()


def test_a_time_out_that_is_over_before_it_begins(runner: asyncio.Runner) -> None:
    async def waits() -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await late(0)

    assert ran(runner, waits) is None


def test_time_outs_within_each_other(runner: asyncio.Runner) -> None:
    async def waits() -> None:
        with pytest.raises(TimeoutError):
            await late(0.001, 20)
        with pytest.raises(TimeoutError):
            await late(20, 0.001)

    assert ran(runner, waits) is None


def test_tasks_made_inside(runner: asyncio.Runner) -> None:
    async def part(value: int) -> int:
        await asyncio.sleep(0)
        return value

    async def waits() -> None:
        task = asyncio.create_task(part(1))
        done, pending = await asyncio.wait([task, asyncio.create_task(part(2))])
        assert sorted(each.result() for each in done) == [1, 2]
        assert not pending
        assert list(await asyncio.gather(part(3), part(4))) == [3, 4]
        assert await asyncio.shield(part(5)) == 5
        async with asyncio.TaskGroup() as group:
            sixth = group.create_task(part(6))
        assert await sixth == 6

    assert ran(runner, waits) is None


def test_a_group_whose_task_fails_ends_what_waits(runner: asyncio.Runner) -> None:
    async def fails() -> None:
        raise ValueError("in the group")

    async def waits() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            await forever()

    error = ran(runner, waits)
    assert isinstance(error, ExceptionGroup)
    assert [str(each) for each in error.exceptions] == ["in the group"]


def test_locks_and_queues(runner: asyncio.Runner) -> None:
    async def waits() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(1)
        putting = asyncio.create_task(queue.put(1))
        assert await queue.get() == 1
        await putting
        event = asyncio.Event()
        asyncio.get_running_loop().call_soon(event.set)
        await event.wait()

    assert ran(runner, waits) is None


def test_a_cancelled_one_ends(runner: asyncio.Runner) -> None:
    assert isinstance(cancelled(runner, forever), asyncio.CancelledError)


def test_one_that_has_ended_is_not_cancelled(runner: asyncio.Runner) -> None:
    async def main() -> None:
        run = Run(asyncio.sleep(0))
        assert not run.steps.done()
        await asyncio.wait_for(run.over, 20)
        assert run.steps.done()
        assert not run.steps.cancel()

    runner.run(main())


def test_a_cancelled_one_can_clear_up(runner: asyncio.Runner) -> None:
    seen = []

    async def clears() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            seen.append("cleared")

    assert isinstance(cancelled(runner, clears), asyncio.CancelledError)
    assert seen == ["cleared"]


def test_a_cancelled_one_can_go_on(runner: asyncio.Runner) -> None:
    async def goes_on() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await forever()
        task = asyncio.current_task()
        assert task is not None
        assert task.uncancel() == 0
        assert task.uncancel() == 0
        async with asyncio.timeout(20):
            await asyncio.sleep(0.001)

    assert cancelled(runner, goes_on) is None


def test_what_a_cancelled_one_waited_for_is_cancelled_too(runner: asyncio.Runner) -> None:
    seen = []

    async def inner() -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            seen.append("inner")
            raise

    async def outer() -> None:
        await asyncio.create_task(inner())

    assert isinstance(cancelled(runner, outer, turns=4), asyncio.CancelledError)
    assert seen == ["inner"]


def test_one_that_yields_is_cancelled_at_its_next_step(runner: asyncio.Runner) -> None:
    async def yields() -> None:
        for _ in range(1000):
            await asyncio.sleep(0)

    assert isinstance(cancelled(runner, yields), asyncio.CancelledError)


def test_one_cancels_itself(runner: asyncio.Runner) -> None:
    seen = []

    async def cancels() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        seen.append("runs on")
        await forever()

    assert isinstance(ran(runner, cancels), asyncio.CancelledError)
    assert seen == ["runs on"]


def test_a_cancel_wins_over_a_result_that_was_not_taken_yet(runner: asyncio.Runner) -> None:
    async def main() -> Error:
        future = asyncio.get_running_loop().create_future()

        async def waits() -> None:
            await future

        run = Run(waits())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        future.set_result(None)
        run.steps.cancel()
        return await asyncio.wait_for(run.over, 20)

    assert isinstance(runner.run(main()), asyncio.CancelledError)


def test_many_at_a_time(runner: asyncio.Runner) -> None:
    async def main() -> int:
        async def waits() -> None:
            task = asyncio.current_task()
            async with asyncio.timeout(20):
                for _ in range(3):
                    await asyncio.sleep(0)
                    assert asyncio.current_task() is task

        runs = [Run(waits()) for _ in range(100)]
        errors = [await asyncio.wait_for(run.over, 20) for run in runs]
        return errors.count(None)

    assert runner.run(main()) == 100


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_process_is_not_handed_on(runner: asyncio.Runner, error: type[BaseException]) -> None:
    async def ends() -> None:
        raise error

    async def main() -> list[Error]:
        ended: list[Error] = []
        loop = asyncio.get_running_loop()
        called: asyncio.Future[BaseException | None] = loop.create_future()

        def begin() -> None:
            try:
                Steps(ends(), loop, ended.append).step()
            except (KeyboardInterrupt, SystemExit) as raised:
                called.set_result(raised)

        loop.call_soon(begin)
        assert isinstance(await called, error)
        assert asyncio.current_task() is not None
        return ended

    assert runner.run(main()) == []
