"""What the files of a site say of its processes, with the real front, real gateways and short times."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real.host.scene import Scene, gateway, platform, program, run, serving, until
from webstead.events import AppOutput, InstanceExited, Note
from webstead.policies import Policies, Written


def at(name: str, value: float) -> Written[float]:
    return Written(name, value, "web.config:7")


def notes(s: Scene) -> list[str]:
    return [event.text for event in s.events if isinstance(event, Note)]


def exits(s: Scene) -> list[InstanceExited]:
    return [event for event in s.events if isinstance(event, InstanceExited) and event.instance != "front"]


def lines(s: Scene) -> list[str]:
    return [event.line for event in s.events if isinstance(event, AppOutput)]


def wrote(s: Scene, line: str) -> Callable[[], bool]:
    return lambda: line in lines(s)


def test_an_idle_instance_ends_and_the_next_request_starts_it(tmp_path: Path) -> None:
    policies = Policies(idle=at("idleTimeout", 0.3), at_once=1)

    async def main() -> None:
        async with serving(gateway(policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            for _ in range(3):
                await until(lambda: len(exits(s)) == len(s.pids()))
                assert all(event.expected for event in exits(s))
                assert await s.get() == (200, str(s.pids()[-1]))
            assert len(s.pids()) == 4  # at the start, then one for each request

    run(main())


def test_an_idle_program_that_is_not_ours_ends_too(tmp_path: Path) -> None:
    async def main() -> None:
        policies = Policies(idle=at("idleTimeout", 0.3))
        async with serving(program("tells_errors", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            await until(lambda: len(exits(s)) == 1)
            assert await s.get() == (200, str(s.pids()[1]))

    run(main())


def test_many_requests_to_a_resting_pool_are_all_answered(tmp_path: Path) -> None:
    policies = Policies(idle=at("idleTimeout", 0.3), at_once=1)

    async def main() -> None:
        async with serving(gateway(instances=2, policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            await until(lambda: len(exits(s)) == 2)
            answers = await asyncio.gather(*(s.get("/slow") for _ in range(6)))
            assert {status for status, _ in answers} == {200}
            assert len({body for _, body in answers}) == 2  # the second woke up as requests had to wait

    run(main())


@pytest.mark.parametrize("threads", [1, 4])
def test_an_instance_is_replaced_after_its_requests_and_none_is_lost(tmp_path: Path, threads: int) -> None:
    policies = Policies(requests=at("instanceMaxRequests", 20))

    async def main() -> None:
        async with serving(gateway(threads=threads, policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            answers: list[tuple[int, str]] = []

            async def ask() -> None:
                while len({body for _, body in answers}) < 4:
                    answers.append(await s.get())

            await asyncio.gather(*(ask() for _ in range(4)))
            assert {status for status, _ in answers} == {200}
            for pid in s.pids()[:2]:
                assert len([1 for _, body in answers if body == str(pid)]) >= 20
            await until(lambda: len(exits(s)) >= 3)
            assert all(event.expected for event in exits(s))
            assert 'instanceMaxRequests="20" (web.config:7)' in notes(s)[0]

    run(main())


def test_a_successor_that_does_not_start_leaves_the_old_one_at_work(tmp_path: Path) -> None:
    (tmp_path / "once.py").write_text(
        "import os, pathlib\n"
        "pathlib.Path(__file__).with_name('started').touch(exist_ok=False)\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [str(os.getpid()).encode()]\n"
    )
    launch = gateway("once:app", policies=Policies(requests=at("instanceMaxRequests", 2)))

    async def main() -> None:
        async with serving(replace(launch, directory=tmp_path), tmp_path) as s:
            assert await s.site.ready() is None
            for _ in range(2):
                assert await s.get() == (200, str(s.pids()[0]))
            await until(lambda: any("goes on" in text for text in notes(s)))
            assert await s.get() == (200, str(s.pids()[0]))

    run(main())


@pytest.mark.parametrize(
    ("policies", "name"),
    [
        (Policies(silence=at("activityTimeout", 0.5), at_once=1), "activityTimeout"),
        (Policies(request=at("requestTimeout", 0.5), at_once=1), "requestTimeout"),
    ],
)
def test_a_request_that_hangs_is_answered_and_its_instance_ends(
    tmp_path: Path, policies: Policies, name: str
) -> None:
    async def main() -> None:
        async with serving(gateway("held:app", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            status, text = await s.get("/hang")
            assert status == 500
            await until(lambda: any("held.py" in line and " in app" in line for line in lines(s)))
            assert f'{name}="0.5" (web.config:7)' in text
            status, body = await s.get()
            assert (status, body) == (200, str(s.pids()[1]))
            await until(lambda: len(exits(s)) == 1)
            assert exits(s)[0].expected

    run(main())


def test_a_hanging_request_costs_the_others_of_its_instance_nothing(tmp_path: Path) -> None:
    policies = Policies(
        request=at("requestTimeout", 1.5), grace=at("signalBeforeTerminateSeconds", 0.5), at_once=4
    )
    go = tmp_path / "go"

    async def main() -> None:
        async with serving(gateway("held:app", threads=4, policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            hanging = asyncio.create_task(s.get("/hang"))
            await until(wrote(s, "hangs"))
            await until(lambda: not hanging.done())
            status, _ = await hanging
            assert status == 500
            waiting = asyncio.create_task(s.get(f"/wait?{go}"))
            await until(lambda: len(s.pids()) == 2)
            go.touch()
            assert (await waiting)[0] == 200
            await until(lambda: len(exits(s)) == 1)
            assert (await s.get())[1] == str(s.pids()[1])

    run(main())


def test_an_answer_that_has_begun_is_cut(tmp_path: Path) -> None:
    policies = Policies(silence=at("activityTimeout", 0.5), at_once=1)

    async def main() -> None:
        async with serving(gateway("held:app", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            with pytest.raises(Exception, match="IncompleteRead"):
                await s.get("/begin")
            assert (await s.get())[0] == 200

    run(main())


def test_requests_beyond_the_queue_are_told_to_come_back(tmp_path: Path) -> None:
    policies = Policies(queue=at("queueLength", 2), at_once=1)
    go = tmp_path / "go"

    async def main() -> None:
        async with serving(gateway("held:app", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            served = [asyncio.create_task(s.get(f"/wait?{go}"))]
            await until(wrote(s, "waits"))
            asked = [asyncio.create_task(s.get()) for _ in range(6)]
            await until(lambda: sum(task.done() for task in asked) == 4)
            refused = [task.result() for task in asked if task.done()]
            assert {status for status, _ in refused} == {503}
            assert 'queueLength="2" (web.config:7)' in refused[0][1]
            go.touch()
            assert {status for status, _ in await asyncio.gather(*served, *asked)} == {200, 503}

    run(main())


@pytest.mark.parametrize(
    ("path", "mode", "status", "shown", "ends"),
    [
        ("/told", "ReturnStdErrIn500", 500, "the disk is full", False),
        ("/only", "ReturnStdErrIn500", 500, "the disk is full", False),
        ("/late", "ReturnStdErrIn500", 200, "", False),
        ("/told", "ReturnGeneric500", 500, "", False),
        ("/told", "IgnoreAndReturn200", 200, "", False),
        ("/only", "IgnoreAndReturn200", 200, "", False),
        ("/told", "TerminateProcess", 500, "the disk is full", True),
    ],
)
def test_what_becomes_of_a_request_that_writes_to_its_error_stream(
    tmp_path: Path, path: str, mode: str, status: int, shown: str, ends: bool
) -> None:
    policies = Policies(stderr=Written("stderrMode", mode, "web.config:7"))

    async def main() -> None:
        async with serving(program("tells_errors", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            answered, text = await s.get(path)
            assert answered == status
            assert (shown in text) if shown else ("the disk is full" not in text)
            if status == 500:
                assert f'stderrMode="{mode}" (web.config:7)' in text
            assert (await s.get())[1] == str(s.pids()[int(ends)])

    run(main())


def test_a_file_that_says_nothing_of_errors_leaves_the_answer_alone(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(program("tells_errors"), tmp_path) as s:
            assert await s.site.ready() is None
            assert await s.get("/told") == (200, str(s.pids()[0]))
            assert (await s.get("/only"))[0] == 502

    run(main())


def test_rapid_fails_hold_a_platform_back_and_say_so(tmp_path: Path) -> None:
    policies = Policies(rapid_fails=at("rapidFailsPerMinute", 1))

    async def main() -> None:
        async with serving(platform("answers", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            os.kill(s.pids()[0], signal.SIGKILL)
            await until(lambda: len(s.pids()) == 2)
            await s.answered_by(s.pids()[1])
            os.kill(s.pids()[1], signal.SIGKILL)
            await s.answers(lambda answer: answer[0] == 502 and "rapidFailsPerMinute" in answer[1])
            _, text = await s.get()
            assert text.startswith("502.5 ")
            assert 'rapidFailsPerMinute="1" (web.config:7)' in text
            assert len(s.pids()) == 2

    run(main())


def test_a_first_start_is_tried_again_as_often_as_the_file_says(tmp_path: Path) -> None:
    policies = Policies(start_retries=at("startupRetryCount", 2))

    async def main() -> None:
        async with serving(platform("exits_at_once", policies=policies), tmp_path) as s:
            error = await s.site.ready()
            assert error is not None
            assert len(s.pids()) == 3

    run(main())


def test_a_platform_answers_in_its_time_or_502_3_is_said(tmp_path: Path) -> None:
    policies = Policies(answer=at("requestTimeout", 0.2))

    async def main() -> None:
        async with serving(platform("answers", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            _, text = await s.get("/slow")
            assert text.startswith("502.3 ")
            assert 'requestTimeout="0.2" (web.config:7)' in text
            assert (await s.get()) == (200, str(s.pids()[0]))

    run(main())


def test_the_grace_is_that_of_the_file(tmp_path: Path) -> None:
    policies = Policies(grace=at("shutdownTimeLimit", 0.3))

    async def main() -> None:
        async with serving(platform("ignores_sigterm", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            begun = asyncio.get_running_loop().time()
            assert await s.site.recycle(["platform:"]) is None
            await until(lambda: len(exits(s)) == 1)
            assert exits(s)[0].reason == "was ended by SIGKILL"
            assert (await s.get())[0] == 200
            assert asyncio.get_running_loop().time() - begun < 10

    run(main())


def test_the_page_of_a_failed_start_can_be_kept_bare(tmp_path: Path) -> None:
    policies = Policies(startup_page=Written("disableStartUpErrorPage", "true", "web.config:7"))

    async def main() -> None:
        async with serving(platform("exits_at_once", policies=policies), tmp_path) as s:
            assert await s.site.ready() is not None
            assert await s.get() == (502, "502.5 The app did not answer as it should.\n")

    run(main())


def test_a_program_that_is_not_ours_finishes_what_it_has_begun(tmp_path: Path) -> None:
    """SIGTERM would end it in the midst: it comes when the front has no request there any more."""

    async def main() -> None:
        async with serving(program("tells_errors"), tmp_path) as s:
            assert await s.site.ready() is None
            slow = asyncio.create_task(s.get("/slow"))
            await until(wrote(s, "slow"))
            assert await s.site.recycle(["fastcgi:python|app"]) is None
            assert await slow == (200, str(s.pids()[0]))
            assert await s.get() == (200, str(s.pids()[1]))
            await until(lambda: len(exits(s)) == 1)

    run(main())


def test_connections_that_wait_for_nothing_are_told_at_once(tmp_path: Path) -> None:
    """An instance that is never started again: who waits in its socket hears why."""
    policies = Policies(rapid_fails=at("rapidFailsPerMinute", 0))

    async def main() -> None:
        async with serving(gateway("held:app", policies=policies), tmp_path) as s:
            assert await s.site.ready() is None
            os.kill(s.pids()[0], signal.SIGSTOP)  # connections are made, nobody takes them
            asked = [asyncio.create_task(s.get()) for _ in range(3)]
            await asyncio.wait(asked, timeout=0.5)
            os.kill(s.pids()[0], signal.SIGKILL)
            async with asyncio.timeout(5):
                answers = await asyncio.gather(*asked)
            assert {status for status, _ in answers} == {503}
            assert 'rapidFailsPerMinute="0"' in answers[0][1]

    run(main())
