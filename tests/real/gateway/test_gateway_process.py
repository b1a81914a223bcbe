"""The process: where it listens, how it stops, and that its threads are worth having."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from webstead.formats.fastcgi.client import Body, End, Head, stdin

from .conftest import APPS, GATEWAY, SECONDS, Gateway, Peer, short_folder

Start = Callable[..., Gateway]


def test_the_socket_is_for_its_owner_only(start: Start) -> None:
    assert start("pages:app").path.stat().st_mode & 0o777 == 0o600


def test_a_socket_left_by_a_dead_process_is_replaced(start: Start, folder: Path) -> None:
    first = start("pages:app")
    first.process.kill()
    first.process.wait(SECONDS)
    assert first.path.exists()
    assert start("pages:app").get("/hello").text == "hello"


def test_a_socket_in_use_is_refused_and_left_alone(start: Start) -> None:
    first = start("pages:app")
    second = start("pages:app")
    assert second.end() == 69
    assert "Address already in use" in second.report["found"]
    assert first.get("/hello").text == "hello"


def test_a_file_that_is_no_socket_is_left_alone(start: Start, folder: Path) -> None:
    (folder / "gateway.sock").write_text("precious")
    assert start("pages:app").end() == 69
    assert (folder / "gateway.sock").read_text() == "precious"


@pytest.mark.parametrize("bind", ["tcp:0.0.0.0:0", "tcp:192.0.2.1:9000", "tcp:example.com:9000"])
def test_a_port_that_others_reach_is_refused(start: Start, bind: str) -> None:
    gateway = start("pages:app", words=("--bind", bind))
    assert gateway.end() == 69
    assert "loopback" in gateway.report["found"]


@pytest.mark.parametrize(
    "bind", ["nonsense", "unix:", "tcp:9000", "tcp::9000", "tcp:127.0.0.1:x", "fd:x", "fd:999", "fd:1"]
)
def test_an_address_that_is_none_is_refused(start: Start, bind: str) -> None:
    gateway = start("pages:app", words=("--bind", bind))
    assert gateway.end() == 69
    assert gateway.report["fix"]


@pytest.mark.parametrize("as_input", [True, False])
def test_it_serves_an_inherited_socket(folder: Path, as_input: bool) -> None:
    """As spawn-fcgi, Apache and IIS start it: the listening socket is file descriptor 0, or one that is
    named.
    """
    path = folder / "inherited.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        number = listening.fileno()
        bind = [] if as_input else ["--bind", f"fd:{number}"]
        process = subprocess.Popen(
            [sys.executable, str(GATEWAY), *bind, "--directory", str(APPS), "pages:app"],
            stdin=number if as_input else subprocess.DEVNULL,
            pass_fds=() if as_input else (number,),
        )
    try:
        with Peer(path) as peer:
            assert peer.get("/hello").text == "hello"
    finally:
        process.terminate()
        assert process.wait(SECONDS) == 0
    assert path.exists()  # it is not ours to remove


def test_only_named_addresses_may_connect_to_an_inherited_port(folder: Path) -> None:
    answers = []
    for allowed in ("192.0.2.1, 127.0.0.1", "192.0.2.1"):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            environ = {**os.environ, "FCGI_WEB_SERVER_ADDRS": allowed}
            words = [sys.executable, str(GATEWAY), "--directory", str(APPS), "pages:app"]
            process = subprocess.Popen(words, stdin=listening.fileno(), env=environ)
            address = listening.getsockname()
        with socket.create_connection(address, SECONDS) as connection:
            try:
                connection.sendall(Peer.opening("/hello", "GET", None, None) + Peer.closing(None))
                answers.append(b"hello" in connection.recv(65536))
            except (ConnectionResetError, BrokenPipeError):
                answers.append(False)
        process.terminate()
        process.wait(SECONDS)
    assert answers == [True, False]


@pytest.mark.parametrize("threads", ["1", "4"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_ends_an_idle_gateway_at_once(start: Start, threads: str, number: signal.Signals) -> None:
    gateway = start("pages:app", words=("--threads", threads))
    with gateway.peer() as idle:
        assert idle.get("/hello").status == 200
        gateway.signal(number)
        assert gateway.end() == 0
        assert idle.closed()
    assert not gateway.path.exists()


@pytest.mark.parametrize("threads", ["1", "4"])
def test_a_stop_lets_requests_finish(start: Start, threads: str) -> None:
    gateway = start("waiting:app", words=("--threads", threads))
    with gateway.peer() as peer:
        peer.ask("/")
        assert type(peer.event()) is Head
        assert peer.event() == Body(b"begun ")
        gateway.signal()
        (gateway.path.parent / "go").touch()
        assert [peer.event(), peer.event(), peer.event()] == [Body(b"finished"), End(0, 0), None]
    assert gateway.end() == 0


def test_a_hangup_lets_requests_finish(start: Start) -> None:
    """Who reloads a gateway that has no master loses no request either: whoever started it starts another."""
    gateway = start("waiting:app")
    with gateway.peer() as peer:
        peer.ask("/")
        assert type(peer.event()) is Head
        gateway.signal(signal.SIGHUP)
        (gateway.path.parent / "go").touch()
        assert [peer.event(), peer.event(), peer.event()] == [Body(b"begun "), Body(b"finished"), End(0, 0)]
    assert gateway.end() == 0


def test_a_stop_answers_what_was_already_sent(start: Start) -> None:
    gateway = start("pages:app")
    with gateway.peer() as half, gateway.peer() as peer:
        assert half.get("/hello").status == 200
        half.socket.sendall(half.opening("/echo", "POST", b"0123456789", None) + stdin(1, b"01234"))
        assert peer.get("/hello").status == 200  # the half request has been read by now
        gateway.signal()
        assert peer.closed()
        half.socket.sendall(stdin(1, b"56789") + stdin(1, b""))
        assert half.answer().body == b"0123456789"
        assert half.closed()
    assert gateway.end() == 0


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    gateway = start("waiting:app")
    with gateway.peer() as peer:
        peer.ask("/")
        assert type(peer.event()) is Head
        gateway.signal()
        assert wait_until(lambda: not accepts(gateway) or gateway.process.poll() is not None) is not None
        gateway.signal()
        assert gateway.end() == 128 + signal.SIGTERM
    assert not gateway.path.exists()


def accepts(gateway: Gateway) -> bool:
    return gateway.path.exists()


def wait_until(happened: Callable[[], bool], seconds: float = 1.0) -> bool:
    """Whether it happened in that time; asked again and again."""
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        os.sched_yield()
    return happened()


@pytest.mark.parametrize("threads", ["1", "4"])
def test_it_does_not_outlive_its_lifeline(start: Start, threads: str) -> None:
    gateway = start("pages:app", words=("--threads", threads))
    assert gateway.get("/hello").status == 200
    gateway.cut_lifeline()
    assert gateway.end() == 0
    assert not gateway.path.exists()


def test_a_stop_while_the_app_loads_ends_it(folder: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    (tmp_path / "hangs.py").write_text(f"open({str(gate)!r}).read()\n")
    stopped = threading.Event()

    def stop() -> None:
        with gate.open("w"):
            process = int((folder / "pid").read_text())
            os.kill(process, signal.SIGTERM)
            stopped.wait(SECONDS)

    (tmp_path / "hangs.py").write_text(
        f"import os, pathlib\npathlib.Path({str(folder / 'pid')!r}).write_text(str(os.getpid()))\n"
        f"open({str(gate)!r}).read()\n"
    )
    thread = threading.Thread(target=stop)
    thread.start()
    with Gateway(folder, "hangs:app", directory=tmp_path) as gateway:
        assert gateway.report is None
        assert gateway.end() == 0
        stopped.set()
    thread.join(SECONDS)
    assert not gateway.path.exists()


def test_the_grace_of_a_stop_ends() -> None:
    source = (
        "import os, signal, threading\n"
        "from webstead.gateway.stopping import Stop\n"
        "stop = Stop(abandon=lambda: print('left', flush=True))\n"
        "stop.action = lambda: print('asked', flush=True)\n"
        "stop.on_signals()\n"
        "stop.watch_grace(0.1)\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Event().wait(20)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=SECONDS, check=True
    )
    assert done.stdout == "asked\nleft\n"
    assert "did not finish within 0.1 s" in done.stderr


def concurrently(gateway: Gateway, path: str, count: int) -> tuple[float, list[str]]:
    """Seconds that so many requests at the same time took, and their bodies."""
    peers = [gateway.peer() for _ in range(count)]
    began = time.monotonic()
    for peer in peers:
        peer.ask(path)
    bodies = [peer.answer().text for peer in peers]
    took = time.monotonic() - began
    for peer in peers:
        peer.socket.close()
    return took, bodies


@pytest.mark.alone
def test_eight_threads_run_eight_slow_requests_at_the_same_time(start: Start) -> None:
    gateway = start("pages:app", words=("--threads", "8"))
    took, names = concurrently(gateway, "/slow", 64)
    assert took < 64 * 0.05 / 4  # one thread needs 3.2 s, eight 0.4 s: half of that is asked for
    assert len(set(names)) == 8


def test_a_fast_request_overtakes_slow_ones(start: Start) -> None:
    gateway = start("waiting:app", words=("--threads", "3"))
    with gateway.peer() as first, gateway.peer() as second, gateway.peer() as third:
        for peer in (first, second):
            peer.ask("/")
            assert type(peer.event()) is Head
        for _ in range(20):
            assert third.get("/quick").text == "quick"
        (gateway.path.parent / "go").touch()
        assert first.answer().body == second.answer().body == b"begun finished"


def test_threads_under_a_mixed_load_answer_everything(start: Start) -> None:
    gateway = start("pages:app", words=("--threads", "4"))
    failures: list[str] = []

    def load(number: int) -> None:
        with gateway.peer() as peer:
            for turn in range(60):
                page, body = (("/slow", None), ("/hello", None), ("/echo", b"x" * 100_000))[
                    (turn + number) % 3 or turn % 2
                ]
                peer.ask(page, "GET" if body is None else "POST", body)
                answer = peer.answer()
                if answer.status != 200 or (body is not None and answer.body != body):
                    failures.append(f"{page}: {answer.status}")

    threads = [threading.Thread(target=load, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    gateway.signal()
    assert gateway.end() == 0


def test_an_idle_gateway_with_threads_sleeps(start: Start) -> None:
    """No thread wakes up while nothing happens: the voluntary context switches stand still."""
    gateway = start("pages:app", words=("--threads", "4"))
    assert gateway.get("/hello").status == 200

    def switches() -> int:
        return sum(
            int(line.split()[1])
            for task in Path(f"/proc/{gateway.process.pid}/task").iterdir()
            for line in (task / "status").read_text().splitlines()
            if line.startswith("voluntary_ctxt_switches")
        )

    def still() -> bool:
        before = switches()
        threading.Event().wait(0.1)
        return switches() == before

    assert wait_until(still, 5)


PAGES = ("/hello", "/digest", "/nothing", "/not_found", "/empty", "/file")


def ask_all(gateway: Gateway, pages: tuple[str, ...] = PAGES) -> None:
    for page in pages:
        with gateway.peer() as peer:
            body = b"x" * 100_000 if page == "/digest" else None
            peer.ask(page, "POST" if body else "GET", body)
            answer = peer.answer()
            assert answer.status in (200, 204), answer.text
            assert answer.end == End(0, 0)


def test_wsgirefs_checker_has_nothing_to_say(start: Start) -> None:
    gateway = start("validated:app", words=("--threads", "2"))
    ask_all(gateway)
    assert "AssertionError" not in gateway.output


def test_werkzeugs_stricter_checker_has_nothing_to_say(folder: Path, flask_python: str) -> None:
    with short_folder() as place, Gateway(place, "linted:app", python=flask_python) as gateway:
        ask_all(gateway, tuple(page for page in PAGES if page != "/nothing"))  # it wants a length with a 204
        assert "Warning" not in gateway.output


def test_a_report_is_one_line_of_json(folder: Path) -> None:
    with short_folder() as place, Gateway(place, "pages:app") as gateway:
        assert json.dumps(gateway.report) == '{"loaded": true}'
