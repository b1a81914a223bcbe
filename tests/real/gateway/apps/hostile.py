"""Apps that do what no app should, one page each."""

import multiprocessing
import os
import signal
import sys
import threading
import time

_gate = threading.Event()
_kept = {}


def _text(start_response, text):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


def hello(environ, start_response):
    return _text(start_response, "hello")


def wait(environ, start_response):
    _kept["inside"] = True
    _gate.wait(20)
    return _text(start_response, "waited")


def inside(environ, start_response):
    return _text(start_response, str("inside" in _kept))


def open_gate(environ, start_response):
    _gate.set()
    return _text(start_response, "opened")


def keep_write(environ, start_response):
    """`write` outlives its request, as a thread that was left running keeps it."""
    length = environ["QUERY_STRING"]
    headers = [("Content-Type", "text/plain")] + ([("Content-Length", length)] if length else [])
    _kept["write"] = start_response("200 OK", headers)
    _kept["write"](b"first")
    return []


def keep_write_of_list(environ, start_response):
    _kept["write"] = start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"first"]


def write_late(environ, start_response):
    try:
        _kept["write"](b"STRAY")
    except Exception as error:  # noqa: BLE001 (whatever it is, its name is the answer)
        return _text(start_response, type(error).__name__)
    return _text(start_response, "written")


def keep_input(environ, start_response):
    _kept["input"] = environ["wsgi.input"]
    environ["wsgi.input"].read()
    return _text(start_response, "kept")


def read_late(environ, start_response):
    try:
        found = _kept["input"].read(10)
    except Exception as error:  # noqa: BLE001 (whatever it is, its name is the answer)
        return _text(start_response, type(error).__name__)
    return _text(start_response, repr(found))


class _ReadsInClose:
    def __init__(self, body):
        self._body = body

    def __iter__(self):
        return iter([b"answered"])

    def close(self):
        self._body.read()


def read_in_close(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return _ReadsInClose(environ["wsgi.input"])


def empty_environ(environ, start_response):
    environ.clear()
    raise ValueError("nothing is left")


def child_terminated(environ, start_response):
    """A process of the app's own is ended as everybody does it."""
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    child.start()
    child.terminate()
    child.join(10)
    code = child.exitcode
    child.kill()
    return _text(start_response, f"ended by {None if code is None else signal.Signals(-code).name}")


def _forked(start_response, fails):
    child = os.fork()
    if not child:
        if fails is None:
            return _text(start_response, "from the child")
        raise fails
    return _text(start_response, f"child {os.WEXITSTATUS(os.waitpid(child, 0)[1])}")


def child_returns(environ, start_response):
    return _forked(start_response, None)


def child_exits(environ, start_response):
    return _forked(start_response, SystemExit(3))


def child_exits_with_text(environ, start_response):
    return _forked(start_response, SystemExit("not well"))


def child_fails(environ, start_response):
    return _forked(start_response, ValueError("in the child"))


def descriptors_closed(environ, start_response):
    os.closerange(0, 3)
    raise ValueError("nobody hears it")


def surroundings(environ, start_response):
    os.chdir("/")
    os.umask(0)
    os.environ.clear()
    sys.path.clear()
    sys.setrecursionlimit(200)
    return _text(start_response, "changed")


def raises(environ, start_response):
    raise {
        "exit": SystemExit(3),
        "interrupt": KeyboardInterrupt(),
        "generator": GeneratorExit(),
        "memory": MemoryError(),
        "surrogate": RuntimeError("\udcff"),
        "unspeakable": _Unspeakable(),
    }[environ["QUERY_STRING"]]


class _Unspeakable(Exception):
    def __str__(self):
        raise SystemExit("no text")

    __repr__ = __str__


def recursion(environ, start_response):
    return recursion(environ, start_response)


class _Closing:
    def __iter__(self):
        return iter([b"all of it"])

    def close(self):
        raise SystemExit(3)


def close_fails(environ, start_response):
    start_response("200 OK", [("Content-Length", "9")])
    return _Closing()


def confused(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return {"text": ["text"], "number": 7, "none": None, "memory": [memoryview(b"x")], "dict": {"a": 1}}[
        environ["QUERY_STRING"]
    ]


def split_header(environ, start_response):
    start_response("200 OK", [("X-Split", "a\r\nSet-Cookie: stolen=1")])
    return [b"x"]


def thread_left(environ, start_response):
    threading.Thread(target=_gate.wait, daemon=False).start()
    return _text(start_response, "left")


def app(environ, start_response):
    return globals()[environ["PATH_INFO"].strip("/").replace("-", "_")](environ, start_response)
