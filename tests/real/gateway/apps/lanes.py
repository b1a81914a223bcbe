"""A WSGI app whose requests wait for each other by name, with several threads, or else for their bodies."""

import hashlib
import threading

_gates = {}
_lock = threading.Lock()


def _gate(name):
    with _lock:
        return _gates.setdefault(name, (threading.Event(), threading.Event()))


def app(environ, start_response):
    page, _, name = environ["PATH_INFO"].strip("/").partition("/")
    body = environ["wsgi.input"]
    if page == "wait":
        arrived, opened = _gate(name)
        arrived.set()
        opened.wait(20)
    if page == "open":  # once /wait has begun
        arrived, opened = _gate(name)
        arrived.wait(20)
        opened.set()
    if page == "endless":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return iter(lambda: b"x" * 60000, b"")
    digest = hashlib.sha256()
    for part in iter(lambda: body.read(65536), b""):
        digest.update(part)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{page}/{name} {digest.hexdigest()[:16]}".encode()]
