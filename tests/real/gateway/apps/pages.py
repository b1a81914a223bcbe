"""A WSGI app with one page for each way a response can go."""

import hashlib
import os
import sys
import threading
import time

_gate = threading.Event()
closed = []


def _text(start_response, text, status="200 OK"):
    start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode()]


def hello(environ, start_response):
    return _text(start_response, "hello")


def environ_page(environ, start_response):
    lines = [f"{name}={value!r}" for name, value in sorted(environ.items()) if not name.startswith("wsgi.")]
    lines += [
        f"{name}={environ[name]!r}" for name in ("wsgi.multithread", "wsgi.multiprocess", "wsgi.url_scheme")
    ]
    return _text(start_response, "\n".join(lines))


def echo(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [body]


def digest(environ, start_response):
    found = hashlib.sha256()
    size = 0
    while True:
        part = environ["wsgi.input"].read(65536)
        if not part:
            break
        found.update(part)
        size += len(part)
    return _text(start_response, f"{size} {found.hexdigest()}")


def lines(environ, start_response):
    stream = environ["wsgi.input"]
    first = stream.readline()
    short = stream.readline(3)
    rest = stream.readlines()
    return _text(start_response, repr((first, short, rest, list(stream))))


def unread(environ, start_response):
    return _text(start_response, "not interested")


def some_read(environ, start_response):
    environ["wsgi.input"].read(10)
    return _text(start_response, "ten")


class Stream:
    def __init__(self, parts):
        self.parts = iter(parts)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.parts)

    def close(self):
        closed.append("stream")


def stream(environ, start_response):
    """Each part but the first waits for a request to /open."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Accel-Buffering", "no")])

    def parts():
        for part in (b"one ", b"", b"two ", b"three"):
            yield part
            if part:
                _gate.wait(20)
                _gate.clear()

    return Stream(parts())


def open_gate(environ, start_response):
    _gate.set()
    return _text(start_response, "opened")


def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Stream(iter(lambda: b"x" * 65536, b""))


def closed_page(environ, start_response):
    return _text(start_response, str(len(closed)))


def big(environ, start_response):
    size = int(environ["QUERY_STRING"] or "5000000")
    start_response("200 OK", [("Content-Length", str(size))])
    return [b"0123456789" * (size // 10)]


def blocks(environ, start_response):
    start_response("200 OK", [("Content-Length", "20000000")])
    return (b"z" * 20000 for _ in range(1000))


def file(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/x-python")])
    return environ["wsgi.file_wrapper"](open(__file__, "rb"))


def write(environ, start_response):
    send = start_response("200 OK", [("Content-Type", "text/plain")])
    send(b"written ")
    send(b"twice ")
    return [b"and returned"]


def replaced(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    try:
        raise ValueError("changed my mind")
    except ValueError:
        start_response("503 Later", [("Content-Type", "text/plain")], sys.exc_info())
    return [b"replaced"]


def too_late(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"started "
    try:
        raise ValueError("too late")
    except ValueError:
        start_response("500 Oh", [], sys.exc_info())


def nothing(environ, start_response):
    start_response("204 No Content", [])
    return []


def not_modified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"a"')])
    return [b"never sent"]


def empty(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return []


def fails(environ, start_response):
    raise RuntimeError("the page → failed")


def exits(environ, start_response):
    sys.exit("leaving")


def fails_later(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"some of it "
    raise RuntimeError("in the middle")


def fails_in_close(environ, start_response):
    class Closing(Stream):
        def close(self):
            raise RuntimeError("in close")

    start_response("200 OK", [("Content-Length", "4")])
    return Closing([b"done"])


def twice(environ, start_response):
    start_response("200 OK", [])
    start_response("200 OK", [])
    return [b""]


def silent(environ, start_response):
    return [b"no headers"]


def text(environ, start_response):
    start_response("200 OK", [])
    return ["text"]


def none(environ, start_response):
    start_response("200 OK", [])


def short(environ, start_response):
    start_response("200 OK", [("Content-Length", "10")])
    return iter([b"12345"])


def long(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    return iter([b"123", b"45678"])


def injected(environ, start_response):
    start_response("200 OK", [("X-Value", "a\r\nSet-Cookie: b=c")])
    return [b""]


def hop(environ, start_response):
    start_response("200 OK", [("Connection", "close")])
    return [b""]


def process(environ, start_response):
    return _text(start_response, str(os.getpid()))


def slow(environ, start_response):
    time.sleep(0.05)
    return _text(start_response, threading.current_thread().name)


def loaded(environ, start_response):
    names = [name for name in sys.modules if name.split(".")[0] == "webstead"]
    return _text(start_response, repr((names, sys.path)))


def prints(environ, start_response):
    print("printed by the app")
    print("an error of the app", file=environ["wsgi.errors"])
    return _text(start_response, "printed")


PAGES = {
    name: value
    for name, value in list(globals().items())
    if callable(value) and not name.startswith("_") and not isinstance(value, type)
}
PAGES["environ"] = environ_page
PAGES["open"] = open_gate
PAGES["closed"] = closed_page


def app(environ, start_response):
    name = environ["PATH_INFO"].strip("/").split("/")[0] or "hello"
    return PAGES.get(name, environ_page)(environ, start_response)
