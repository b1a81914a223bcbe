"""The process that owns the listening socket: it starts workers, watches them, and never runs the app.

Each worker loads the app after the fork, so that a reload reads the changed files. What happens next is
decided in `roster`; here it is done.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from time import monotonic
from typing import Callable

from webstead.gateway.failure import BAD_APP, StartFailure
from webstead.gateway.observe.log import Log
from webstead.gateway.processes.control import Control, WorkerControl
from webstead.gateway.processes.fork import Child, describe, exit_code, fork_worker, require_fork
from webstead.gateway.processes.messages import Failed, Garbage, HandedOver, Loaded, Message, Retire
from webstead.gateway.processes.ready import Notifier
from webstead.gateway.processes.roster import Action, Announce, Kill, Leave, Roster, Start, Tell
from webstead.gateway.processes.signal_pipe import SignalPipe
from webstead.gateway.stopping import GRACE_SECONDS
from webstead.gateway.transport.listen import Listener

__all__ = ["Master"]


SECONDS_BETWEEN_OFFERS = 0.1
"""While a connection that was handed over has found nobody to take it."""


class Master:
    """work: what a worker does with its Control; returns the worker's exit code, and raises StartFailure when
    it cannot serve. on_loaded: called once, when the first worker serves. on_reopen: opens the log files
    again. lifeline: a descriptor whose end means that who started us is gone.
    """

    def __init__(
        self,
        listener: Listener,
        workers: int,
        work: Callable[[Control], int],
        log: Log,
        *,
        grace: float = GRACE_SECONDS,
        notifier: Notifier | None = None,
        on_loaded: Callable[[], object] = lambda: None,
        on_reopen: Callable[[], None] = lambda: None,
        lifeline: int | None = None,
    ) -> None:
        """Raises StartFailure (BAD_USAGE) where there is no fork."""
        require_fork()
        self._listener = listener
        self._work = work
        self._log = log
        self._notifier = notifier or Notifier()
        self._on_loaded = on_loaded
        self._on_reopen = on_reopen
        self._lifeline = lifeline
        self._roster = Roster(workers, grace)
        self._children: dict[int, Child] = {}
        self._failures: dict[int, StartFailure] = {}
        self._failure: StartFailure | None = None
        self._homeless: list[socket.socket] = []
        self._turn = 0
        self._signals = SignalPipe()
        self._poll = select.poll()
        self._seen: set[int] = set()
        self._code = 0
        self._opened = False

    def run(self) -> int:
        """Returns the exit code when all workers have ended. Returns IN EACH WORKER too, what work returned:
        both have only to leave the process with it. Raises StartFailure when the app cannot be loaded at
        start: the first worker's.
        """
        self._signals.open()
        self._poll.register(self._signals.fileno(), select.POLLIN)
        if self._lifeline is not None:
            self._poll.register(self._lifeline, select.POLLIN)
        actions = self._roster.begin(monotonic())
        while True:
            control = self._perform(actions)
            if control is not None:
                return control.run(self._work)
            self._place()
            if self._roster.over:
                return self._finish()
            actions = self._wait()

    def _wait(self) -> list[Action]:
        """What is to be done after the next thing that happens."""
        seconds = min(self._roster.next_time() - monotonic(), self._notifier.keep_alive())
        if self._homeless:
            seconds = min(seconds, SECONDS_BETWEEN_OFFERS)
        ready = self._poll.poll(None if seconds == float("inf") else max(0.0, seconds) * 1000)
        actions: list[Action] = []
        for fd, _ in ready:  # in the order of registration: signals first
            if fd == self._signals.fileno():
                for number in self._signals.read():
                    actions += self._signalled(number)
            elif fd == self._lifeline:
                actions += self._lifeline_ended()
            else:
                child = next((child for child in self._children.values() if child.fileno() == fd), None)
                actions += self._listen_to(child) if child is not None else []
        if self._roster.next_time() <= monotonic():
            actions += self._roster.tick(monotonic())
        return actions

    def _signalled(self, number: int) -> list[Action]:
        if number == signal.SIGCHLD:
            return self._reap()
        if number == signal.SIGHUP:
            return self._roster.reload(monotonic())
        if number == signal.SIGUSR1:
            self._reopen()
            return []
        if number in self._seen:
            self._code = 128 + number
            return self._roster.kill()
        self._seen.add(number)
        return self._roster.stop(monotonic())

    def _reopen(self) -> None:
        self._on_reopen()
        for child in self._children.values():
            child.reopen()

    def _lifeline_ended(self) -> list[Action]:
        if self._lifeline is None or os.read(self._lifeline, 64):
            return []
        self._poll.unregister(self._lifeline)
        self._lifeline = None
        return self._roster.stop(monotonic())

    def _reap(self) -> list[Action]:
        """All that have ended: of several SIGCHLD one arrives. As process 1 of a container we also get
        orphans, which are nothing to us.
        """
        actions: list[Action] = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return actions
            if pid == 0:
                return actions
            child = self._children.get(pid)
            if child is not None:
                actions += self._ended(child, status)

    def _place(self) -> None:
        """Give connections that a leaving worker handed over to the others in turn; keep them while none
        serves.
        """
        if self._roster.phase == "stopping":
            while self._homeless:
                with self._homeless.pop() as connection, contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)  # what the app forked may hold it, too
        takers = self._roster.takers
        while self._homeless and takers:
            self._turn += 1
            at = self._turn % len(takers)
            connection = self._homeless[-1]
            if not any(self._children[pid].adopt(connection) for pid in takers[at:] + takers[:at]):
                return  # they are about to end: we shall hear of it
            self._homeless.pop().close()

    def _ended(self, child: Child, status: int) -> list[Action]:
        actions = self._listen_to(child)  # its last words, before anything is decided
        self._forget(child)
        del self._children[child.pid]
        leaving = self._roster.workers[child.pid].state == "leaving"
        actions += self._roster.happened(child.pid, "exited", monotonic(), describe(status))
        failure = self._failures.pop(child.pid, None)
        if child.pid == self._roster.culprit:
            self._failure = failure or _silent_failure(status)
        elif failure is not None and not leaving:  # of those that fail together, the first one tells it
            self._log.line(failure.as_text().rstrip())
        return actions

    def _listen_to(self, child: Child) -> list[Action]:
        messages, connections, more = child.read()
        self._homeless += connections
        if not more:
            self._forget(child)
        return [action for message in messages for action in self._heard(child, message)]

    def _forget(self, child: Child) -> None:
        """Poll it no more. Its channel may end before it does, when the app closes descriptors."""
        if child.fileno() >= 0:
            self._poll.unregister(child.fileno())
            child.close()

    def _heard(self, child: Child, message: Message) -> list[Action]:
        if isinstance(message, Loaded):
            return self._roster.happened(child.pid, "loaded", monotonic())
        if isinstance(message, Retire):
            return self._roster.happened(child.pid, "retire", monotonic(), message.reason)
        if isinstance(message, HandedOver):
            return self._roster.happened(child.pid, "ends", monotonic())
        if isinstance(message, Failed):
            self._failures[child.pid] = message.failure
        if isinstance(message, Garbage):
            self._log.line(f"warning: worker {child.pid} said what is no message: {message.found}")
        return []

    def _perform(self, actions: list[Action]) -> WorkerControl | None:
        """In a worker that was just forked: its Control."""
        waiting = list(actions)
        while waiting:
            action = waiting.pop(0)
            if isinstance(action, Start):
                control = self._start(action.generation, waiting)
                if control is not None:
                    return control
            elif isinstance(action, Tell):
                self._log.line(action.text)
            elif isinstance(action, Announce):
                self._announce(action)
            else:
                self._end(action)
        return None

    def _start(self, generation: int, waiting: list[Action]) -> WorkerControl | None:
        try:
            forked = fork_worker(self._signals, [*self._children.values(), *self._homeless])
        except OSError as error:
            waiting += self._roster.not_started(generation, str(error), monotonic())
            return None
        if isinstance(forked, WorkerControl):
            return forked
        self._children[forked.pid] = forked
        self._poll.register(forked.fileno(), select.POLLIN)
        waiting += self._roster.started(forked.pid, generation, monotonic())
        return None

    def _end(self, action: Leave | Kill) -> None:
        child = self._children.get(action.pid)
        if child is not None:
            child.kill(signal.SIGTERM if isinstance(action, Leave) else signal.SIGKILL)

    def _announce(self, action: Announce) -> None:
        if action.state == "reloading":
            self._notifier.reloading(action.text)
        elif action.state == "stopping":
            self._notifier.stopping(action.text)
            self._listener.close()  # the workers accept what waits, and close theirs
        else:
            self._notifier.ready(action.text)
            if not self._opened:
                self._opened = True
                self._on_loaded()

    def _finish(self) -> int:
        self._signals.close()
        if self._failure is not None:
            raise self._failure
        return self._code


def _silent_failure(status: int) -> StartFailure:
    found = f"the worker ended with {describe(status)} before the app was loaded"
    fix = "Look at what it printed; to see it fail alone, start it with --workers 0."
    return StartFailure(exit_code(status) or BAD_APP, "The app could not be loaded.", found, fix)
