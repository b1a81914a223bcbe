"""Why the gateway does not start: what, found, fix; for people on standard error, for the supervisor as one
JSON line.
"""

from __future__ import annotations

import json
import os
import sys

__all__ = ["BAD_APP", "BAD_BIND", "BAD_USAGE", "NO_MODULE", "REPORT_VARIABLE", "Report", "StartFailure"]

# Exit codes. 64 and 69 are EX_USAGE and EX_UNAVAILABLE of sysexits.h; 70 and 71 are part of the gateway's
# contract.
BAD_USAGE = 64
BAD_BIND = 69
NO_MODULE = 70
BAD_APP = 71

REPORT_VARIABLE = "WEBSTEAD_REPORT_FD"


class StartFailure(Exception):
    """what, found, fix: as in every error of Webstead. detail: the app's own traceback. code: the exit
    code.
    """

    def __init__(self, code: int, what: str, found: str = "", fix: str = "", detail: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.found = found
        self.fix = fix
        self.detail = detail

    def as_text(self) -> str:
        labels = (("error", self.what), ("found", self.found), ("fix", self.fix))
        lines = [f"{label + ':':<6} {_indented(text)}" for label, text in labels if text]
        return "\n".join([*lines, self.detail.rstrip("\n")]).rstrip("\n") + "\n"

    def as_json(self) -> str:
        words = {"what": self.what, "found": self.found, "fix": self.fix, "detail": self.detail}
        return json.dumps({**words, "code": self.code})


def _indented(text: str) -> str:
    return text.replace("\n", "\n       ")


class Report:
    """The channel to the supervisor: one line, then it is closed. Both tell whether somebody was told:
    without a channel (fd is None) nobody is.
    """

    def __init__(self, fd: int | None) -> None:
        self._fd = fd
        self._wanted = fd is not None

    @property
    def wanted(self) -> bool:
        """Whether there was a channel when this began."""
        return self._wanted

    def loaded(self, interface: str = "") -> bool:
        """interface: `wsgi` or `asgi`, told by a check."""
        return self._write(json.dumps({"loaded": True, **({"interface": interface} if interface else {})}))

    def failed(self, failure: StartFailure) -> bool:
        return self._write(failure.as_json())

    def _write(self, line: str) -> bool:
        fd, self._fd = self._fd, None
        if fd is None:
            return False
        try:
            with os.fdopen(fd, "wb") as channel:
                channel.write(line.encode("utf-8", "backslashreplace") + b"\n")
        except OSError as error:
            sys.stderr.write(f"warning: {REPORT_VARIABLE}={fd} cannot be written: {error}\n")
            return False
        return True
