"""A WSGI app with a page for each thing that a web server may get wrong."""

import hashlib
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote


def _text(start_response, text, *headers, status="200 OK"):
    body = text.encode()
    start_response(
        status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *headers]
    )
    return [body]


def _memory_peak():
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def environ_page(environ, start_response):
    texts = {name: value for name, value in environ.items() if isinstance(value, str)}
    return _text(
        start_response, json.dumps(texts), ("X-Two", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")
    )


def process(environ, start_response):
    return _text(start_response, json.dumps({"process": os.getpid(), "peak": _memory_peak()}))


def digest(environ, start_response):
    found = hashlib.sha256()
    size = 0
    for part in iter(lambda: environ["wsgi.input"].read(65536), b""):
        found.update(part)
        size += len(part)
    said = environ.get("CONTENT_LENGTH", "")
    words = {"size": size, "sha256": found.hexdigest(), "peak": _memory_peak(), "length": said}
    return _text(start_response, json.dumps(words))


def unread(environ, start_response):
    return _text(start_response, "not interested")


class Parts:
    """Three parts; each but the first is sent when a byte has come through the named pipe."""

    def __init__(self, pipe):
        self.pipe = pipe

    def __iter__(self):
        with open(self.pipe, "rb", buffering=0) as gate:
            for part in (b"one ", b"two ", b"three"):
                yield part
                if not gate.read(1):
                    return


def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Accel-Buffering", "no")])
    return Parts(unquote(environ["QUERY_STRING"]))


class Endless:
    """Tells the named pipe when it is closed."""

    def __init__(self, pipe):
        self.pipe = pipe

    def __iter__(self):
        return iter(lambda: b"x" * 65536, b"")

    def close(self):
        with open(self.pipe, "wb", buffering=0) as told:
            told.write(b"closed")


def endless(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Endless(unquote(environ["QUERY_STRING"]))


def blocks(environ, start_response):
    start_response("200 OK", [("Content-Length", "20000000")])
    return (b"z" * 20000 for _ in range(1000))


def file(environ, start_response):
    """The file that the query names."""
    opened = Path(unquote(environ["QUERY_STRING"])).open("rb")  # noqa: SIM115 (the gateway closes it)
    tag = ("ETag", '"file"')
    if environ.get("HTTP_IF_NONE_MATCH") == tag[1]:
        start_response("304 Not Modified", [tag])
    else:
        start_response("200 OK", [("Content-Type", "application/octet-stream"), tag])
    return environ["wsgi.file_wrapper"](opened)


def prints(environ, start_response):
    print("printed by the app")
    subprocess.run(["sh", "-c", "echo printed by a program; echo said by a program >&2"], check=True)
    return _text(start_response, "nothing of it is here")


def big_header(environ, start_response):
    return _text(start_response, "big", ("X-Big", "v" * int(environ["QUERY_STRING"])))


def not_modified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"a"')])
    return []


def missing(environ, start_response):
    return _text(start_response, "no such page, says the app", status="404 Not Found")


def fails(environ, start_response):
    raise RuntimeError("the page has failed")


PAGES = {
    "process": process,
    "digest": digest,
    "unread": unread,
    "stream": stream,
    "endless": endless,
    "blocks": blocks,
    "file": file,
    "prints": prints,
    "big_header": big_header,
    "not_modified": not_modified,
    "missing": missing,
    "fails": fails,
}


def app(environ, start_response):
    name = environ["PATH_INFO"].strip("/").split("/")[0]
    return PAGES.get(name, environ_page)(environ, start_response)
