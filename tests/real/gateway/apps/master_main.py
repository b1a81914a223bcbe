"""A main for the tests of the master: as gateway/main.py wires it, with a ticket around each request.

Words: SOCKET WORKERS TARGET, then NAME=VALUE: grace, log, timeout, memory, most, jitter, lifeline, exclusive.
"""

import os
import random
import select
import socket
import sys

from webstead.gateway.control import SoloControl
from webstead.gateway.engine import Engine
from webstead.gateway.environ import own_values
from webstead.gateway.failure import StartFailure
from webstead.gateway.listen import open_listener
from webstead.gateway.loader import load
from webstead.gateway.log import Log
from webstead.gateway.master import Master
from webstead.gateway.memory import memory_reader
from webstead.gateway.observation import Observation, Ticket
from webstead.gateway.poller import EpollPoller, best_poller
from webstead.gateway.ready import activated_descriptors, notifier_of
from webstead.gateway.recycle import MemoryLimit, RequestLimit, draw_limit
from webstead.gateway.runner import Runner
from webstead.gateway.stopping import Stop
from webstead.gateway.watchdog import RequestTimeLimit, Watchdog


class Observed:
    """A Runner that keeps its running requests, and counts."""

    def __init__(self, runner, observation):
        self._runner = runner
        self._observation = observation
        self.refuse = runner.refuse

    def __call__(self, connection, request):
        ticket = Ticket(request.params, lambda: connection.socket.shutdown(2))
        self._observation.begin(ticket)
        try:
            self._runner(connection, request)
        finally:
            self._observation.end(ticket, 200, 0, 0)


class OnceStop(Stop):
    """Ctrl+C reaches the workers, and then the master tells them once more: that must not cut requests."""

    _begun = False

    def _begin(self):
        if not self._begun:
            self._begun = True
            super()._begin()


class ExclusivePoller(EpollPoller):
    """Of several processes that poll one listening socket, one wakes up."""

    def add(self, fd):
        with socket.socket(fileno=os.dup(fd)) as candidate:
            listens = candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        self._epoll.register(fd, select.EPOLLIN | (select.EPOLLEXCLUSIVE if listens else 0))


def main(path, workers, target, *words):
    values = dict(word.split("=", 1) for word in words)
    notifier = notifier_of(os.environ, os.getpid())
    activated = activated_descriptors(os.environ, os.getpid())
    grace = float(values.get("grace", "10"))
    log = Log(values.get("log", ""))
    listener = open_listener(f"fd:{activated[0]}" if activated else f"unix:{path}", os.environ)
    sys.path.insert(0, os.getcwd())

    def work(control):
        stop = OnceStop(abandon=listener.close, grace=grace)
        stop.on_signals()
        control.watch(stop._begin, log.reopen, lambda connection: engine.adopt(connection))
        app = load(target, os.environ)
        most = draw_limit(
            int(values.get("most", "1000000000")),
            int(values["jitter"]) if "jitter" in values else None,
            random.Random(),
        )
        observation = Observation([RequestLimit(most, control.retire)])
        runner = Observed(Runner(app, own_values(1), log), observation)
        poller = ExclusivePoller() if "exclusive" in values else best_poller()
        engine = Engine(
            listener, runner, poller, int(values.get("threads", "1")), hand_over=control.hand_over
        )
        stop.action = engine.stop
        stop.watch_grace()
        checks = []
        if "timeout" in values:
            checks.append(RequestTimeLimit(observation.active, float(values["timeout"]), log, control.retire))
        if "memory" in values:
            checks.append(MemoryLimit(int(values["memory"]), memory_reader(), control.retire))
        if checks:
            Watchdog(checks, log, seconds=0.05).start()
        control.loaded()
        engine.run()
        return 0

    try:
        if int(workers):
            lifeline = int(values["lifeline"]) if "lifeline" in values else None
            return Master(
                listener,
                int(workers),
                work,
                log,
                grace=grace,
                notifier=notifier,
                on_reopen=log.reopen,
                lifeline=lifeline,
            ).run()
        return work(SoloControl(log, lambda: log.line("this process serves")))
    except StartFailure as failure:
        sys.stderr.write(failure.as_text())
        return failure.code
    finally:
        listener.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
