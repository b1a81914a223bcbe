"""What a process starts ends with it, also when it is killed."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil

from tests.observed import has_ended

STARTING = """
import subprocess, sys, time
from webstead.host.isolation import TAG, tag_of
from webstead.host.watched import watched
with watched():
    words = ["sh", "-c", "trap '' TERM; sleep 60 & echo $! $$; wait"]
    started = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={TAG: tag_of("deploy")})
    print(started.stdout.readline(), end="", flush=True)
    time.sleep(60)
"""


def test_what_was_started_ends_with_a_process_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTING], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        started = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]
        assert len(started) == 2
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    _, alive = psutil.wait_procs(started, timeout=10)
    assert all(map(has_ended, alive))
