"""SIGHUP renews a site's instances; but a site whose terminal is closed ends with it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.live import WEBSTEAD
from tests.loads import eventually

APP = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


@pytest.mark.needs("setsid")
def test_a_site_ends_with_its_terminal(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    log = tmp_path / "log.txt"
    terminal, its_end = pty.openpty()
    words = ["setsid", "--ctty", *WEBSTEAD, "up", str(tmp_path), "--port", "0"]
    with (
        log.open("wb") as output,
        subprocess.Popen(words, stdin=its_end, stdout=output, stderr=output) as process,
    ):
        os.close(its_end)
        try:
            eventually(lambda: "Ready: " in log.read_text(), seconds=60)
            process.send_signal(signal.SIGHUP)
            eventually(lambda: "Recycled: " in log.read_text())
            family = psutil.Process(process.pid).children(recursive=True)
        finally:
            os.close(terminal)
        assert process.wait(10) == 0
    assert "Stopped: SIGHUP" in log.read_text()
    assert family
    assert not psutil.wait_procs(family, timeout=5)[1]
