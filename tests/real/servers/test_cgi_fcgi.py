"""`cgi-fcgi`, the command line client of the FastCGI reference library."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.observed import has_ended

from .conftest import Gateway, make_site, short_folder
from .webserver import SECONDS, eventually, program_of

pytestmark = pytest.mark.needs("cgi-fcgi")


@pytest.fixture(scope="module")
def socket_path() -> Iterator[str]:
    with short_folder() as folder:
        site = make_site(folder, "site_pages:app")
        with Gateway(site, folder):
            yield str(site.upstream)


def ask_by_words(
    path: str, body: bytes = b"", command: Sequence[str] = (), **params: str
) -> tuple[int, bytes, str]:
    """(exit code, standard output, standard error)"""
    done = subprocess.run(
        command or [program_of("cgi-fcgi"), "-bind", "-connect", path],
        input=body,
        env={"PATH": os.environ["PATH"], "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "GET", **params},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode()


def test_get(socket_path: str) -> None:
    code, output, errors = ask_by_words(
        socket_path, REQUEST_METHOD="GET", PATH_INFO="/missing", QUERY_STRING="", SCRIPT_NAME=""
    )
    head, _, body = output.partition(b"\r\n\r\n")
    assert (code, errors) == (0, "")
    assert head.splitlines()[0] == b"Status: 404 Not Found"
    assert body == b"no such page, says the app"


def test_post(socket_path: str) -> None:
    body = b"x" * 1_000_000
    _, output, _ = ask_by_words(
        socket_path,
        body,
        REQUEST_METHOD="POST",
        PATH_INFO="/digest",
        CONTENT_LENGTH=str(len(body)),
        CONTENT_TYPE="text/plain",
    )
    assert b'"size": 1000000' in output


def test_a_large_response(socket_path: str) -> None:
    _, output, _ = ask_by_words(socket_path, REQUEST_METHOD="GET", PATH_INFO="/blocks")
    assert len(output.partition(b"\r\n\r\n")[2]) == 20_000_000


def test_what_it_says_of_a_failure(socket_path: str) -> None:
    _, output, _ = ask_by_words(
        socket_path, REQUEST_METHOD="GET", PATH_INFO="/fails", REMOTE_ADDR="127.0.0.1"
    )
    assert output.startswith(b"Status: 500")
    assert b"RuntimeError: the page has failed" in output


@dataclass(frozen=True, slots=True)
class Started:
    """What cgi-fcgi is to start: a program without words, which becomes the gateway. It starts it with the
    listening socket as descriptor 0, and without descriptors 1 and 2."""

    folder: Path
    socket: str
    program: str

    def process(self) -> psutil.Process:
        return psutil.Process(int((self.folder / "pid").read_text()))

    @property
    def log(self) -> str:
        return "".join(file.read_text() for file in self.folder.rglob("*.log"))


_PROGRAM = """\
#!{python}
import os
import pathlib

folder = pathlib.Path({folder!r})
closed = [number for number in (1, 2) if not os.path.exists(f"/proc/self/fd/{{number}}")]
assert closed == [1, 2]
(folder / "pid").write_text(str(os.getpid()))
os.environ["TMPDIR"] = str(folder)
os.execv({python!r}, [{python!r}, {gateway!r}, "--directory", {directory!r}, {target!r}])
"""


@pytest.fixture
def started() -> Iterator[Started]:
    with short_folder() as folder:
        site = make_site(folder, "site_pages:app")
        program = folder / "run"
        words = {name: getattr(site, name) for name in ("python", "gateway", "directory", "target")}
        program.write_text(_PROGRAM.format(folder=str(folder), **words))
        program.chmod(0o755)
        started = Started(folder, str(site.upstream), str(program))
        try:
            yield started
        finally:
            process = started.process()
            process.terminate()
            eventually(lambda: has_ended(process), lambda: started.log)


def test_started_with_a_listening_socket_it_serves_on_descriptor_0(started: Started) -> None:
    """`-start` binds the path, starts the program and leaves it."""
    command = [program_of("cgi-fcgi"), "-start", "-connect", started.socket, started.program, "1"]
    subprocess.run(command, stdin=subprocess.DEVNULL, check=True, timeout=SECONDS)
    for _ in range(3):
        _, output, _ = ask_by_words(started.socket, REQUEST_METHOD="GET", PATH_INFO="/missing")
        assert output.startswith(b"Status: 404")


def test_started_for_a_request_it_answers_that_one_and_the_next(started: Started) -> None:
    """Without `-start` and `-bind` it connects, starting the program when nobody listens."""
    for _ in range(2):
        command = (program_of("cgi-fcgi"), "-connect", started.socket, started.program, "1")
        code, output, errors = ask_by_words(started.socket, command=command, PATH_INFO="/missing")
        assert (code, output.startswith(b"Status: 404"), errors) == (0, True, "")


def test_without_standard_streams_what_is_printed_is_in_a_log(started: Started) -> None:
    command = (program_of("cgi-fcgi"), "-connect", started.socket, started.program, "1")
    _, output, _ = ask_by_words(started.socket, command=command, PATH_INFO="/prints")
    assert output.partition(b"\r\n\r\n")[2] == b"nothing of it is here"
    lines = ("printed by the app", "printed by a program", "said by a program")
    eventually(lambda: all(line in started.log for line in lines), lambda: started.log)
    open_files = {number: os.readlink(f"/proc/{started.process().pid}/fd/{number}") for number in (1, 2)}
    assert all(name.endswith(".log") for name in open_files.values()), open_files
