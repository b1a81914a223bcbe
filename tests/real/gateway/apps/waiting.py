"""The second part of a response waits for a file named `go` beside the gateway's socket; /quick does not."""

import os
import sys
import time

_folder = next(os.path.dirname(word[len("unix:") :]) for word in sys.argv if word.startswith("unix:"))


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/quick":
        return [b"quick"]
    return _parts()


def _parts():
    yield b"begun "
    deadline = time.monotonic() + 15
    while not os.path.exists(os.path.join(_folder, "go")) and time.monotonic() < deadline:
        time.sleep(0.005)
    yield b"finished"
