"""`cgi-fcgi`, the command line client of the FastCGI reference library."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Gateway, make_site, short_folder
from .webserver import SECONDS, program_of

pytestmark = pytest.mark.needs("cgi-fcgi")


@pytest.fixture(scope="module")
def socket_path() -> Iterator[str]:
    with short_folder() as folder:
        site = make_site(folder, "site_pages:app")
        with Gateway(site, folder):
            yield str(site.upstream)


def ask_by_words(path: str, body: bytes = b"", **params: str) -> tuple[int, bytes, str]:
    """(exit code, standard output, standard error)"""
    done = subprocess.run(
        [program_of("cgi-fcgi"), "-bind", "-connect", path],
        input=body,
        env={"PATH": os.environ["PATH"], "SERVER_PROTOCOL": "HTTP/1.1", **params},
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


def test_started_by_cgi_fcgi_the_gateway_serves_on_descriptor_0(tmp_path: Path) -> None:
    """`-start` binds the path, and starts the program with the listening socket as its standard input."""
    with short_folder() as folder:
        site = make_site(folder, "site_pages:app")
        program = folder / "run"
        words = f'exec "{site.python}" "{site.gateway}" --directory "{site.directory}" {site.target}\n'
        program.write_text(f"#!/bin/sh\necho $$ > {folder}/pid\n{words}")
        program.chmod(0o755)
        connect = [program_of("cgi-fcgi"), "-start", "-connect", str(site.upstream), str(program), "1"]
        subprocess.run(connect, stdin=subprocess.DEVNULL, check=True, timeout=SECONDS)
        try:
            _, output, _ = ask_by_words(str(site.upstream), REQUEST_METHOD="GET", PATH_INFO="/missing")
            assert output.startswith(b"Status: 404")
        finally:
            os.kill(int((folder / "pid").read_text()), 15)
