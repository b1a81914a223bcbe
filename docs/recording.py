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
CONTROL = re.compile(r"\x1b\[(\?25[lh]|[0-9]*[A-KJ]|2K)|\r")
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
        "WEBSTEAD_CACHE_DIR": str(scratch / "cache"),
        "WEBSTEAD_STATE_DIR": str(scratch / "state"),
    }
    words = [sys.executable, "-m", "webstead", "up", "examples/flask-guestbook"]
    process = subprocess.Popen(words, stdin=follower, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    output = ""
    while not (found := READY.search(output)):
        output += os.read(leader, 65536).decode()
    for path in ("/", "/static/guestbook.css"):
        urllib.request.urlopen(found[1] + path, timeout=10).read()  # noqa: S310 - our own
        while f"GET {path}" not in output:
            output += os.read(leader, 65536).decode()
    process.send_signal(signal.SIGINT)
    process.wait(10)
    return _still(output)


def _still(output: str) -> str:
    """What stays on the screen: lines that a spinner drew over are gone."""
    lines = [
        line for line in output.replace("\r\n", "\n").split("\n") if "\x1b[2K" not in line or "Done" in line
    ]
    kept = [CONTROL.sub("", line.split("\x1b[2K")[-1]) for line in lines]
    return "\n".join(line for line in kept if line.strip())
