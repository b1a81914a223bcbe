"""Answers, and leaves a process behind that has a session of its own, another parent, and does not mind
SIGTERM."""

import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

LATE = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("orphan", os.getpid())
signal.pause()
"""

middle = os.fork()
if middle == 0:
    subprocess.Popen([sys.executable, "-u", "-c", LATE], start_new_session=True)
    os._exit(0)
os.waitpid(middle, 0)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
runpy.run_path(str(Path(__file__).with_name("answers.py")), run_name="__main__")
