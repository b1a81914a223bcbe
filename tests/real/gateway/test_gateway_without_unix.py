"""Every module of the gateway can be imported where the names that Windows does not have are missing.

Windows itself is another matter: nothing here has run on it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "src"

PROGRAM = """
import asyncio, http.server, mmap, os, pkgutil, select, signal, socket, sys, tempfile, xml.parsers.expat
from importlib import import_module

for name in ("resource", "fcntl", "pwd", "grp", "termios"):
    sys.modules[name] = None
MISSING = {
    select: ("poll", "epoll", "POLLIN", "POLLOUT", "EPOLLIN", "EPOLLEXCLUSIVE"),
    os: ("fork", "geteuid", "getuid", "set_blocking", "get_blocking", "sendfile", "pread", "killpg", "chown",
         "WIFSIGNALED", "WNOHANG", "register_at_fork"),
    socket: ("AF_UNIX", "SO_SNDTIMEO", "send_fds", "recv_fds"),
    signal: ("SIGHUP", "SIGUSR1", "SIGCHLD", "SIGURG", "SIGKILL", "pthread_kill", "pthread_sigmask"),
}
for module, names in MISSING.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "win32"
import webstead.gateway
names = [found.name for found in pkgutil.walk_packages(webstead.gateway.__path__, "webstead.gateway.")]
for name in names:
    if not name.endswith("__main__"):
        import_module(name)
print(len(names))
"""


def test_every_module_can_be_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50
