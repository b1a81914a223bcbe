"""Clock, files and processes: what touches the world, as small Protocols with a real and a fake of each."""

from webstead.effects.clock import Clock, FakeClock, SystemClock
from webstead.effects.files import DiskTree, FileStamp, remove_tree, write_atomically
from webstead.effects.lock import locked, try_locked
from webstead.effects.processes import Completed, OnLine, Runner, Stream, TimedOut, run
from webstead.effects.recording import Answer, Call, RecordingRunner

__all__ = [
    "Answer",
    "Call",
    "Clock",
    "Completed",
    "DiskTree",
    "FakeClock",
    "FileStamp",
    "OnLine",
    "RecordingRunner",
    "Runner",
    "Stream",
    "SystemClock",
    "TimedOut",
    "locked",
    "remove_tree",
    "run",
    "try_locked",
    "write_atomically",
]
