"""One connected socket as standard input, as IIS hands one to a FastCGI process, and requests one by one."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from bench.fastcgi import GATEWAY_FOLDER
from bench.nginx import FASTCGI_PARAMS
from bench.processes import ContenderError, Running, running
from bench.serving import Contender, Serving
from bench.workplace import APP, HELLO_BODY, ROOT, Workplace, tool
from webstead.formats.fastcgi.client import Body, End, Head, ResponseParser, begin_request, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import REQUEST_COMPLETE, pack_end

__all__ = ["END", "STDIN_GATEWAY", "WFASTCGI", "answer", "request"]

END = pack_end(1, 0, REQUEST_COMPLETE)
"""What every answer ends with."""

BATCH = 50
"""Requests between two looks at the clock."""

SECONDS_TO_ANSWER = 30.0

_VALUES = {
    "$content_length": "",
    "$content_type": "",
    "$query_string": "",
    "$remote_addr": "127.0.0.1",
    "$remote_port": "50000",
    "$request_method": "GET",
    "$request_uri": "/",
    "$server_addr": "127.0.0.1",
    "$server_name": "localhost",
    "$server_port": "80",
    "$server_protocol": "HTTP/1.1",
}
"""What nginx would put for its variables."""


def request(site: Path) -> bytes:
    """A GET with the 36 parameters that IIS sends."""
    pairs = {name: _VALUES.get(value, value.replace("$uri", "/")) for name, value in FASTCGI_PARAMS}
    pairs |= {"HTTP_HOST": "localhost", "APPL_PHYSICAL_PATH": f"{site}/"}
    block = encode_pairs((name.encode(), value.encode()) for name, value in pairs.items())
    return begin_request(1) + params(1, block) + stdin(1, b"")


def answer(peer: socket.socket) -> bytes:
    """All of one answer."""
    data = peer.recv(65536)
    while not data.endswith(END):
        more = peer.recv(65536)
        if not more:
            raise ContenderError("the connection was closed in the middle of an answer")
        data += more
    return data


@contextlib.contextmanager
def _started(place: Workplace, name: str, words: Sequence[str], site: Path) -> Iterator[Serving]:
    ours, theirs = socket.socketpair()
    ours.settimeout(SECONDS_TO_ANSWER)
    log = place.run / f"{name}.log"
    with ours, running(name, words, directory=site, log=log, stdin=theirs) as server:
        theirs.close()
        yield Serving(server, _measure(ours, request(site), server))


def _measure(peer: socket.socket, asked: bytes, server: Running) -> Callable[[int], float]:
    def measure(seconds: int) -> float:
        _check(peer, asked, server)
        count = 0
        with _on_one_processor(server.process.pid):
            began = time.perf_counter()
            while (spent := time.perf_counter() - began) < seconds:
                for _ in range(BATCH):
                    peer.sendall(asked)
                    if not peer.recv(65536).endswith(END):
                        answer(peer)
                count += BATCH
        _check(peer, asked, server)
        return count / spent

    return measure


@contextlib.contextmanager
def _on_one_processor(pid: int) -> Iterator[None]:
    """The two take turns, so one processor is enough. On two, each turn would wake up a processor that
    sleeps, which on a virtual machine takes longer than the request, and changes from second to second.
    """
    before = os.sched_getaffinity(0)
    threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    try:
        for thread in (0, *threads):
            os.sched_setaffinity(thread, {min(before)})
        yield
    finally:
        os.sched_setaffinity(0, before)


def _check(peer: socket.socket, asked: bytes, server: Running) -> None:
    try:
        peer.sendall(asked)
        events = ResponseParser().feed(answer(peer))
    except OSError as error:
        raise ContenderError(f"{server.name} does not answer: {error}\n{server.tail()}") from None
    body = b"".join(event.data for event in events if isinstance(event, Body))
    heads = [event for event in events if isinstance(event, Head)]
    if body != HELLO_BODY or heads[0].status != 200 or not isinstance(events[-1], End):
        raise ContenderError(
            f"{server.name} does not give the app's answer: {events!r:.300}\n{server.tail()}"
        )


def _gateway(place: Workplace) -> AbstractContextManager[Serving]:
    return _started(place, "gateway", (tool("python"), str(GATEWAY_FOLDER), APP), place.site)


def _wfastcgi(place: Workplace) -> AbstractContextManager[Serving]:
    """In a copy of the site, with a Web.config: a capital W, or it is not found here."""
    site = Path(shutil.copytree(place.site, place.run / "wfastcgi"))
    settings = {"WSGI_HANDLER": "hello.application", "WSGI_RESTART_FILE_REGEX": ""}
    lines = "".join(f'<add key="{key}" value="{value}"/>' for key, value in settings.items())
    text = f"<configuration><appSettings>{lines}</appSettings></configuration>"
    (site / "Web.config").write_text(text)
    return _started(place, "wfastcgi", (tool("python"), str(ROOT / "bench" / "wfastcgi_server.py")), site)


STDIN_GATEWAY = Contender("webstead gateway, standard input", _gateway)
WFASTCGI = Contender("wfastcgi 3.0.0, standard input", _wfastcgi)
