"""wfastcgi 3.0.0 where there is no Windows: its calls of Windows are replaced before it is imported.

None of them is on the way of a request: they watch files, which the bench switches off.
"""

from __future__ import annotations

import ctypes
from importlib import import_module
from types import SimpleNamespace

NAMES = (
    "CloseHandle",
    "CreateFileW",
    "ExitProcess",
    "GetLastError",
    "ReadDirectoryChangesW",
    "WaitForSingleObject",
)

functions = SimpleNamespace(**{name: SimpleNamespace() for name in NAMES})
setattr(ctypes, "windll", SimpleNamespace(kernel32=functions))  # noqa: B010 (no such attribute here)
import_module("wfastcgi").main()
