"""The access log: one line for each request, in the combined format of Apache and nginx, with the seconds it
took behind it, as nginx's $request_time.

Each line is one write to a file opened for appending: lines of several processes never mix, and none is lost
when a process ends. Buffering would save a microsecond for a request, and lose lines.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from time import localtime, strftime, time
from typing import Any

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.observe.log import Log
from webstead.gateway.observe.observation import Outcome, Ticket

__all__ = ["STANDARD_OUTPUT", "AccessLog", "access_line", "clock_text"]

STANDARD_OUTPUT = "-"

_MODE = 0o640
"""Names of users and addresses of clients are not for everybody. Precedent: Debian's /var/log/nginx."""

_LONGEST = 8192
"""Of one value, in characters; the rest is left out. Precedents: Apache's LimitRequestLine 8190, nginx's
large_client_header_buffers 8 KB."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOSTILE = re.compile(r"[^ !#-\[\]-~]")  # controls, quotes, backslashes, and what is not ASCII
_HOSTILE_WORD = re.compile(r"[^!#-\[\]-~]")


class AccessLog:
    """A sink of Observation. Called by any thread, and after a fork; never raises."""

    def __init__(self, path: str, log: Log) -> None:
        """path: of a file, or `-` for standard output. Raises StartFailure (BAD_USAGE)."""
        self._path = path
        self._log = log
        self._failed = False
        self._clock = (0, "")
        try:
            self._file = 1 if path == STANDARD_OUTPUT else _opened(path)
        except OSError as error:
            fix = "Name a file that can be written, or - for standard output, as --access-log."
            raise StartFailure(BAD_USAGE, "The access log cannot be written.", str(error), fix) from None

    def __call__(self, ticket: Ticket, outcome: Outcome) -> None:
        now = int(time())
        second, text = self._clock
        if second != now:
            text = clock_text(now)
            self._clock = (now, text)
        line = access_line(ticket.params, outcome, text)
        try:
            os.write(self._file, line)
        except OSError as error:
            self._tell(error)
        else:
            self._failed = False

    def reopen(self) -> None:
        """Go on in a new file of the same name, when the old one was renamed. Any thread; a line that is
        being written goes to one of both, whole.
        """
        if self._path == STANDARD_OUTPUT:
            return
        try:
            new = _opened(self._path)
        except OSError as error:
            self._log.line(f"warning: the access log cannot be opened again, and stays: {error}")
            return
        os.dup2(new, self._file, inheritable=False)  # in one step: the number never names another file
        os.close(new)

    def close(self) -> None:
        """When no request is in progress any more."""
        if self._path != STANDARD_OUTPUT:
            os.close(self._file)

    def _tell(self, error: OSError) -> None:
        """Once for each time that it begins to fail: the disk is full."""
        if not self._failed:
            self._failed = True
            self._log.line(f"warning: the access log cannot be written: {error}")


def _opened(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), _MODE)


def clock_text(seconds: int) -> str:
    """A moment as the common log format has it, in local time; English in every locale."""
    there = localtime(seconds)
    return f"{there.tm_mday:02}/{_MONTHS[there.tm_mon - 1]}/{there.tm_year}{strftime(':%H:%M:%S %z', there)}"


def access_line(params: Mapping[str, Any], outcome: Outcome, clock: str) -> bytes:
    """params: of the request, decoded as latin-1. What a client chose is escaped: no line can be forged."""
    get = params.get
    target = get("REQUEST_URI") or _target(params)
    request = _safe(f"{get('REQUEST_METHOD', '-')} {target} {get('SERVER_PROTOCOL', '-')}")
    names = f'"{_safe(get("HTTP_REFERER", "-"))}" "{_safe(get("HTTP_USER_AGENT", "-"))}"'
    who = f"{_word(get('REMOTE_ADDR') or '-')} - {_word(get('REMOTE_USER') or '-')}"
    what = f'"{request}" {outcome.status or "-"} {outcome.sent or "-"}'
    return f"{who} [{clock}] {what} {names} {outcome.seconds:.3f}\n".encode("ascii")


def _target(params: Mapping[str, Any]) -> str:
    """The URL, for a server that does not tell it as it was sent."""
    query = params.get("QUERY_STRING", "")
    path = f"{params.get('SCRIPT_NAME', '')}{params.get('PATH_INFO', '')}".replace(" ", "%20") or "/"
    return f"{path}?{query}" if query else path


def _safe(value: object) -> str:
    """value: text, unless the app has put something else in its place."""
    return _HOSTILE.sub(_escaped, str(value)[:_LONGEST])


def _word(value: object) -> str:
    return _HOSTILE_WORD.sub(_escaped, str(value)[:_LONGEST])


def _escaped(found: re.Match[str]) -> str:
    """As nginx and Apache write it."""
    character = found.group()
    data = character.encode("latin-1") if character <= "\xff" else character.encode("utf-8", "surrogatepass")
    return "".join(f"\\x{byte:02X}" for byte in data)
