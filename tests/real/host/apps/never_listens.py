"""Runs, but serves nothing."""

import signal

print("thinking")
signal.pause()
