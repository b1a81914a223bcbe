"""A process that the app forked, and that has come back out of the app with an error."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import NoReturn

__all__ = ["leave_child"]


def leave_child(error: BaseException) -> NoReturn:
    """End it: it must not answer as well, nor serve on with sockets that are its parent's. `sys.exit()` there
    means what it says.
    """
    if not isinstance(error, SystemExit):
        traceback.print_exception(type(error), error, error.__traceback__)
    code = error.code if isinstance(error, SystemExit) else 1
    with contextlib.suppress(OSError, ValueError):  # they are closed
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
