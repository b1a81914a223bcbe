"""What an operator asks for, through the command line: logs, metrics, limits, restarts, refusals; for a WSGI
and for an ASGI app, under a master and without one.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.prometheus_text import read
from webstead import __version__
from webstead.gateway.options import OPTIONS

from .conftest import APPS, GATEWAY, SECONDS, Gateway, Peer
from .master_harness import WHOLE, MasterProcess, Steady

SITES = {"wsgi": "master_site.py", "asgi": "asgi_master_site.py"}
KINDS = pytest.mark.parametrize("kind", SITES)
LINE = re.compile(
    r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "(.*)" (\d{3}|-) (\d+|-) '
    r'"(.*)" "(.*)" \d+\.\d{3}'
)
Start = Callable[..., MasterProcess]


@pytest.fixture
def master(folder: Path) -> Iterator[Start]:
    """master(kind, workers, words…): of the site of this kind. All are killed at the end of the test."""
    with ExitStack() as stack:

        def start(kind: str, *args: object, **kwargs: object) -> MasterProcess:
            site = folder / "site_of_test.py"
            if not site.exists():
                site.write_text((APPS / SITES[kind]).read_text())
            return stack.enter_context(MasterProcess(folder, *args, **kwargs))  # type: ignore[arg-type]

        yield start


def serving(gateway: MasterProcess, workers: int) -> None:
    if workers:
        gateway.serving(workers)
    else:
        gateway.expect("this process serves")


# The access log


@KINDS
@pytest.mark.parametrize("workers", [0, 2])
def test_every_request_is_a_line(master: Start, folder: Path, kind: str, workers: int) -> None:
    gateway = master(kind, workers, [f"--access-log={folder}/access.log"])
    serving(gateway, workers)
    for turn in range(6):
        with gateway.peer() as peer:
            extra = {"HTTP_USER_AGENT": f'a "tester"\n{turn}', "HTTP_REFERER": "/from"}
            peer.ask(f"/page {turn}?x=1", extra=extra)
            size = len(peer.answer().body)
    gateway.signal()
    assert gateway.end() == 0
    lines = (folder / "access.log").read_text().splitlines()
    matches = [LINE.fullmatch(line) for line in lines]
    found = [match.groups() for match in matches if match]
    assert sorted(found) == [
        (f"GET /page%20{turn}?x=1 HTTP/1.1", "200", str(size), "/from", rf"a \x22tester\x22\x0A{turn}")
        for turn in range(6)
    ]


@KINDS
def test_a_dash_is_standard_output(master: Start, kind: str) -> None:
    gateway = master(kind, 1, ["--access-log", "-"])
    gateway.serving(1)
    gateway.get("/shown")
    gateway.expect(r'"GET /shown HTTP/1.1" 200 50\d\d ')


@KINDS
@pytest.mark.parametrize("workers", [0, 2])
def test_a_signal_opens_the_logs_again(master: Start, folder: Path, kind: str, workers: int) -> None:
    access, log = folder / "access.log", folder / "gateway.log"
    gateway = master(kind, workers, [f"--access-log={access}", f"--log={log}"])
    serving(gateway, workers)
    gateway.get("/before")
    assert gateway.until(lambda: "/before" in access.read_text())
    for path in (access, log):
        path.rename(path.with_suffix(".old"))
    gateway.signal(signal.SIGUSR1)

    def arrives_in_the_new_file() -> bool:
        gateway.get("/after")
        return access.exists() and "/after" in access.read_text() and log.exists()

    assert gateway.until(arrives_in_the_new_file)
    gateway.signal()
    assert gateway.end() == 0
    assert "/before" in (folder / "access.old").read_text()
    assert "stopped" in log.read_text()
    assert "started, Python" in (folder / "gateway.old").read_text()


# Metrics


def metrics(folder: Path) -> dict[str, float]:
    """By name, with the value of a label behind it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SECONDS)
        connection.connect(str(folder / "m"))
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    head, _, text = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.0 200 OK")
    assert f"Content-Length: {len(text)}" in head
    return {
        name.removeprefix("webstead_gateway_") + "".join(f":{value}" for _, value in labels): number
        for family in read(text).values()
        for name, labels, number in family.samples
    }


@KINDS
def test_metrics_are_of_all_workers_and_outlive_them(master: Start, folder: Path, kind: str) -> None:
    gateway = master(kind, 2, [f"--metrics=unix:{folder}/m"])
    gateway.serving()
    seen: set[int] = set()
    asked = 0
    with ExitStack() as stack:  # connections that are held make another worker take the next one
        while len(seen) < 2:
            seen.add(int(stack.enter_context(gateway.peer()).get("/").body.split()[1]))
            asked += 1
    assert gateway.until(lambda: metrics(folder)["requests_total:2xx"] == asked)
    before = metrics(folder)
    assert before["requests_active"] == 0
    assert before["worker_starts_total"] == 2
    assert before["sent_bytes_total"] > 5000 * asked
    assert before["request_duration_seconds_count"] == asked
    os.kill(next(iter(seen)), signal.SIGKILL)
    gateway.serving(3)
    assert WHOLE.match(gateway.get().body)
    assert gateway.until(lambda: metrics(folder)["requests_total:2xx"] == asked + 1)
    assert metrics(folder)["worker_starts_total"] == 3


@KINDS
def test_metrics_tell_errors_and_recycles(master: Start, folder: Path, kind: str) -> None:
    words = [f"--metrics=unix:{folder}/m", "--max-requests=3", "--max-requests-jitter=0"]
    gateway = master(kind, 1, words)
    gateway.serving(1)
    for _ in range(3):
        gateway.get()
    gateway.serving(2)
    assert gateway.until(lambda: metrics(folder)["recycles_total:requests"] == 1)
    assert metrics(folder)["requests_total:2xx"] == 3
    gateway.get("/fails")
    assert gateway.until(lambda: metrics(folder)["errors_total:app"] == 1)
    gateway.signal()
    assert gateway.end() == 0
    assert not (folder / "m").exists()


@KINDS
def test_no_scrape_fails_while_workers_are_replaced(master: Start, folder: Path, kind: str) -> None:
    gateway = master(kind, 2, [f"--metrics=unix:{folder}/m"])
    gateway.serving()
    for turn in range(1, 4):
        gateway.signal(signal.SIGHUP)
        while gateway.output.count(" serves") < 2 + 2 * turn:
            assert metrics(folder)["worker_starts_total"] >= 2
        gateway.expect("reloaded", turn)
    assert gateway.until(lambda: metrics(folder)["worker_starts_total"] == 8 and len(gateway.workers()) == 2)


def test_metrics_are_not_for_other_machines(folder: Path) -> None:
    for address in ("tcp:0.0.0.0:0", "tcp:192.0.2.1:9100"):
        with Gateway(folder, "pages:app", words=("--metrics", address)) as gateway:
            assert gateway.end() == 69
            assert "loopback" in gateway.report["found"] + gateway.report["fix"]


# Limits


def test_an_asgi_app_is_replaced_after_its_requests_and_none_is_lost(master: Start) -> None:
    gateway = master("asgi", 2, ["--max-requests=150", "--max-requests-jitter=30"])
    gateway.serving()
    with Steady(gateway.path) as clients:
        gateway.expect(r"worker \d+ retires: it has answered \d+ requests", 3)
        gateway.serving(5)
        clients.more()
    assert clients.failures == []
    gateway.signal()
    assert gateway.end() == 0


def test_an_asgi_app_that_eats_memory_is_replaced(master: Start) -> None:
    gateway = master("asgi", 1, ["--max-memory=150"])
    gateway.serving(1)
    (first,) = gateway.workers()
    assert WHOLE.match(gateway.get("/eat").body)
    assert WHOLE.match(gateway.get("/eat").body)
    gateway.expect(rf"worker {first} retires: ")
    gateway.serving(2)
    assert gateway.until(lambda: not psutil.pid_exists(first))
    assert int(gateway.get().body.split()[1]) != first


@pytest.mark.parametrize("workers", [0, 1])
def test_the_stack_of_a_stuck_task_is_told(master: Start, workers: int) -> None:
    gateway = master("asgi", workers, ["--request-timeout=0.3", "--grace=0.3"])
    serving(gateway, workers)
    with gateway.peer() as peer:
        peer.ask("/stuck?password=secret")
        assert peer.answer().end is None
    gateway.expect(r"GET /stuck: has run for \d\.\d s \(--request-timeout 0\.3\); its connection was cut")
    gateway.expect(r"in _stuck_for_ever\n +await asyncio\.get_running_loop\(\)\.create_future\(\)")
    if workers:
        gateway.serving(2)
        assert WHOLE.match(gateway.get().body)
        gateway.signal()
    assert gateway.end() == 0
    assert "secret" not in gateway.output


# Who sees errors


@pytest.mark.parametrize("target", ["pages:app", "asgi_pages:app"])
@pytest.mark.parametrize(("who", "near", "far"), [("always", 1, 1), ("local", 1, 0), ("never", 0, 0)])
def test_errors_are_shown_to_whom_they_may_be(
    folder: Path, target: str, who: str, near: int, far: int
) -> None:
    with Gateway(folder, target, words=("--errors", who)) as gateway:
        shown = [
            "RuntimeError" in gateway.get("/fails", REMOTE_ADDR=address).text
            for address in ("127.0.0.1", "192.0.2.1")
        ]
        assert shown == [bool(near), bool(far)]
        assert "RuntimeError" in gateway.output


# Where the app lives


def test_a_mount_splits_the_path(folder: Path) -> None:
    with Gateway(folder, "pages:app", words=("--mount", "/app")) as gateway:
        lines = {path: gateway.get(path).text.splitlines() for path in ("/app/environ", "/application")}
    assert "SCRIPT_NAME='/app'" in lines["/app/environ"]
    assert "PATH_INFO='/environ'" in lines["/app/environ"]
    assert "PATH_INFO='/application'" in lines["/application"]
    assert "SCRIPT_NAME=''" in lines["/application"]


# Restart on change


@KINDS
def test_a_change_rolls_over_the_workers_and_no_request_is_lost(master: Start, kind: str) -> None:
    gateway = master(kind, 2, ["--restart-on", r"site_of_test\.py$"])
    gateway.serving()
    with Steady(gateway.path) as clients:
        clients.more(50)
        for turn, (old, new) in enumerate((("one", "two"), ("two", "three")), 1):
            gateway.change(f'VERSION = "{old}"', f'VERSION = "{new}"')
            gateway.serving(2 + 2 * turn)
            assert gateway.until(lambda new=new: gateway.get().body.startswith(new.encode()))  # type: ignore[misc]
        clients.more(50)
    assert clients.failures == []
    gateway.signal()
    assert gateway.end() == 0


@KINDS
def test_a_change_that_breaks_the_app_leaves_the_old_one(master: Start, kind: str) -> None:
    gateway = master(kind, 1, ["--restart-on", r".*\.py$"])
    gateway.serving(1)
    whole = gateway.site.read_text()
    gateway.change('VERSION = "one"', "VERSION = no_such_name")
    gateway.expect("no_such_name")
    assert gateway.get().body.startswith(b"one ")
    gateway.site.write_text(whole.replace("one", "two"))
    assert gateway.until(lambda: gateway.get().body.startswith(b"two "))


# The process


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(GATEWAY), *words]
    return subprocess.run(
        line,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_names_every_option(word: str) -> None:
    done = run("--bind", "nonsense", word)
    assert (done.returncode, done.stderr) == (0, "")
    for option in OPTIONS:
        assert f"  {option.name} {option.metavar}".rstrip() in done.stdout
        assert option.variable in done.stdout


def test_version_is_told() -> None:
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"webstead gateway {__version__}, Python {sys.version.split()[0]}\n"


@pytest.mark.parametrize(
    ("words", "code", "found"),
    [
        (["--bind", "tcp:0.0.0.0:0", "a:b"], 69, "loopback"),
        (["--bind", "unix:/tmp/x,mode=666", "a:b"], 69, "every user"),
        (["--threads", "0", "a:b"], 64, "--threads"),
        (["--no-such-option", "a:b"], 64, "--no-such-option"),
        (["a:b"], 69, "file descriptor 0"),
        (["--restart-on", "((", "--bind", "unix:{folder}/s", "a:b"], 64, "(("),
        (["--metrics", "nonsense", "--bind", "unix:{folder}/s", "pages:app"], 64, "nonsense"),
        (["--access-log", "/no/such/x.log", "--bind", "unix:{folder}/s", "pages:app"], 64, "/no/such/x.log"),
        (["--workers", "2", "--bind", "unix:{folder}/s", "no_such:app"], 70, "no_such"),
    ],
)
def test_a_refusal_says_what_was_found_and_what_helps(
    folder: Path, words: list[str], code: int, found: str
) -> None:
    done = run("--directory", str(APPS), *(word.format(folder=folder) for word in words))
    assert done.returncode == code, done.stderr
    assert "error: " in done.stderr
    assert found in done.stderr
    assert "\nfix: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "s").exists()


def test_the_switch_has_a_variable_too(folder: Path) -> None:
    bind = f"unix:{folder}/gateway.sock,mode=666"
    env = {"WEBSTEAD_GATEWAY_ALLOW_PUBLIC": "1"}
    with Gateway(folder, "pages:app", words=("--bind", bind, "--workers=0"), env=env) as gateway:
        assert gateway.get("/hello").text == "hello"


def test_variables_can_say_everything(folder: Path) -> None:
    """Every option that has one, at once; none is named on the command line."""
    site = folder / "site"
    site.mkdir()
    (site / "site_of_test.py").write_text((APPS / "pages.py").read_text())
    said = {
        "--bind": f"unix:{folder}/s",
        "--allow-public": "0",
        "--interface": "wsgi",
        "--threads": "3",
        "--workers": "2",
        "--directory": str(site),
        "--mount": "/m",
        "--web-config": "none",
        "--multiplex": "4",
        "--max-requests": "100000",
        "--max-requests-jitter": "5",
        "--max-memory": "4000",
        "--request-timeout": "60",
        "--grace": "5.5",
        "--restart-on": "never$",
        "--errors": "always",
        "--access-log": f"{folder}/access.log",
        "--metrics": f"unix:{folder}/m",
        "--log": f"{folder}/gateway.log",
    }
    assert set(said) == {option.name for option in OPTIONS if option.variable}
    env = {option.variable: said[option.name] for option in OPTIONS if option.variable}
    process = subprocess.Popen(
        [sys.executable, str(GATEWAY)],
        env={**os.environ, **env, "WSGI_HANDLER": "site_of_test.app", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        heard: list[str] = []
        while sum("serves" in line for line in heard) < 2:
            line = process.stdout.readline()
            assert line, heard
            heard.append(line)
        with Peer(folder / "s") as peer:
            lines = peer.get("/m/environ").text.splitlines()
        assert {"SCRIPT_NAME='/m'", "wsgi.multithread=True", "wsgi.multiprocess=True"} <= set(lines)
        with Peer(folder / "s") as peer:
            assert "RuntimeError" in peer.get("/m/fails", REMOTE_ADDR="192.0.2.1").text
        assert MasterProcess.until(lambda: metrics(folder)["requests_total:5xx"] == 1)
        assert metrics(folder)["worker_starts_total"] == 2
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert "/m/fails" in (folder / "access.log").read_text()
    assert "never$" in (folder / "gateway.log").read_text()
