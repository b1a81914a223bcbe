"""IIS's way, from the first request to the exit code: one connected stream on standard input, and a site
whose folder the first request names.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from webstead.formats.fastcgi.client import Body, End, Head, begin_request, data, params, stdin
from webstead.formats.fastcgi.records import AUTHORIZER, FILTER
from webstead.gateway.options import Options
from webstead.gateway.setup import locate
from webstead.gateway.stopping import Stop
from webstead.gateway.transport.channel import Channel, SocketChannel

from .conftest import SECONDS, Answer
from .iis_harness import Process, configure
from .test_gateway_channel import until

ENDED = End(0, 0)
ASGI = """
import asyncio
import os


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        print("lifespan ended")
        await send({"type": "lifespan.shutdown.complete"})
        return
    print("asked for", scope["path"])
    text = repr((scope["root_path"], scope["path"], os.environ.get("MINE", "")))
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
    await send(start)
    if scope["path"] == "/wait":
        await send({"type": "http.response.body", "body": b"begun ", "more_body": True})
        gate = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gate")
        await asyncio.get_running_loop().run_in_executor(None, lambda: open(gate).close())
        text = "finished"
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})
"""
WSGI = """
import os


def app(environ, start_response):
    print("asked for", environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/wait":
        return wait()
    text = repr((environ["SCRIPT_NAME"], environ["PATH_INFO"], os.environ.get("MINE", "")))
    return [text.encode()]


def wait():
    yield b"begun "
    open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "gate")).close()
    yield b"finished"
"""
KINDS = {"wsgi": WSGI, "asgi": ASGI}
Start = Callable[..., Process]


@pytest.fixture
def iis(folder: Path) -> Iterator[Start]:
    """iis(the app's source, settings, …): IIS's process for a site of these."""
    with ExitStack() as stack:

        def start(
            source: str = WSGI,
            settings: Mapping[str, str] | None = None,
            words: Sequence[str] = (),
            env: Mapping[str, str] | None = None,
            *,
            streams: str = "file",
        ) -> Process:
            site = folder / "site"
            site.mkdir(exist_ok=True)
            (site / "shop.py").write_text(source)
            os.mkfifo(site / "gate")
            if settings is not None:
                configure(site, settings)
            else:
                configure(site, {"WSGI_HANDLER": "shop.app"})
            return stack.enter_context(Process(site, words, folder, env, streams=streams))

        yield start


def begun(server: Process) -> None:
    server.ask("/wait")
    assert type(server.event()) is Head
    assert server.event() == Body(b"begun ")


def finish(server: Process) -> None:
    (server.site / "gate").write_text("")
    assert [server.event(), server.event()] == [Body(b"finished"), ENDED]


# Settings


@pytest.mark.parametrize("kind", KINDS)
def test_settings_are_read_from_the_folder_that_the_first_request_names(iis: Start, kind: str) -> None:
    settings = {"WSGI_HANDLER": "shop.app", "SCRIPT_NAME": "/mounted", "MINE": "my own"}
    server = iis(KINDS[kind], settings)
    path = "/mounted/x" if kind == "asgi" else "/x"
    for _ in range(3):
        assert server.get("/mounted/x").text == repr(("/mounted", path, "my own"))
    assert server.end() == 0


def test_the_variables_that_iis_sets_count_too(iis: Start) -> None:
    """Those of <fastCgi><application><environmentVariables>; the site's own beat them."""
    settings = {"MINE": "the site's"}
    env = {"WSGI_HANDLER": "shop.app", "MINE": "the server's", "SCRIPT_NAME": "/m"}
    assert iis(settings=settings, env=env).get("/m/x").text == repr(("/m", "/x", "the site's"))


def test_folders_of_its_path_come_behind_all_others(iis: Start, folder: Path) -> None:
    for name, value in (("lib", "from lib"), ("site", "from site")):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "twice.py").write_text(f"VALUE = {value!r}\n")
    (folder / "lib" / "once.py").write_text("VALUE = 'only in lib'\n")
    source = (
        "import once, twice\n\n\ndef app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    return [f'{once.VALUE}, {twice.VALUE}'.encode()]\n"
    )
    server = iis(source, {"WSGI_HANDLER": "shop.app", "PYTHONPATH": "%LIB%;", "LIB": f"{folder}/lib"})
    assert server.get("/").text == "only in lib, from site"


def test_the_log_it_names_is_written(iis: Start, folder: Path) -> None:
    server = iis(settings={"WSGI_HANDLER": "shop.app", "WSGI_LOG": f"{folder}/own.log"})
    assert server.get("/x").status == 200
    assert server.end() == 0
    lines = (folder / "own.log").read_text()
    for text in ("started, Python", "shop.app is loaded", "restarts when a file in"):
        assert text in lines


def test_a_word_of_the_command_line_beats_them(iis: Start) -> None:
    settings = {"WSGI_HANDLER": "no.such", "SCRIPT_NAME": "/no"}
    server = iis(settings=settings, words=["shop:app", "--mount", "/yes"])
    assert server.get("/yes/x").text == repr(("/yes", "/x", ""))


def test_without_a_configuration_the_words_say_all(iis: Start) -> None:
    server = iis(settings={"WSGI_HANDLER": "no.such", "MINE": "x"}, words=["shop:app", "--web-config=none"])
    assert server.get("/x").text == repr(("", "/x", ""))


def test_another_configuration_can_be_named(iis: Start, folder: Path) -> None:
    configure(folder, {"WSGI_HANDLER": "shop.app", "MINE": "elsewhere"}, "other.config")
    server = iis(settings={"WSGI_HANDLER": "no.such"}, words=["--web-config", f"{folder}/other.config"])
    assert server.get("/x").text == repr(("", "/x", "elsewhere"))


# Failures of the start


def failed(server: Process, path: str = "/", **extra: str) -> Answer:
    """The whole 500 that the first request gets."""
    server.ask(path, extra=extra)
    answer = server.last()
    assert (answer.status, answer.end) == (500, ENDED)
    assert answer.header(b"Content-Type") == b"text/plain; charset=utf-8"
    return answer


FAULTS = {
    "no module": ({"WSGI_HANDLER": "no_such.app"}, 70, "no_such"),
    "no handler": ({}, 64, "WSGI_HANDLER"),
    "no attribute": ({"WSGI_HANDLER": "shop.application"}, 71, "application"),
    "bad regex": ({"WSGI_HANDLER": "shop.app", "WSGI_RESTART_FILE_REGEX": "(("}, 64, "(("),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_start_that_fails_is_told_three_times(iis: Start, fault: str) -> None:
    """To the browser of this machine, on STDERR, and by the exit code."""
    settings, code, part = FAULTS[fault]
    server = iis(settings=settings)
    answer = failed(server)
    assert part in answer.text
    assert answer.text == server.errors.decode()
    assert server.exit_code() == code
    assert part in server.output


@pytest.mark.parametrize("text", ["<configuration><appSettings>", "<configuration>&lt", "not xml", ""])
def test_a_configuration_that_is_malformed_is_told_with_its_place(iis: Start, text: str) -> None:
    server = iis()
    (server.site / "web.config").write_text(text)
    answer = failed(server)
    assert "web.config" in answer.text
    assert "line 1" in answer.text
    assert "web.config" in server.errors.decode()
    assert server.exit_code() == 64


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_that_fails_is_shown_with_its_traceback(iis: Start, kind: str) -> None:
    server = iis(KINDS[kind] + "\n\nraise KeyError('ключ')\n")
    answer = failed(server)
    assert "KeyError: 'ключ'" in answer.text
    assert "shop.py" in answer.text
    assert "KeyError: 'ключ'" in server.errors.decode()
    assert server.exit_code() == 71


def test_a_lifespan_that_fails_is_shown(iis: Start) -> None:
    server = iis(ASGI.replace('startup.complete"', 'startup.failed", "message": "no database"'))
    assert "no database" in failed(server).text
    assert server.exit_code() == 71


def test_others_than_this_machine_get_an_apology(iis: Start) -> None:
    server = iis("raise KeyError('secret')\n")
    answer = failed(server, REMOTE_ADDR="192.0.2.1")
    assert "secret" not in answer.text
    assert "The app could not be started" in answer.text
    assert server.exit_code() == 71


# Restart


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_ends_the_process_behind_the_running_request(iis: Start, kind: str) -> None:
    server = iis(KINDS[kind])
    assert server.get("/x").status == 200
    begun(server)
    (server.site / "shop.py").write_text(KINDS[kind] + "\n# changed\n")
    heard(server, "has changed")
    finish(server)
    assert server.closed()
    assert server.exit_code() == 0


def heard(server: Process, text: str) -> None:
    """Wait until the process has said it."""
    with ExitStack() as stack:
        words = ["tail", "-n", "+1", "-F", str(server.folder / "output")]
        reader = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        stack.callback(reader.wait, SECONDS)
        stack.callback(reader.kill)
        assert reader.stdout is not None
        stream = stack.enter_context(reader.stdout)
        assert any(text in line for line in stream)


@pytest.mark.parametrize("name", ["notes.txt", "__pycache__/shop.cpython-311.pyc", "static/x.css"])
def test_a_change_that_does_not_matter_does_nothing(iis: Start, name: str) -> None:
    server = iis()
    assert server.get("/x").status == 200
    path = server.site / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    for _ in range(20):
        assert server.get("/x").status == 200
    (server.site / "shop.py").touch()  # and this one does: nothing else was told before
    assert server.closed()
    assert "shop.py in" in server.output
    assert Path(name).name not in server.output


def test_an_empty_expression_restarts_never(iis: Start) -> None:
    server = iis(settings={"WSGI_HANDLER": "shop.app", "WSGI_RESTART_FILE_REGEX": ""})
    assert server.get("/x").status == 200
    (server.site / "shop.py").touch()
    for _ in range(20):
        assert server.get("/x").status == 200
    assert server.end() == 0
    assert "restarts when" not in server.output


# Output


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["closed", "of IIS"])
def test_what_the_app_prints_is_in_the_log_that_is_chosen(
    iis: Start, folder: Path, kind: str, way: str
) -> None:
    """IIS reads neither stream; the specification gives none."""
    env = {"TMPDIR": str(folder), "APP_POOL_ID": "Default Pool!", "HOME": str(folder)}
    if way == "of IIS":
        env["_FCGI_X_PIPE_"] = r"\\.\pipe\IISFCGI-1"
    source = KINDS[kind] + "\n\nos.system('echo printed by a child')\n"
    server = iis(source, env=env, streams="closed" if way == "closed" else "file")
    assert server.get("/x").status == 200
    assert server.end() == 0
    (log,) = folder.glob("webstead-*/webstead-gateway-DefaultPool.log")
    lines = log.read_text()
    for text in ("started, Python", "printed by a child", "asked for /x"):
        assert text in lines
    assert log.parent.stat().st_mode & 0o077 == 0
    assert not (folder / "output").read_text()


def test_a_failing_start_without_streams_is_in_the_log_too(iis: Start, folder: Path) -> None:
    server = iis("raise KeyError('reason')\n", env={"TMPDIR": str(folder)}, streams="closed")
    assert "KeyError: 'reason'" in failed(server).text
    assert server.exit_code() == 71
    (log,) = folder.glob("webstead-*/webstead-gateway.log")
    assert "KeyError: 'reason'" in log.read_text()


# The end


@pytest.mark.parametrize("kind", KINDS)
def test_sigterm_ends_an_idle_process_at_once(iis: Start, kind: str) -> None:
    server = iis(KINDS[kind])
    assert server.get("/x").status == 200
    server.signal(signal.SIGTERM)
    assert server.closed()
    assert server.exit_code() == 0
    assert ("lifespan ended" in server.output) == (kind == "asgi")


@pytest.mark.parametrize("kind", KINDS)
def test_sigterm_lets_the_running_request_finish(iis: Start, kind: str) -> None:
    server = iis(KINDS[kind])
    begun(server)
    server.signal(signal.SIGTERM)
    finish(server)
    assert server.closed()
    assert server.exit_code() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_beyond_the_grace_is_cut(iis: Start, kind: str) -> None:
    server = iis(KINDS[kind], words=["--grace", "0.2"])
    begun(server)
    server.signal(signal.SIGTERM)
    assert server.event() is None
    assert server.exit_code() == 0
    assert "did not finish within 0.2 s" in server.output


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_of_the_stream_is_the_end_of_the_process(iis: Start, kind: str) -> None:
    server = iis(KINDS[kind])
    assert server.get("/x").status == 200
    assert server.end() == 0
    assert ("lifespan ended" in server.output) == (kind == "asgi")


def test_a_server_that_asks_nothing_ends_it_too(iis: Start) -> None:
    """No request names the folder, and nobody waits for an answer."""
    server = iis()
    assert server.end() == 64
    assert "Traceback" not in server.output


def hears(server: Process) -> bool:
    """Whether its thread for signals runs: before, the process is still being started."""
    return psutil.Process(server.process.pid).num_threads() > 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("begun", [False, True])
def test_sigterm_before_the_first_request_is_a_graceful_stop(iis: Start, kind: str, begun: bool) -> None:
    server = iis(KINDS[kind])
    until(lambda: hears(server))
    if begun:
        server.socket.sendall(begin_request(1) + params(1, server.block("/x"))[:-10])
    server.signal(signal.SIGTERM)
    assert server.closed()
    assert server.end() == 0
    assert server.output == "stopped before the first request\n"


def test_interrupts_before_the_first_request_are_no_traceback(iis: Start) -> None:
    server = iis()
    until(lambda: hears(server))
    server.signal(signal.SIGINT)
    assert server.closed()
    assert server.end() == 0
    assert server.output == "stopped before the first request\n"


def test_a_stop_before_the_first_request_is_told_in_the_log_of_the_words(iis: Start, folder: Path) -> None:
    server = iis(words=["--log", f"{folder}/own.log"])
    until(lambda: hears(server))
    server.signal(signal.SIGTERM)
    assert server.closed()
    assert server.end() == 0
    assert "stopped before the first request" in (folder / "own.log").read_text()


class Stopped:
    """A listener in which a stop comes before it has a channel, or at the same moment."""

    def __init__(self, stop: Stop, channel: Channel | None) -> None:
        self._stop = stop
        self._channel = channel
        self.interrupted = 0

    def accept(self) -> Channel | None:
        self._stop.begin()
        return self._channel

    def interrupt(self) -> None:
        self.interrupted += 1

    def close(self) -> None:
        """There is nothing."""


@pytest.mark.parametrize("connected", [False, True])
def test_a_stop_ends_the_waiting_for_a_channel_and_for_its_first_request(
    monkeypatch: pytest.MonkeyPatch, connected: bool
) -> None:
    monkeypatch.setattr(Stop, "on_signals", lambda stop: None)  # those of this process are not meant
    ours, theirs = socket.socketpair()
    stop = Stop(abandon=lambda: None)
    listener = Stopped(stop, SocketChannel(ours) if connected else None)
    with ours, theirs:
        assert locate(Options(""), listener, stop)[0] is None
    assert stop.begun
    assert listener.interrupted == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("used", [False, True])
def test_a_request_that_is_cut_short_is_told_by_the_exit_code(iis: Start, kind: str, used: bool) -> None:
    server = iis(KINDS[kind], words=["--directory", "site"])
    if used:
        assert server.get("/x").status == 200
    server.socket.sendall(begin_request(1) + params(1, server.block("/x"))[:-10])
    assert server.end() == 74
    assert "a request was cut short: the server closed the connection" in server.output


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("within", [False, True])
def test_what_is_no_fastcgi_is_told_by_the_exit_code(iis: Start, kind: str, within: bool) -> None:
    server = iis(KINDS[kind], words=["--directory", "site"])
    if within:
        server.socket.sendall(begin_request(1) + b"\x09" + bytes(7))
        answer = server.last()
        assert (answer.status, answer.end) == (400, ENDED)
    else:
        server.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert server.closed()
    assert server.exit_code() == 76
    assert "refused: FastCGI version" in server.output


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_leaves_while_it_is_answered_aborts_that_request(iis: Start, kind: str) -> None:
    server = iis(KINDS[kind])
    begun(server)
    server.socket.close()
    (server.site / "gate").write_text("")
    assert server.exit_code() == 0
    assert "Traceback" not in server.output


# Roles of an ASGI app


def test_an_asgi_app_can_decide_and_cannot_filter(iis: Start) -> None:
    server = iis(ASGI)
    server.socket.sendall(begin_request(1, True, AUTHORIZER) + params(1, server.block("/x")))
    assert server.answer().status == 200
    server.socket.sendall(begin_request(1, True, FILTER) + params(1, server.block("/x")))
    server.socket.sendall(stdin(1, b"form") + stdin(1, b"") + data(1, b"file") + data(1, b""))
    answer = server.answer()
    assert (answer.status, answer.end) == (501, ENDED)
    assert server.get("/x").status == 200
