"""What the tests of the master ask for. The copy beside the socket is changed for a reload: its VERSION."""

import os
import signal
import sys
import threading

VERSION = "one"

_eaten = []
_here = os.path.dirname(os.path.abspath(__file__))


def app(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/fails":
        raise RuntimeError("on purpose")
    if path == "/slow":
        return _slow()
    if path == "/stuck":
        return _stuck_for_ever()
    if path == "/frozen":
        os.kill(os.getpid(), signal.SIGSTOP)
    if path == "/eat":
        _eaten.append(b"x" * (100 << 20))
    if path == "/environ":
        return [" ".join(sorted(os.environ)).encode()]
    if path == "/print":
        print("printed by the app", file=sys.stderr, flush=True)
    return [f"{VERSION} {os.getpid()} ".encode(), b"x" * 5000, b" end"]


def _slow():
    yield b"begun "
    fifo = os.path.join(_here, "go")
    with open(fifo) as gate:
        gate.read()
    yield b"finished"


def _stuck_for_ever():
    threading.Event().wait()
    return [b"never"]
