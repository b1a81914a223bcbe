"""What a FastCGI app writes to the error stream of a request, and what that makes of its response
(`fastCgi/application@stderrMode`).

A file that says nothing of it leaves the response alone, as every server but IIS does: what is written there
is mostly a warning. Text that comes when the response is on its way to the client cannot change it any more.
"""

from __future__ import annotations

from collections.abc import Callable

from webstead.front.upstream import Verdict
from webstead.policies import Written
from webstead.site_table import FailureText

__all__ = ["ErrorStream"]

_LONGEST_LINE = 2048
_KEPT = 8192
_WHAT = "The app reported an error."
_FIX = "look at what the app wrote; without stderrMode its answer is passed on, and the text only logged"


class ErrorStream:
    """One request's. report: told of each line."""

    __slots__ = ("_mode", "_report", "_rest", "_text")

    def __init__(self, report: Callable[[bytes], None], mode: Written[str] | None) -> None:
        self._report = report
        self._mode = mode
        self._rest = b""
        self._text = b""

    def begin(self) -> None:
        """The next request's."""
        self._rest = self._text = b""

    def feed(self, data: bytes) -> None:
        if self._mode is not None:
            self._text += data[: _KEPT - len(self._text)]
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._report(line)
        self._rest = rest
        if len(rest) > _LONGEST_LINE:
            self.flush()

    def flush(self) -> None:
        if self._rest:
            self._report(self._rest)
            self._rest = b""

    @property
    def ends_process(self) -> bool:
        return self._has("TerminateProcess")

    @property
    def refuses(self) -> bool:
        """Whether the response is not to be passed on."""
        return self._has("ReturnStdErrIn500", "ReturnGeneric500", "TerminateProcess")

    @property
    def excuses(self) -> bool:
        """Whether a request without a response is answered with 200."""
        return self._has("IgnoreAndReturn200")

    def _has(self, *modes: str) -> bool:
        return bool(self._text) and self._mode is not None and self._mode.value in modes

    @property
    def verdict(self) -> Verdict:
        shows = self._mode is None or self._mode.value != "ReturnGeneric500"
        detail = self._text.decode("utf-8", "replace") if shows else ""
        failure = FailureText(500, _WHAT, f"it wrote to its error stream: {self._mode}", _FIX, detail)
        return Verdict(failure, "stderr" if self.ends_process else None)
