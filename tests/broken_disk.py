"""A disk that fails: the kernel answers a process's calls with EIO, as it does for a device that is going.

strace does it, to all threads of the process and to what they start.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

__all__ = ["failing", "run_where_broken"]


@contextmanager
def failing(process: psutil.Process, *calls: str) -> Iterator[None]:
    """From when it is entered until it is left, each of these system calls fails."""
    names = ",".join(calls)
    words = [
        "strace",
        "-f",
        "-p",
        str(process.pid),
        "-e",
        f"trace={names}",
        "-e",
        f"inject={names}:error=EIO",
    ]
    with subprocess.Popen(
        [*words, "-o", "/dev/null"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as strace:
        assert strace.stderr is not None
        said = strace.stderr.readline()
        assert "attached" in said, said
        try:
            yield
        finally:
            strace.terminate()
            strace.communicate(timeout=20)


def run_where_broken(broken: Path, calls: str, code: str, *words: object) -> str:
    """Run Python code in a process of its own, for which these system calls fail at one path. What it
    printed."""
    strace = ["strace", "-f", "-o", "/dev/null", "-P", str(broken), "-e", f"inject={calls}:error=EIO"]
    done = subprocess.run(
        [*strace, sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
