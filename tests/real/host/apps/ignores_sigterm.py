"""Answers, and does not mind SIGTERM."""

import runpy
import signal
from pathlib import Path

signal.signal(signal.SIGTERM, signal.SIG_IGN)
runpy.run_path(str(Path(__file__).with_name("answers.py")), run_name="__main__")
