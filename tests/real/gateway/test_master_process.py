"""The master and its workers as processes: start, death, stop, lifelines, logs, and who is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from webstead.formats.fastcgi.client import Body, End, Head

from .conftest import SECONDS
from .master_harness import SOURCE, WHOLE, MasterProcess, Steady

Start = Callable[..., MasterProcess]


@pytest.fixture
def master(folder: Path) -> Iterator[Start]:
    """Start a master: master(workers, words…). All are killed at the end of the test."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(MasterProcess(folder, *args, **kwargs))


def test_all_workers_answer_and_a_stop_ends_them_all(master: Start) -> None:
    gateway = master(3)
    gateway.serving(3)
    pids: set[int] = set()
    with ExitStack() as stack:
        while len(pids) < 2:  # one that holds a connection may take the next one, too
            answer = stack.enter_context(gateway.peer()).get("/")
            pids.add(int(answer.body.split()[1]))
    assert pids <= gateway.workers()
    gateway.signal()
    assert gateway.end() == 0
    assert not gateway.path.exists()
    assert "warning" not in gateway.output


def test_an_app_that_cannot_be_loaded_is_told_once(master: Start, folder: Path) -> None:
    (folder / "site_of_test.py").write_text("import no_such_package\n")
    gateway = master(3)
    assert gateway.end() == 71
    assert gateway.output.count("No module named 'no_such_package'") == 2  # found:, and the traceback
    assert gateway.output.count("error: ") == 1
    assert not gateway.path.exists()


def test_an_app_that_ends_the_process_while_it_loads_is_told(master: Start, folder: Path) -> None:
    (folder / "site_of_test.py").write_text("import os\nos._exit(33)\n")
    gateway = master(2)
    assert gateway.end() == 33
    assert gateway.output.count("the worker ended with exit code 33 before the app was loaded") == 1


@pytest.mark.alone
def test_a_killed_worker_has_a_successor_at_once(master: Start) -> None:
    gateway = master(1)
    gateway.serving(1)
    (first,) = gateway.workers()
    began = time.monotonic()
    os.kill(first, signal.SIGKILL)
    answer = gateway.get()  # waits in the backlog until the successor accepts
    assert WHOLE.match(answer.body)
    assert time.monotonic() - began < 5
    assert int(answer.body.split()[1]) != first
    gateway.expect(f"worker {first} ended: SIGKILL")


def test_a_stop_lets_requests_finish(master: Start, folder: Path) -> None:
    os.mkfifo(folder / "go")
    gateway = master(2)
    gateway.serving()
    with gateway.peer() as peer:
        peer.ask("/slow")
        assert type(peer.event()) is Head
        assert peer.event() == Body(b"begun ")
        gateway.signal()
        (folder / "go").write_text("")
        assert [peer.event(), peer.event(), peer.event()] == [Body(b"finished"), End(0, 0), None]
    assert gateway.end() == 0


def test_what_waits_to_be_accepted_at_a_stop_is_answered(master: Start, folder: Path) -> None:
    """The only worker is busy: the next connection has not been accepted when SIGTERM comes."""
    os.mkfifo(folder / "go")
    gateway = master(1)
    gateway.serving(1)
    with gateway.peer() as busy, gateway.peer() as waiting:
        busy.ask("/slow", keep=False)
        assert type(busy.event()) is Head
        waiting.ask("/", keep=False)
        gateway.signal()
        (folder / "go").write_text("")
        assert WHOLE.match(waiting.answer().body)
    assert gateway.end() == 0


def test_a_second_signal_ends_it_at_once(master: Start, folder: Path) -> None:
    os.mkfifo(folder / "go")
    gateway = master(2)
    gateway.serving()
    with gateway.peer() as peer:
        peer.ask("/slow")
        assert type(peer.event()) is Head
        gateway.signal(signal.SIGINT)
        assert gateway.until(lambda: not gateway.path.exists())
        gateway.signal(signal.SIGINT)
        assert gateway.end(5) == 128 + signal.SIGINT


def test_requests_that_do_not_finish_end_with_the_grace(master: Start) -> None:
    gateway = master(2, ["--grace=0.2"])
    gateway.serving()
    with gateway.peer() as peer:
        peer.ask("/stuck", keep=False)
        assert gateway.get().status == 200  # the other one; the first has read its request by now
        gateway.signal()
        assert peer.answer().end is None
    assert gateway.end() == 0
    assert "did not finish within 0.2 s" in gateway.output


def test_a_worker_that_cannot_even_end_itself_is_killed(master: Start) -> None:
    gateway = master(1, ["--grace=0.2"])
    gateway.serving(1)
    with gateway.peer() as peer:
        peer.ask("/frozen", keep=False)
        (pid,) = gateway.workers()
        frozen = psutil.Process(pid)
        assert gateway.until(lambda: frozen.status() == psutil.STATUS_STOPPED)
        gateway.signal()
        assert gateway.end() == 0
    assert f"worker {pid} did not end in its grace; killed" in gateway.output


def test_workers_do_not_outlive_a_killed_master(master: Start) -> None:
    gateway = master(3)
    gateway.serving(3)
    workers = [psutil.Process(pid) for pid in gateway.workers()]
    assert len(workers) == 3
    gateway.signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=SECONDS)
    assert alive == []


def test_workers_that_still_load_do_not_outlive_a_killed_master(master: Start, folder: Path) -> None:
    os.mkfifo(folder / "gate")
    (folder / "site_of_test.py").write_text("print('loading', flush=True)\nopen('gate').read()\n")
    gateway = master(2)
    gateway.expect("loading", 2)
    gateway.signal(signal.SIGKILL)
    assert gateway.end() == -signal.SIGKILL


def test_a_stop_while_workers_load_ends_it(master: Start, folder: Path) -> None:
    os.mkfifo(folder / "gate")
    (folder / "site_of_test.py").write_text("print('loading', flush=True)\nopen('gate').read()\n")
    gateway = master(2)
    gateway.expect("loading", 2)
    gateway.signal()
    assert gateway.end() == 0
    assert "error" not in gateway.output


def test_it_does_not_outlive_its_lifeline(master: Start) -> None:
    holding, lifeline = os.pipe()
    gateway = master(2, env={"WEBSTEAD_LIFELINE_FD": str(holding)}, pass_fds=(holding,))
    os.close(holding)
    gateway.serving()
    os.close(lifeline)
    assert gateway.end() == 0


def test_signals_to_the_whole_group_stop_it_in_order(master: Start) -> None:
    """As Ctrl+C does: the workers get the signal, too, and no successor is started for them."""
    words = [sys.executable, "-c", "import os, sys; os.setpgid(0, 0); os.execv(sys.argv[1], sys.argv[1:])"]
    gateway = master(3, prefix=(*words, sys.executable))
    gateway.serving(3)
    os.killpg(gateway.process.pid, signal.SIGUSR1)
    assert gateway.get().status == 200
    os.killpg(gateway.process.pid, signal.SIGINT)
    assert gateway.end() == 0
    assert "ended:" not in gateway.output
    assert "killed" not in gateway.output
    assert "warning" not in gateway.output
    assert gateway.output.count("serves") == 3


def test_a_log_file_that_was_moved_away_is_opened_again(master: Start, folder: Path) -> None:
    log = folder / "gateway.log"
    gateway = master(1, [f"--log={log}"])
    gateway.serving(1)
    log.rename(folder / "gateway.log.1")
    gateway.signal(signal.SIGUSR1)
    assert gateway.until(log.exists)
    (worker,) = gateway.workers()
    os.kill(worker, signal.SIGKILL)
    gateway.serving(2)
    assert f"worker {worker} ended: SIGKILL" in log.read_text()
    assert "ended" not in (folder / "gateway.log.1").read_text()


def test_a_worker_ends_by_itself_and_is_replaced(master: Start) -> None:
    """SIGTERM to a worker is no stop of the whole: its requests finish, a successor comes."""
    gateway = master(1)
    gateway.serving(1)
    (first,) = gateway.workers()
    os.kill(first, signal.SIGTERM)
    gateway.serving(2)
    assert gateway.workers().isdisjoint({first})


class Listener:
    """What systemd is to a service."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(SECONDS)
        self.socket.bind(address)

    def next(self) -> dict[str, str]:
        lines = self.socket.recv(4096).decode().split("\n")
        return dict(line.split("=", 1) for line in lines)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_systemd_is_told(master: Start, folder: Path, abstract: bool) -> None:
    name = str(folder / "notify")
    with Listener(f"\0{name}" if abstract else name) as systemd:
        gateway = master(2, env={"NOTIFY_SOCKET": f"@{name}" if abstract else name})
        assert systemd.next() == {"READY": "1", "STATUS": "2 workers"}
        assert "NOTIFY_SOCKET" not in gateway.get("/environ").text.split()
        gateway.serving()
        before = time.monotonic()
        gateway.signal(signal.SIGHUP)
        told = systemd.next()
        assert told.pop("MONOTONIC_USEC").isdigit()
        assert told == {"RELOADING": "1", "STATUS": "reloading"}
        assert time.monotonic() >= before
        assert systemd.next() == {"READY": "1", "STATUS": "2 workers"}
        gateway.change("VERSION = ", "VERSION == ")
        gateway.signal(signal.SIGHUP)
        assert systemd.next()["RELOADING"] == "1"
        told = systemd.next()
        assert told["READY"] == "1"
        assert told["STATUS"].startswith("reload failed, nothing changed: worker ")
        gateway.signal()
        assert systemd.next() == {"STOPPING": "1", "STATUS": "stopping"}
        assert gateway.end() == 0


def test_systemds_watchdog_is_kept_quiet(master: Start, folder: Path) -> None:
    name = str(folder / "notify")
    with Listener(name) as systemd:
        gateway = master(1, env={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "100000"})
        seen = [systemd.next() for _ in range(8)]
        assert {"READY": "1", "STATUS": "1 worker"} in seen
        assert seen.count({"WATCHDOG": "1"}) == 7
        gateway.signal()
        assert gateway.end() == 0


def test_a_service_manager_that_is_gone_is_no_reason_to_end(master: Start, folder: Path) -> None:
    gateway = master(1, env={"NOTIFY_SOCKET": str(folder / "nobody")})
    gateway.serving(1)
    assert gateway.get().status == 200


def test_it_serves_the_socket_that_systemd_opened(master: Start, folder: Path) -> None:
    """What was sent before the start waits in the backlog; the socket stays when the gateway has ended."""
    launcher = (
        "import os, sys; os.dup2(int(sys.argv[1]), 3); "
        "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid())); os.execv(sys.argv[2], sys.argv[2:])"
    )
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "s"))
        listening.listen()
        number = listening.fileno()
        prefix = (sys.executable, "-c", launcher, str(number), sys.executable)
        gateway = master(2, pass_fds=(number, 3) if number != 3 else (3,), prefix=prefix, bind="fd:3")
        assert WHOLE.match(gateway.get().body)
        names = gateway.get("/environ").text.split()
        assert [name for name in names if name.startswith("LISTEN_")] == []
        gateway.signal()
        assert gateway.end() == 0
        with gateway.peer() as waiting:
            waiting.ask("/", keep=False)
            again = master(1, pass_fds=(number,), prefix=prefix, bind="fd:3")
            assert WHOLE.match(waiting.answer().body)
            again.signal()
            assert again.end() == 0


def test_no_descriptor_of_the_master_reaches_what_the_app_starts(master: Start, folder: Path) -> None:
    (folder / "site_of_test.py").write_text(
        "import subprocess, sys\n"
        "words = [sys.executable, '-c', 'import os; print(sorted(os.listdir(\"/proc/self/fd\")))']\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [subprocess.run(words, stdout=subprocess.PIPE, close_fds=False).stdout]\n"
    )
    gateway = master(2)
    gateway.serving()
    assert gateway.get().text.strip() == "['0', '1', '2', '3']"  # 3 is the listing itself


def test_an_idle_master_sleeps(master: Start) -> None:
    gateway = master(1)
    gateway.serving(1)
    status = Path(f"/proc/{gateway.process.pid}/status")

    def switches() -> int:
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))

    def still() -> bool:
        before = switches()
        with gateway.peer() as peer:
            for _ in range(50):
                assert peer.get("/").status == 200
        return switches() == before

    assert gateway.until(still)


@pytest.mark.needs("pypy3")
def test_pypy_runs_it(master: Start) -> None:
    gateway = master(2, prefix=("pypy3",))
    gateway.serving()
    with Steady(gateway.path, keeping=1, fresh=1) as clients:
        clients.more(50)
        gateway.change('VERSION = "one"', 'VERSION = "two"')
        gateway.signal(signal.SIGHUP)
        gateway.expect("reloaded")
        clients.more(50)
    assert clients.failures == []
    gateway.signal()
    assert gateway.end() == 0


WITHOUT_UNIX = """
import os, select, signal, socket, sys
for name in ("resource", "termios", "syslog"):
    sys.modules[name] = None
for module, names in (
    (os, ("fork", "register_at_fork", "waitpid", "WNOHANG", "sysconf", "geteuid")),
    (select, ("poll", "epoll", "EPOLLIN")),
    (signal, ("SIGHUP", "SIGUSR1", "SIGCHLD", "SIGKILL", "pthread_sigmask")),
    (socket, ("AF_UNIX", "socketpair")),
):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
from webstead.gateway.processes import control, fork, master, memory, messages, ready, recycle, roster
from webstead.gateway.processes import signal_pipe, stacks, watchdog
from webstead.gateway.failure import StartFailure
from webstead.gateway.observe.log import Log
control.reopen_on_signal(lambda: None)
assert ready.notifier_of({"NOTIFY_SOCKET": "/x"}, 1).ready("x") is False
solo = control.SoloControl(Log())
stopped = []
solo.watch(lambda: stopped.append(1), lambda: None)
solo.loaded()
solo.retire("a"); solo.retire("b")
assert stopped == [1]
early = control.SoloControl(Log())
early.watch(lambda: stopped.append(2), lambda: None)
early.retire("a"); early.retire("b")
assert stopped == [1]
early.loaded()
assert stopped == [1, 2]
try:
    fork.require_fork()
except StartFailure as failure:
    print(failure.code, failure.what)
"""


def test_where_there_is_no_fork_it_can_be_imported_and_says_so() -> None:
    """The names that Windows does not have are taken away; Windows itself is another matter."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_UNIX],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stdout == "64 There are no workers on this system.\n", done.stderr
