"""One running process of a pool: a gateway or another FastCGI program behind its socket, or a platform
process with its port.

With a program that is not ours (`Process.foreign`) nothing is agreed but the FastCGI specification: its
listening socket is fd 0. It ends like a platform process, by the death signal, and may end in good order by
itself.

Agreements with the gateway, by inherited file descriptors whose numbers are in its environment:
- fd 0 is its listening socket, which the supervisor keeps: connections wait in its queue while instances
  change.
- WEBSTEAD_LIFELINE_FD reads end-of-file when the supervisor is gone, however it went: the gateway then stops
  itself.
- WEBSTEAD_REPORT_FD takes one JSON line: `{"loaded": true}`, or what, found, fix, detail of why the app does
  not load.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import EINVAL
from pathlib import Path
from subprocess import SubprocessError

from webstead.errors import StartError
from webstead.events import AppOutput, Emit, InstanceExited, InstanceStarted, Note
from webstead.host.confinement import acting_as, check, entrance, identity, keeps_out, stranger_to
from webstead.host.failure import (
    exit_failure,
    exit_phrase,
    report_failure,
    spawn_failure,
    stranger_failure,
    timeout_failure,
)
from webstead.host.isolation import TAG, end_all, family, on_fork, signal_group, still_running, tag_of
from webstead.host.launch import Launch, asked_port, child_environment, start_words
from webstead.host.lines import Tail
from webstead.host.listen import free_port
from webstead.host.logfile import KEPT, LogFile, log_name, remove_oldest
from webstead.host.output import Collector, OutputPipe, open_pipe
from webstead.host.probe import listening_ports, probe_fastcgi, probe_http, probe_program
from webstead.host.seat import SocketSeat

__all__ = ["Instance", "InstanceRunner", "Lifeline"]

_LOOK_SECONDS = 0.05
_LAST_WORDS_SECONDS = 0.5
_OTHER_PORT_SECONDS = 3.0


class Lifeline:
    """A pipe whose writing end this process alone holds: the readers see its end when we are gone."""

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()

    def close(self) -> None:
        os.close(self._writing)
        os.close(self.reading)


@dataclass(slots=True)
class InstanceRunner:
    """Starts the instances of one slot, one after the other. seat: for gateways; lifeline: the
    supervisor's."""

    launch: Launch
    name: str
    seat: SocketSeat | None
    lifeline: Lifeline
    emit: Emit

    @property
    def is_gateway(self) -> bool:
        return self.seat is not None and self.launch.process.foreign is None

    @property
    def startup_seconds(self) -> float:
        return self.launch.process.startup_seconds

    async def start(self) -> Instance:
        """Raises StartError when the program cannot be run at all."""
        port = None if self.seat else asked_port(self.launch) or free_port()
        instance = Instance(self, port)
        await instance.spawn()
        return instance


class Instance:
    """A process from its start to its end. address: as in the site table."""

    def __init__(self, runner: InstanceRunner, port: int | None) -> None:
        self.address = runner.seat.address if runner.seat else f"127.0.0.1:{port}"
        self.pid = 0
        self._runner = runner
        self._port = port
        self._tag = tag_of(runner.name)
        self._stopping = False
        self._tail = Tail()
        self._log: LogFile | None = None
        self._report = Collector()
        self._pipes = [self._output("stdout"), self._output("stderr"), OutputPipe(self._report)]
        self._command = ""
        self._process: asyncio.subprocess.Process | None = None

    def _output(self, stream: str) -> OutputPipe:
        def told(line: str) -> None:
            self._tail.add(line)
            self._runner.emit(AppOutput(self._runner.name, stream, line))

        return open_pipe(told, self._logged)

    def _logged(self, data: bytes) -> None:
        if self._log:
            self._log.write(data)

    async def spawn(self) -> None:
        launch, name = self._runner.launch, self._runner.name
        environment = child_environment(launch, port=self._port, extra=self._own_variables())
        words = start_words(launch, environment)
        self._command = shlex.join(words)
        try:
            self._process = await self._execute(words, launch.directory, environment)
        except (OSError, ValueError, SubprocessError, StartError) as error:
            for pipe in self._pipes:
                pipe.discard()
            raise self._cannot_start(words, error) from None
        self.pid = self._process.pid
        if launch.log_file:
            self._open_log(launch.log_file)
        self._runner.emit(InstanceStarted(name, self.pid, self._command))
        for pipe in self._pipes:
            await pipe.attach()

    def _cannot_start(self, words: tuple[str, ...], error: Exception) -> StartError:
        """What it says of an error of the system."""
        launch = self._runner.launch
        if isinstance(error, StartError):
            return error
        if isinstance(error, SubprocessError) and launch.confinement.cgroup is not None:
            return keeps_out(launch.confinement.cgroup, "The system does not take the process in.")
        if isinstance(error, PermissionError) and (at := stranger_to(Path(words[0]), launch.confinement)):
            return stranger_failure(self._runner.name, words[0], at, launch.confinement.user)
        known = error if isinstance(error, OSError) else OSError(EINVAL, str(error))  # a NUL in a word
        foreign = launch.process.foreign
        return spawn_failure(self._runner.name, words, known, foreign.install if foreign else "")

    def _open_log(self, prefix: Path) -> None:
        launch = self._runner.launch
        path = log_name(prefix, datetime.now(UTC), self.pid)
        self._log = LogFile(path, self._runner.emit, confinement=launch.confinement)
        with acting_as(launch.confinement):
            remove_oldest(prefix, KEPT + 2 * launch.process.instances)  # as many may run, or start

    def _own_variables(self) -> dict[str, str]:
        own = {TAG: self._tag}
        if self._runner.is_gateway:
            own["WEBSTEAD_LIFELINE_FD"] = str(self._runner.lifeline.reading)
            own["WEBSTEAD_REPORT_FD"] = str(self._pipes[2].writing)
        return own

    async def _execute(
        self, words: tuple[str, ...], directory: Path, environment: dict[str, str]
    ) -> asyncio.subprocess.Process:
        stdout, stderr, report = self._pipes
        seat, confinement = self._runner.seat, self._runner.launch.confinement
        check(confinement)
        if confinement.user is not None:
            for pipe in (stdout, stderr):  # else /dev/stdout could not be opened
                os.fchown(pipe.writing, confinement.user, -1)
        with entrance(confinement) as group:
            return await asyncio.create_subprocess_exec(
                *words,
                cwd=directory,
                env=environment,
                stdin=seat.listener.fileno() if seat else asyncio.subprocess.DEVNULL,
                stdout=stdout.writing,
                stderr=stderr.writing,
                pass_fds=(self._runner.lifeline.reading, report.writing) if self._runner.is_gateway else (),
                start_new_session=True,
                preexec_fn=on_fork(group),
                **identity(confinement),
            )

    async def answered(self) -> None:
        seat = self._runner.seat
        if seat:
            await (probe_fastcgi if self._runner.is_gateway else probe_program)(seat.path)
        elif self._port:
            telling = asyncio.create_task(self._tell_of_other_ports(self._port))
            try:
                await probe_http(self._port)
            finally:
                telling.cancel()

    async def _tell_of_other_ports(self, port: int) -> None:
        """Once it has listened elsewhere for a while, say so: it may be about to open its port, but mostly
        that is a fixed port in the app, and nobody should have to wait for the time-out to read of it."""
        listening: list[tuple[str, int]] = []
        while not listening or any(number == port for _, number in listening):
            await asyncio.sleep(_OTHER_PORT_SECONDS)
            listening = listening_ports(self.pid)
        others = ", ".join(f"{host}:{number}" for host, number in listening)
        text = f"{self._runner.name} listens on {others}; it was given port {port} in PORT, and is waited for"
        self._runner.emit(Note("warning", text))

    async def exited(self) -> None:
        if self._process:
            await self._process.wait()

    async def stop(self, grace: float) -> None:
        """SIGTERM to the group; what still runs of it and of its descendants after `grace` seconds is
        killed."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        relatives = family(self.pid, self._tag)
        if not self._stopping:  # a gateway takes a second one for a hurry
            self._signal(signal.SIGTERM)
        self._stopping = True
        while self._runs() or still_running(relatives):
            if loop.time() >= deadline:
                self._signal(signal.SIGKILL)
                await end_all(relatives)
                break
            await asyncio.sleep(_LOOK_SECONDS)
        await self.exited()

    def show_stacks(self) -> None:
        """A gateway writes where each of its threads is to its standard error."""
        if self._runner.is_gateway and self._runs():
            os.kill(self.pid, signal.SIGUSR2)

    def _runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def _signal(self, number: signal.Signals) -> None:
        if self._runs():  # else the number may be another's by now
            signal_group(self.pid, number)

    def late(self) -> StartError:
        listening = listening_ports(self.pid)
        seconds = self._runner.startup_seconds
        return timeout_failure(self._runner.name, seconds, self._port, listening, self._tail())

    async def autopsy(self, *, was_ready: bool) -> StartError | None:
        await end_all(family(self.pid, self._tag))
        for pipe in self._pipes:
            await pipe.finish(_LAST_WORDS_SECONDS)
        if self._log:
            self._log.close()
        name = self._runner.name
        code = self._process.returncode if self._process else None
        code = code if code is not None else 0
        self._runner.emit(InstanceExited(name, self.pid, exit_phrase(code), self._stopping))
        if was_ready and code == 0 and self._runner.launch.process.foreign:
            return None
        reported = None if was_ready else report_failure(self._report.data, self._tail())
        return reported or exit_failure(name, self._command, code, self._tail(), was_ready=was_ready)
