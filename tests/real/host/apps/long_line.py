"""Writes a line of 10 MB, then bytes that are no text, then answers."""

import runpy
import sys
from pathlib import Path

sys.stdout.buffer.write(b"x" * 10_000_000 + b"\n" + b"caf\xe9\n")
sys.stdout.flush()
runpy.run_path(str(Path(__file__).with_name("answers.py")), run_name="__main__")
