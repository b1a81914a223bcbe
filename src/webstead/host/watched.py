"""A process that starts others, and whose end is theirs, too, however it ends: it has a warden."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["WARDEN", "watched"]

WARDEN = Path(__file__).with_name("warden.py")


@contextmanager
def watched() -> Iterator[None]:
    """From here to the end, or until this process is killed; then what runs with a tag of it (`tag_of`) ends,
    with all that it has started. Raises OSError."""
    words = (sys.executable, "-I", "-S", str(WARDEN), str(os.getpid()))
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # what we write to ends with us alone
        env={},
        start_new_session=True,
    ):
        yield
