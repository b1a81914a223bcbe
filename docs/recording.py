"""Draws a real run of `webstead up` as a picture: what it printed on a pseudo-terminal, with its colours."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 110
HEIGHT = 40
PROMPT = "$ webstead up examples/flask-guestbook"
CONTROL = re.compile(r"(\n|\r|\x1b\[(?:\?25[lh]|[0-9]*A|2K))")
READY = re.compile(r"Ready: .*?(http://[0-9.:]+)")


def draw(target: Path) -> None:
    """Runs the Flask example once for its environment and once for the picture, and writes the picture."""
    with tempfile.TemporaryDirectory() as scratch:
        output = _run(Path(scratch))
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(Text(PROMPT, style="bold"))
    console.print(Text.from_ansi(output.replace(str(Path.cwd()) + "/", "")))
    console.save_svg(str(target), title="webstead up")


def _run(scratch: Path) -> str:
    """The lines from the start to the second answer, with spinners (lines drawn over) taken out."""
    leader, follower = pty.openpty()
    environment = {
        **os.environ,
        "COLUMNS": str(WIDTH),
        "LINES": str(HEIGHT),
        "TERM": "xterm-256color",
        "GUESTBOOK_DB": str(scratch / "guestbook.sqlite3"),
        "WEBSTEAD_PORT": "0",
        "WEBSTEAD_CACHE_DIR": str(scratch / "cache"),
        "WEBSTEAD_STATE_DIR": str(scratch / "state"),
    }
    words = [sys.executable, "-m", "webstead", "up", "examples/flask-guestbook"]
    process = subprocess.Popen(words, stdin=follower, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    try:
        output = _until_answered(leader)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
    return _still(output)


def _until_answered(leader: int) -> str:
    output = ""
    while not (found := READY.search(output)):
        output += os.read(leader, 65536).decode()
    for path in ("/", "/static/guestbook.css"):
        urllib.request.urlopen(found[1] + path, timeout=10).read()  # noqa: S310 - our own
        while f"GET {path}" not in output:
            output += os.read(leader, 65536).decode()
    return output.replace(found[1], "http://127.0.0.1:8000")


def _still(output: str) -> str:
    """What stays on the screen: a spinner goes up a line and erases what it drew."""
    rows = [""]
    at = 0
    for part in CONTROL.split(output):
        if part == "\n":
            at += 1
            rows += [""] * (at + 1 - len(rows))
        elif part == "\x1b[2K":
            rows[at] = ""
        elif part.endswith("A") and part.startswith("\x1b"):
            at -= int(part[2:-1] or 1)
        elif not CONTROL.fullmatch(part):
            rows[at] += part
    return "\n".join(row for row in rows if row.strip())
