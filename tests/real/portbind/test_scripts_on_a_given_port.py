"""Scripts as real processes, started as the host starts them, that listen where they are told to."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port
from webstead.host.launch import PORTBIND_FOLDER
from webstead.host.probe import listening_ports

SECONDS = 20

ANSWER = """\
import http.server, socketserver, sys, os, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = repr(self.text()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def text(self):
        return "hello"
    def log_message(self, *given):
        pass
"""


@contextmanager
def running(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(PORTBIND_FOLDER), *words],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=SECONDS)


def answer(port: int, process: subprocess.Popen[str], host: str = "127.0.0.1") -> str:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()
        except OSError:
            time.sleep(0.02)
        finally:
            connection.close()
    pytest.fail(f"no answer; it ended with {process.poll()}")


PLAIN = ANSWER + "http.server.HTTPServer(('', 8000), Handler).serve_forever()\n"


def served(folder: Path, code: str, *words: str) -> str:
    """The answer of a script that listens on port 8000 by its code."""
    (folder / "server.py").write_text(ANSWER + code)
    port = free_port()
    with running(folder, "--to", str(port), *(words or ("--port", "8000", "server.py"))) as process:
        return answer(port, process)


def test_the_port_of_the_code_becomes_the_given_one_on_the_loopback(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(
        ANSWER + "http.server.HTTPServer(('', 8000), Handler).serve_forever()"
    )
    port = free_port()
    with running(tmp_path, "--to", str(port), "--port", "8000", "server.py") as process:
        assert answer(port, process) == "'hello'"
        assert listening_ports(process.pid) == [("127.0.0.1", port)]


def test_where_to_listen_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(
        ANSWER + "http.server.HTTPServer(('localhost', 8000), Handler).serve_forever()"
    )
    port = free_port()
    words = ("--to", str(port), "--address", "0.0.0.0", "--port", "8000", "server.py")
    with running(tmp_path, *words) as process:
        assert answer(port, process) == "'hello'"
        assert listening_ports(process.pid) == [("0.0.0.0", port)]


def test_two_of_one_code_run_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(
        ANSWER + "http.server.HTTPServer(('', 8000), Handler).serve_forever()"
    )
    one, two = free_port(), free_port()
    with (
        running(tmp_path, "--to", str(one), "--port", "8000", "server.py") as first,
        running(tmp_path, "--to", str(two), "--port", "8000", "server.py") as second,
    ):
        assert answer(one, first) == answer(two, second) == "'hello'"


def test_a_socket_of_both_families_answers_on_the_ipv4_loopback(tmp_path: Path) -> None:
    code = (
        "class Both(http.server.ThreadingHTTPServer):\n"
        "    address_family = __import__('socket').AF_INET6\n"
        "    def server_bind(self):\n"
        "        self.socket.setsockopt(41, 26, 0)\n"
        "        super().server_bind()\n"
        "Both(('::', 8000), Handler).serve_forever()\n"
    )
    assert served(tmp_path, code) == "'hello'"


def test_asyncio_servers_listen_on_both_loopbacks(tmp_path: Path) -> None:
    code = (
        "import asyncio\n"
        "async def speak(reader, writer):\n"
        "    await reader.readuntil(b'\\r\\n\\r\\n')\n"
        "    writer.write(b'HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nasync')\n"
        "    writer.close()\n"
        "async def main():\n"
        "    server = await asyncio.start_server(speak, None, 8000)\n"
        "    await server.serve_forever()\n"
        "asyncio.run(main())\n"
    )
    (tmp_path / "server.py").write_text(code)
    port = free_port()
    with running(tmp_path, "--to", str(port), "--port", "8000", "server.py") as process:
        assert answer(port, process) == "async"
        assert {host for host, _ in listening_ports(process.pid)} <= {"127.0.0.1", "::1", "::"}
        assert {number for _, number in listening_ports(process.pid)} == {port}


def test_other_ports_stay_as_they_are(tmp_path: Path) -> None:
    other = free_port()
    code = (
        f"metrics = http.server.ThreadingHTTPServer(('127.0.0.1', {other}), Handler)\n"
        "threading.Thread(target=metrics.serve_forever, daemon=True).start()\n"
        "http.server.ThreadingHTTPServer(('', 8000), Handler).serve_forever()\n"
    )
    (tmp_path / "server.py").write_text(ANSWER + code)
    port = free_port()
    with running(tmp_path, "--to", str(port), "--port", "8000", "server.py") as process:
        assert answer(port, process) == "'hello'"
        assert sorted(number for _, number in listening_ports(process.pid)) == sorted([other, port])


def test_a_script_that_asks_itself_finds_itself(tmp_path: Path) -> None:
    code = (
        "import urllib.request\n"
        "class Asking(Handler):\n"
        "    def text(self):\n"
        "        if self.path == '/inner':\n"
        "            return 'inner'\n"
        "        return urllib.request.urlopen('http://localhost:8000/inner').read().decode()\n"
        "http.server.ThreadingHTTPServer(('', 8000), Asking).serve_forever()\n"
    )
    assert "inner" in served(tmp_path, code)


def test_the_first_port_is_the_given_one_where_the_code_shows_none(tmp_path: Path) -> None:
    code = "http.server.HTTPServer(('', int(sys.argv[1])), Handler).serve_forever()"
    assert served(tmp_path, code, "--first", "server.py", "7654") == "'hello'"


def test_the_script_sees_what_a_program_sees(tmp_path: Path) -> None:
    code = (
        "import __main__\n"
        "class Seeing(Handler):\n"
        "    def text(self):\n"
        "        return (sys.argv, __name__, __file__, os.path.samefile(sys.path[0], '.'),\n"
        "                __main__.Seeing is Seeing, [n for n in sys.modules if n.startswith('webstead')],\n"
        "                [p for p in sys.path if 'webstead' in os.path.basename(p)])\n"
        "if __name__ == '__main__':\n"
        "    http.server.HTTPServer(('', 8000), Seeing).serve_forever()\n"
    )
    found = served(tmp_path, code, "--port", "8000", "server.py", "--debug", "x")
    assert found == repr((["server.py", "--debug", "x"], "__main__", "server.py", True, True, [], []))


def test_a_module_of_a_package_keeps_its_relative_imports(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "names.py").write_text(ANSWER + "GREETING = 'from a package'\n")
    (tmp_path / "shop" / "__main__.py").write_text(
        "from .names import *\n"
        "class Named(Handler):\n"
        "    def text(self):\n"
        "        return GREETING\n"
        "http.server.HTTPServer(('', 8000), Named).serve_forever()\n"
    )
    assert served(tmp_path, "", "--port", "8000", "--module", "shop") == "'from a package'"


def test_a_process_that_the_script_starts_knows_the_script(tmp_path: Path) -> None:
    code = (
        "import multiprocessing\n"
        "def double(number):\n"
        "    return 2 * number\n"
        "class Pooled(Handler):\n"
        "    def text(self):\n"
        "        with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "            return pool.map(double, [21])\n"
        "if __name__ == '__main__':\n"
        "    http.server.HTTPServer(('', 8000), Pooled).serve_forever()\n"
    )
    assert served(tmp_path, code) == "[42]"


def test_no_browser_is_opened(tmp_path: Path) -> None:
    code = (
        "import webbrowser\n"
        "class Opening(Handler):\n"
        "    def text(self):\n"
        "        return (webbrowser.open('http://x'), webbrowser.open_new_tab('http://x'),\n"
        "                webbrowser.get().open('http://x'), webbrowser.__loader__.name)\n"
        "http.server.HTTPServer(('', 8000), Opening).serve_forever()\n"
    )
    assert served(tmp_path, code) == repr((False, False, False, "webbrowser"))


def test_an_error_is_the_scripts_own(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("def start():\n    raise ValueError('no database')\nstart()\n")
    with running(tmp_path, "--to", "5000", "--port", "8000", "server.py") as process:
        _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert told.splitlines()[0] == "Traceback (most recent call last):"
    assert "server.py" in told.splitlines()[1]
    assert told.splitlines()[-1] == "ValueError: no database"
    assert "portbind" not in told


def test_the_exit_code_is_the_scripts_own(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("import sys\nsys.exit(7)\n")
    with running(tmp_path, "--to", "5000", "server.py") as process:
        assert process.wait(SECONDS) == 7


def test_a_port_that_is_taken_fails_as_ever(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(ANSWER + "http.server.HTTPServer(('', 8000), Handler)")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(tmp_path, "--to", str(port), "--port", "8000", "server.py") as process:
            _, told = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert "Address already in use" in told


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(
        ANSWER + "http.server.HTTPServer(('', 8000), Handler).serve_forever()"
    )
    port = free_port()
    with running(tmp_path, "--to", str(port), "--port", "8000", "server.py") as process:
        answer(port, process)
        process.terminate()
        assert process.wait(SECONDS) == -15
        assert not psutil.pid_exists(process.pid)
