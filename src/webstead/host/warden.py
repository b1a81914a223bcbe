"""Ends what a killed supervisor leaves behind: apps that do not mind SIGTERM, and what they have started.

Run by its file, as a process of its own: `python -I -S warden.py PID`. Its input is the supervisor's
lifeline; at its end it looks for processes that bear the tag of that supervisor, and ends them as the
supervisor would have. Where there is no /proc it finds none. Only the standard library, so that it is small
(7 MB) and quick."""

from __future__ import annotations

import os
import signal
import sys
import time

__all__ = ["end_tagged", "tagged"]

_TAG = b"WEBSTEAD_INSTANCE="  # isolation.TAG
_PROC = "/proc"
_POLITE_SECONDS = 0.5  # they have had a signal from the kernel, or the end of their lifeline
_GRACE_SECONDS = 3.0
_LOOK_SECONDS = 0.05


def tagged(supervisor: int) -> list[int]:
    """The processes that run with a tag of that supervisor:
    `WEBSTEAD_INSTANCE=<name>@<supervisor>.<serial>`."""
    mark = b"@%d." % supervisor
    found = []
    for name in os.listdir(_PROC) if os.path.isdir(_PROC) else []:
        if name.isdigit():
            entries = _environment(name).split(b"\0")
            if any(entry.startswith(_TAG) and mark in entry for entry in entries):
                found.append(int(name))
    return found


def _environment(name: str) -> bytes:
    """Empty for a zombie, for another user's process, and for one that has just gone."""
    try:
        with open(f"{_PROC}/{name}/environ", "rb") as file:
            return file.read()
    except OSError:
        return b""


def end_tagged(supervisor: int, polite: float = _POLITE_SECONDS, grace: float = _GRACE_SECONDS) -> None:
    """Wait `polite` seconds for them to end, ask with SIGTERM, and kill after `grace` seconds in all."""
    begun = time.monotonic()
    asked = False
    while running := tagged(supervisor):
        passed = time.monotonic() - begun
        if passed >= grace:
            _signal(running, signal.SIGKILL)
        elif passed >= polite and not asked:
            _signal(running, signal.SIGTERM)
            asked = True
        time.sleep(_LOOK_SECONDS)


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process, number)
        except OSError:
            continue  # it has gone


def main() -> None:
    while os.read(0, 1024):
        pass
    end_tagged(int(sys.argv[1]))


if __name__ == "__main__":
    main()
