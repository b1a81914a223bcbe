"""Real processes in a pool: what is told of each kind of failure, and that none stays behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.observed import has_ended
from webstead.events import AppOutput, Event, InstanceExited, InstanceStarted, Note
from webstead.host.instance import Lifeline
from webstead.host.isolation import OrphanReaper, adopt_orphans
from webstead.host.launch import Launch
from webstead.host.policy import Limits
from webstead.host.pool import Pool
from webstead.plan.model import Foreign, Process

APPS = Path(__file__).parent / "apps"
FAST = Limits(first_delay=0.01, longest_delay=0.05)


def platform(app: str, *, seconds: float = 20.0, instances: int = 1, log: Path | None = None) -> Launch:
    words = ("python", f"{app}.py")
    process = Process("platform:", "app", "http", words, ".", instances=instances, startup_seconds=seconds)
    return Launch(process, words, APPS, dict(os.environ), (), log, Path(sys.executable))


class Scene:
    """A pool of a fixture app, and what was told of it."""

    def __init__(self, launch: Launch, folder: Path, limits: Limits = FAST) -> None:
        adopt_orphans()
        self.events: list[Event] = []
        self.lifeline = Lifeline()
        self.pool = Pool(launch, folder / "s", self.lifeline, self.events.append, lambda: None, limits)

    def lines(self, stream: str = "stdout") -> list[str]:
        return [e.line for e in self.events if isinstance(e, AppOutput) and e.stream == stream]

    def pids(self) -> list[int]:
        return [e.pid for e in self.events if isinstance(e, InstanceStarted)]

    def exits(self) -> list[InstanceExited]:
        return [e for e in self.events if isinstance(e, InstanceExited)]

    async def ask(self) -> int:
        """The process number that the app answers with."""
        port = int(self.pool.entry.endpoints[0].address.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return int(answer.rpartition(b"\r\n")[2])


async def until(so: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not so():  # noqa: ASYNC110 - what other processes do sets no event here
            await asyncio.sleep(0.01)


@asynccontextmanager
async def scene(launch: Launch, folder: Path, limits: Limits = FAST) -> AsyncIterator[Scene]:
    before = set(psutil.Process().children(recursive=True))
    shown = Scene(launch, folder, limits)
    shown.pool.start()
    try:
        yield shown
    finally:
        await shown.pool.stop(0.5)
        shown.lifeline.close()
        assert set(psutil.Process().children(recursive=True)) <= before


def run(work: Coroutine[None, None, None]) -> None:
    asyncio.run(work)


def test_an_app_answers_on_the_port_it_was_given_and_stops(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("answers"), tmp_path) as s:
            assert (s.pool.entry.status, s.pool.entry.startup_seconds) == ("starting", 20.0)
            assert await s.pool.settled() is None
            assert (s.pool.entry.status, s.pool.entry.endpoints[0].name) == ("ready", "app")
            assert await s.ask() == s.pids()[0]
            assert os.getsid(s.pids()[0]) == s.pids()[0]
        assert s.lines() == ["serving"]
        assert [e.expected for e in s.exits()] == [True]
        assert s.exits()[0].reason == "was ended by SIGTERM"

    run(main())


def test_each_instance_of_a_pool_has_its_own_port_and_name(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("answers", instances=2), tmp_path) as s:
            assert await s.pool.settled() is None
            endpoints = s.pool.entry.endpoints
            assert [e.name for e in endpoints] == ["app.1", "app.2"]
            assert len({e.address for e in endpoints}) == 2

    run(main())


def test_a_killed_instance_is_restarted_and_answers_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("answers"), tmp_path) as s:
            await s.pool.settled()
            for generation in (1, 2, 3):
                os.kill(s.pids()[-1], signal.SIGKILL)
                await until(lambda: len(s.pids()) > len(s.exits()) == generation)  # noqa: B023 - awaited here
                waits = (s.pool.entry.status, s.pool.entry.startup_seconds)
                assert waits in (("starting", 0.0), ("ready", 20.0)), "a restart is short"
                assert await s.pool.settled() is None
                assert await s.ask() == s.pids()[-1]
        assert [e.reason for e in s.exits()[:3]] == ["was ended by SIGKILL"] * 3
        assert [e.expected for e in s.exits()] == [False, False, False, True]

    run(main())


def test_a_platform_process_that_keeps_dying_is_given_up_with_502_5(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("answers"), tmp_path, replace(FAST, rapid_exits=2)) as s:
            for _ in range(3):
                await until(lambda: s.pool.entry.status == "ready")
                os.kill(s.pids()[-1], signal.SIGKILL)
                await until(lambda: s.pool.entry.status != "ready")
            await until(lambda: s.pool.entry.status == "failed")
            failure = s.pool.entry.failure
            assert failure is not None
            assert (failure.status, failure.sub_status) == (502, 5)
            assert "was ended by SIGKILL" in failure.what
            assert "serving" in failure.detail
            s.pool.wanted()
            assert s.pool.entry.status == "failed"
            assert len(s.pids()) == 3

    run(main())


def test_an_app_that_exits_at_once_fails_with_its_last_lines_and_the_fix(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("exits_at_once"), tmp_path) as s:
            error = await s.pool.settled()
            assert error is not None
            assert error.what == "The process `app` does not start: it exited with code 1."
            assert "Add no-such-framework to requirements.txt" in error.fix
            assert error.detail.startswith("about to import\nTraceback")
            assert error.exit_code == 7
            assert s.pool.entry.failure is not None
            assert s.pool.entry.failure.status == 502
            assert len(s.pids()) == 1

    run(main())


def test_an_app_that_never_listens_is_ended_when_its_time_is_up(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("never_listens", seconds=1.0), tmp_path) as s:
            error = await s.pool.settled()
            assert error is not None
            assert error.what == "The process `app` did not answer within 1 s."
            assert "listens on no port" in error.found
            assert error.detail == "thinking"
            assert not psutil.pid_exists(s.pids()[0])

    run(main())


def test_an_app_that_listens_elsewhere_is_told_where(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("wrong_port", seconds=4.0), tmp_path) as s:
            error = await s.pool.settled()
            port = s.lines()[0].split()[-1]
            (note,) = [event for event in s.events if isinstance(event, Note)]
            assert f"listens on 127.0.0.1:{port}" in note.text  # long before the time was up
            assert error is not None
            assert f"It listens on 127.0.0.1:{port}" in error.found
            assert "%HTTP_PLATFORM_PORT%" in error.fix

    run(main())


@pytest.mark.alone
def test_an_app_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("ignores_sigterm"), tmp_path) as s:
            await s.pool.settled()
            begun = time.monotonic()
            await s.pool.stop(0.3)
            assert 0.3 <= time.monotonic() - begun < 2.0
        assert s.exits()[0].reason == "was ended by SIGKILL"

    run(main())


@pytest.mark.parametrize("crash", [False, True])
def test_what_an_app_started_ends_with_it(tmp_path: Path, crash: bool) -> None:
    """Even with another session, another parent, and SIGTERM ignored."""

    async def main() -> None:
        async with scene(platform("has_grandchild"), tmp_path) as s:
            await s.pool.settled()
            await until(lambda: any(line.startswith("orphan") for line in s.lines()))
            orphan = psutil.Process(int(next(n for n in s.lines() if n.startswith("orphan")).split()[1]))
            assert orphan.is_running()
            if crash:
                os.kill(s.pids()[0], signal.SIGKILL)
            else:
                await s.pool.stop(0.3)
            await until(lambda: not orphan.is_running())

    run(main())


def test_a_line_of_10_mb_is_cut_and_logged_whole(tmp_path: Path) -> None:
    async def main() -> None:
        log = tmp_path / "LogFiles" / "stdout"
        async with scene(platform("long_line", log=log), tmp_path) as s:
            await s.pool.settled()
            await until(lambda: "serving" in s.lines())
            cut, accent, _ = s.lines()
            assert len(cut) < 9000
            assert cut.endswith("more bytes]")
            assert accent == "caf\N{REPLACEMENT CHARACTER}"
        (written,) = log.parent.iterdir()
        assert written.name.startswith("stdout_20")
        assert written.name.endswith(f"_{s.pids()[0]}.log")
        assert written.read_bytes().startswith(b"x" * 10_000_000 + b"\ncaf\xe9\nserving\n")

    run(main())


def test_a_log_file_that_cannot_be_opened_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def main() -> None:
        async with scene(platform("answers", log=tmp_path / "file" / "stdout"), tmp_path) as s:
            assert await s.pool.settled() is None
        notes = [e for e in s.events if isinstance(e, Note)]
        assert [n.level for n in notes] == ["warning"]
        assert "runs on without" in notes[0].text

    run(main())


@pytest.mark.parametrize(
    ("words", "directory", "told"),
    [
        (("no-such-program", "x"), APPS, "there is no program no-such-program"),
        (("python", "x.py"), Path("/no/such/folder"), "there is no folder /no/such/folder"),
        ((str(APPS / "answers.py"),), APPS, "answers.py may not be used"),
        (("python", "a\0b"), APPS, "cannot be run"),
    ],
)
def test_a_program_that_cannot_be_run_is_told(
    tmp_path: Path, words: tuple[str, ...], directory: Path, told: str
) -> None:
    async def main() -> None:
        launch = replace(platform("answers"), words=words, directory=directory)
        async with scene(launch, tmp_path) as s:
            error = await s.pool.settled()
            assert error is not None
            assert told in error.what
            assert s.pids() == []

    run(main())


def test_a_pool_that_serves_on_tries_again_when_a_request_wants_it(tmp_path: Path) -> None:
    async def main() -> None:
        launch = platform("exits_at_once")
        launch = replace(launch, process=replace(launch.process, serve_on_failure=True))
        async with scene(launch, tmp_path) as s:
            assert await s.pool.settled() is not None
            s.pool.wanted()  # within the second: nothing
            assert len(s.pids()) == 1
            begun = time.monotonic()

            def again() -> bool:
                s.pool.wanted()
                return len(s.pids()) == 2

            await until(again)
            assert time.monotonic() - begun > 0.8

    run(main())


def test_a_stop_during_the_start_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(platform("never_listens"), tmp_path) as s:
            await until(lambda: len(s.pids()) == 1)

    run(main())


def test_dead_orphans_are_collected_but_no_child_that_somebody_waits_for() -> None:
    async def main() -> None:
        adopt_orphans()
        reaper = OrphanReaper()
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(7)")
        assert await child.wait() == 7
        code = "import os; os.fork() == 0 and (os.setsid(), print(os.getpid(), flush=True)); "
        middle = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await middle.communicate()
        orphan = int(output)
        await until(lambda: has_ended(orphan))
        collected: list[int | None] = []

        def orphan_was_collected() -> bool:  # maybe behind one that another test left
            collected.append(reaper.look())
            return orphan in collected

        await until(orphan_was_collected)
        assert not psutil.pid_exists(orphan)
        assert child.pid not in collected

    run(main())


def test_the_lifeline_ends_when_its_only_holder_lets_go() -> None:
    lifeline = Lifeline()
    with os.fdopen(os.dup(lifeline.reading), "rb") as end:
        lifeline.close()
        assert end.read() == b""


# FastCGI programs that are not ours


def program(app: str) -> Launch:
    words = ("python", f"{app}.py")
    process = Process("fastcgi:x", "program", "fastcgi", words, ".", foreign=Foreign(1, "apt install x"))
    return Launch(process, words, APPS, dict(os.environ), (), None, Path(sys.executable))


def test_a_program_has_its_socket_and_none_of_the_gateway_s_descriptors(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(program("program_slow"), tmp_path) as s:
            assert await s.pool.settled() is None
            entry = s.pool.entry
            assert (entry.status, entry.at_once, entry.keeps) == ("ready", 1, False)
            (pid,) = s.pids()
            assert set(os.listdir(f"/proc/{pid}/fd")) == {"0", "1", "2"}
            assert not [name for name in psutil.Process(pid).environ() if name.endswith("_FD")]

    run(main())


def test_a_program_that_answers_no_question_is_taken_when_it_has_run_for_a_while(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(program("program_silent"), tmp_path) as s:
            began = time.monotonic()
            assert await s.pool.settled() is None
            assert 1.5 < time.monotonic() - began < 10

    run(main())


def test_a_program_that_ends_in_good_order_is_replaced_as_often_as_it_does(tmp_path: Path) -> None:
    async def main() -> None:
        limits = replace(FAST, rapid_exits=1, shortest_life=0.01)
        async with scene(program("program_ends"), tmp_path, limits) as s:
            await until(lambda: len(s.exits()) >= 5)
            assert s.pool.entry.status != "failed"
            assert {e.reason for e in s.exits()} == {"exited with code 0"}

    run(main())


def test_a_program_that_is_not_there_says_what_to_type(tmp_path: Path) -> None:
    async def main() -> None:
        launch = replace(program("x"), words=("no-such-program",))
        async with scene(launch, tmp_path) as s:
            error = await s.pool.settled()
            assert error is not None
            assert "there is no program no-such-program" in error.what
            assert error.fix == "apt install x"

    run(main())
