"""Application Insights and ptvsd, with the real packages, and without them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.ports import free_port
from webstead.gateway.wfastcgi.debugging import DEFAULT_ADDRESS, parse_address
from webstead.gateway.wfastcgi.insights import tracking_address

SOURCE = Path(__file__).parents[3] / "src"
SECONDS = 60
KEY = "0f1e2d3c-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    words = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder)]
    subprocess.run([*words, "applicationinsights==0.11.10", "ptvsd==4.3.2"], check=True)
    return folder


class Endpoint(ThreadingHTTPServer):
    """Takes what is posted. status: what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.items: list[dict[str, object]] = []
        self.paths: set[str] = set()
        self.status = 200
        self.tries = 0

    @property
    def connection(self) -> str:
        return f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:{self.server_port}/"


class Taking(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.items += json.loads(body)
        self.server.tries += 1
        self.server.paths.add(self.path)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    thread = threading.Thread(target=endpoint.serve_forever)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.shutdown()
        thread.join()
        endpoint.server_close()


APP = """
import sys, warnings
warnings.simplefilter("ignore")
from webstead.gateway.wfastcgi.insights import instrumented
from webstead.gateway.observe.log import Log
from webstead.gateway.wfastcgi.settings import Secret

class Body:
    closed = 0
    def __iter__(self):
        yield b"one"
        yield b"two"
    def close(self):
        Body.closed += 1

def app(environ, start_response):
    write = start_response(environ["STATUS"], [("A", "b")])
    assert write is environ["WRITE"]
    return Body()

def call(status, most):
    def write(data): pass
    def start_response(status, headers, exc_info=None):
        print(status, headers, exc_info)
        return write
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/p", "QUERY_STRING": "q=1", "HTTP_HOST": "h"}
    result = wrapped({**environ, "STATUS": status, "WRITE": write}, start_response)
    for number, chunk in enumerate(result, 1):
        print(chunk)
        if number == most:
            break
    getattr(result, "close", lambda: None)()

log = Log(sys.argv[3])
wrapped = instrumented(app, Secret(sys.argv[1]), Secret(sys.argv[2]), log)
call("200 OK", 9)
call("404 Not Found", 9)
call("200 OK", 1)
log.note("an event")
print(Body.closed)
"""

PRINTED = """200 OK [('A', 'b')] None
b'one'
b'two'
404 Not Found [('A', 'b')] None
b'one'
b'two'
200 OK [('A', 'b')] None
b'one'
3
"""


def run(code: str, *words: str, path: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), path])}
    program = [sys.executable, "-c", code, *words]
    return subprocess.run(program, env=env, timeout=SECONDS, check=False, capture_output=True, text=True)


def test_requests_and_lines_arrive_before_the_process_has_ended(packages: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with listening() as endpoint:
        done = run(APP, KEY, endpoint.connection, str(log), path=str(packages))
    assert (done.returncode, done.stdout, done.stderr) == (0, PRINTED, "")
    assert endpoint.paths == {"/v2/track"}
    assert {item["iKey"] for item in endpoint.items} == {KEY}
    told = json.dumps(endpoint.items)
    assert told.count('"RequestData"') == 2, "one was cut short: the package tells of whole responses"
    assert '"url": "http://h/p?q=1"' in told
    assert '"responseCode": "404"' in told
    assert '"name": "an event"' in told
    assert log.read_text().splitlines()[0].endswith(": Application Insights is on")


def test_what_could_not_be_sent_is_told_of(packages: Path, tmp_path: Path) -> None:
    with listening() as endpoint:
        endpoint.status = 503
        done = run(APP, KEY, endpoint.connection, str(tmp_path / "log"), path=str(packages))
    assert (done.returncode, done.stdout) == (0, PRINTED)
    assert done.stderr == "warning: 4 items for Application Insights could not be sent\n"
    assert endpoint.tries <= 2, "one by the package's thread, one at the end"


def test_what_is_refused_is_not_tried_again(packages: Path, tmp_path: Path) -> None:
    with listening() as endpoint:
        endpoint.status = 400
        done = run(APP, KEY, endpoint.connection, str(tmp_path / "log"), path=str(packages))
    assert (done.returncode, done.stdout, done.stderr) == (0, PRINTED, "")


def test_where_nobody_listens_the_end_does_not_wait(packages: Path, tmp_path: Path) -> None:
    connection = f"InstrumentationKey={KEY};IngestionEndpoint=http://127.0.0.1:{free_port()}/"
    done = run(APP, KEY, connection, str(tmp_path / "log"), path=str(packages))
    assert (done.returncode, done.stdout) == (0, PRINTED)
    assert "4 items" in done.stderr


def test_without_the_package_the_app_runs_as_it_is(tmp_path: Path) -> None:
    code = APP.replace('call("200 OK", 1)\n', "assert wrapped is app\n").replace("print(Body.closed)", "")
    done = run(code, KEY, "", str(tmp_path / "log"), path="")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "Application Insights is off: ModuleNotFoundError: No module named" in done.stderr


@pytest.mark.parametrize(
    ("connection", "address"),
    [
        ("", None),
        (f"InstrumentationKey={KEY}", None),
        (
            f"InstrumentationKey={KEY};IngestionEndpoint=https://eu.test/;LiveEndpoint=x",
            "https://eu.test/v2/track",
        ),
        (f"ingestionendpoint = https://eu.test ; INSTRUMENTATIONKEY = {KEY}", "https://eu.test/v2/track"),
        ("InstrumentationKey=another;IngestionEndpoint=https://eu.test/", None),
        (f"InstrumentationKey={KEY};IngestionEndpoint=file:///etc/passwd", None),
    ],
)
def test_a_connection_string_says_where_to_send(connection: str, address: str | None) -> None:
    assert tracking_address(connection, KEY) == address


DEBUGGED = """
import sys, warnings
warnings.simplefilter("ignore")
from webstead.gateway.wfastcgi.debugging import enable_debugging
from webstead.gateway.observe.log import Log
from webstead.gateway.wfastcgi.settings import Secret
log = Log(sys.argv[3])
print(enable_debugging(Secret(sys.argv[1]), sys.argv[2], log), flush=True)
sys.stdin.read()
"""


def test_ptvsd_listens_where_it_was_told_to(packages: Path, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    words = [sys.executable, "-c", DEBUGGED, "secret", address, str(tmp_path / "log")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCE), str(packages)])}
    with subprocess.Popen(
        words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")
        assert b"True\n" in lines, "the package prints lines of its own"
        with socket.create_connection(parse_address(address), SECONDS) as debugger:
            assert debugger.recv(20).startswith(b"Content-Length: ")
        process.kill()
    log = (tmp_path / "log").read_text()
    assert f"ptvsd 4.3.2, without a secret, waits for a debugger on {address}" in log
    assert "secret\n" not in log


@pytest.mark.parametrize(
    ("secret", "address", "said"),
    [
        (
            "secret",
            "0.0.0.0:5678",
            "ValueError: ptvsd 4.3.2 knows no secret, so it may not listen on 0.0.0.0",
        ),
        ("secret", "localhost:http", "ValueError: 'http' of WSGI_PTVSD_ADDRESS is no port"),
        ("", "", ""),
    ],
)
def test_what_may_not_be_debugged_is_not(
    packages: Path, tmp_path: Path, secret: str, address: str, said: str
) -> None:
    done = run(
        DEBUGGED.replace("sys.stdin.read()", ""), secret, address, str(tmp_path / "l"), path=str(packages)
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "False")
    assert f"remote debugging is off: {said}" in done.stderr if said else not done.stderr


OLD_PTVSD = "def enable_attach(secret, address, redirect_output=True): print('old', repr(secret), address)"


def test_a_ptvsd_that_knows_secrets_gets_it_and_none_is_told_of(tmp_path: Path) -> None:
    code = DEBUGGED.replace("sys.stdin.read()", "")
    done = run(code, "s", "example.test:99", str(tmp_path / "log"), path=str(tmp_path))
    assert done.stdout == "False\n"
    assert "ModuleNotFoundError: No module named 'ptvsd'" in done.stderr
    (tmp_path / "ptvsd.py").write_text(OLD_PTVSD)
    done = run(code, "s", "example.test:99", str(tmp_path / "log"), path=str(tmp_path))
    assert done.stdout == "old 's' ('example.test', 99)\nTrue\n"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", DEFAULT_ADDRESS),
        ("host", ("host", 5678)),
        ("host:1", ("host", 1)),
        ("[::1]", ("::1", 5678)),
        ("[::1]:9", ("::1", 9)),
    ],
)
def test_addresses_are_read(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", [":1", "host:", "host:0", "host:65536", "host:x", "host:²"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="WSGI_PTVSD_ADDRESS"):
        parse_address(text)
