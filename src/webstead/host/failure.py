"""Why an instance failed, in words: from its exit, its report, its last lines and the ports it listens on."""

from __future__ import annotations

import json
import re
import shlex
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from webstead.errors import StartError, WebsteadError
from webstead.host.causes import likely_cause
from webstead.policies import Policies
from webstead.site_table import FailureText, Why

__all__ = [
    "exit_failure",
    "exit_phrase",
    "failure_text",
    "held_back_text",
    "renewal_text",
    "report_failure",
    "spawn_failure",
    "stranger_failure",
    "timeout_failure",
]

_OUT_OF_MEMORY = (
    "Something killed it, often the kernel for want of memory: see `dmesg`, and start fewer instances."
)
_NO_WORDS = "It wrote nothing. Run the command by hand to see what it does."
_READ_ON = "Read its last lines below; `webstead plan` shows what was started, and why."
_GUARD = 'Put the call that starts the server under: if __name__ == "__main__":'
_GIVEN_PORT = (
    'Let it listen on the given port. In code: port=int(os.environ["PORT"]); in a Procfile or --command: '
    "$PORT; in web.config: %HTTP_PLATFORM_PORT%."
)
_SERVES = re.compile(r"(?i)\b(?:running|listening|serving) (?:on|at) (?:all addresses|https?://|port )")
_FOREGROUND = "Let the command stay in the foreground: it ended without an error and without serving."


def exit_phrase(code: int) -> str:
    """`exited with code 3` or `was ended by SIGKILL`; code as of subprocess, negative for a signal."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def report_failure(line: bytes, lines: Sequence[str]) -> StartError | None:
    """The error that the gateway reported on WEBSTEAD_REPORT_FD; None when it reported none that can be
    read."""
    try:
        report = json.loads(line)
    except ValueError:
        return None
    if not isinstance(report, dict) or not isinstance(report.get("what"), str):
        return None
    text = {key: value for key, value in report.items() if isinstance(key, str) and isinstance(value, str)}
    found, detail = (text.get(key, "").splitlines() for key in ("found", "detail"))
    known = likely_cause(found, detail[: -len(found) or None])  # more exact than the gateway's own words
    cause = known or (None if text.get("fix") else likely_cause(lines))
    return StartError(
        text["what"],
        found=text.get("found", ""),
        fix=cause.fix if cause else text.get("fix", ""),
        detail=text.get("detail") or "\n".join(lines),
    )


def exit_failure(name: str, command: str, code: int, lines: Sequence[str], *, was_ready: bool) -> StartError:
    """The process ended by itself."""
    cause = likely_cause(lines)
    when = "stopped" if was_ready else "does not start"
    fix = cause.fix if cause else ""
    if not cause and code == -signal.SIGKILL:
        fix = _OUT_OF_MEMORY
    elif not cause and not was_ready and code == 0:
        fix = _FOREGROUND
    found = [f"`{command}` {exit_phrase(code)}."]
    if cause:
        found.append(cause.found)
    return StartError(
        f"The process `{name}` {when}: it {exit_phrase(code)}.",
        found="\n".join(found),
        fix=fix or (_READ_ON if lines else _NO_WORDS),
        detail="" if cause and [cause.found] == [line.strip() for line in lines] else "\n".join(lines),
    )


def spawn_failure(name: str, words: Sequence[str], error: OSError, install: str = "") -> StartError:
    """There is no process at all: no such program or folder, or no right to run it. install: what brings the
    program."""
    program = words[0]
    culprit = str(error.filename or program)
    if isinstance(error, FileNotFoundError) and culprit != program:
        what, fix = f"there is no folder {culprit}", "Correct the folder it runs in."
    elif isinstance(error, FileNotFoundError):
        what, fix = (
            f"there is no program {program}",
            install or "Correct the command, or add its package to the requirements.",
        )
    elif isinstance(error, PermissionError):
        what, fix = f"{culprit} may not be used", f"chmod +x {culprit}"
    else:
        what, fix = f"{program} cannot be run", "Run the command by hand to see why."
    found = f"`{shlex.join(words)}`: {error.strerror or error}"
    return StartError(f"The process `{name}` does not start: {what}.", found=found, fix=fix)


def stranger_failure(name: str, program: str, at: Path, user: int | None) -> StartError:
    """The process's own user cannot get to the program. at: what keeps it out."""
    return StartError(
        f"The process `{name}` does not start: its user {user} may not run {program}.",
        found=f"{at} keeps it out.",
        fix=f"chmod o+x {at}; or have Python and the environments where every user can get to",
    )


def timeout_failure(
    name: str,
    seconds: float,
    port: int | None,
    listening: Sequence[tuple[str, int]],
    lines: Sequence[str],
) -> StartError:
    """The process runs, but did not answer in time. port: the one it was given; None for a gateway.
    listening: the (address, port) pairs on which it or its children listen."""
    what = f"The process `{name}` did not answer within {seconds:g} s."
    cause = likely_cause(lines)
    detail = "\n".join(lines)
    if port is None and (server := _own_server(listening, lines)):
        found = f"Importing the app starts a server of its own: {server}."
        return StartError(what, found=found, fix=_GUARD, detail=detail)
    if port is None:
        found = "The app is still being imported."
        fix = "Do slow work at the first request rather than at import, or raise the start-up limit."
        return StartError(what, found=found, fix=fix, detail=detail)
    if any(number == port for _, number in listening):
        found = f"It listens on port {port}, but does not answer GET / with HTTP."
        fix = "Serve plain HTTP (no TLS) on that port; raise the start-up limit if the first answer is slow."
    elif listening:
        found = (
            f"It listens on {_places(listening)}; it was given port {port} in PORT and HTTP_PLATFORM_PORT."
        )
        fix = _GIVEN_PORT
    else:
        found = f"The process runs, but listens on no port; it was given port {port}."
        fix = cause.fix if cause else "Start a web server that listens on the port in the PORT variable."
    return StartError(what, found=found, fix=fix, detail=detail)


def _places(listening: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{host}:{number}" for host, number in listening)


def _own_server(listening: Sequence[tuple[str, int]], lines: Sequence[str]) -> str:
    """Where an app that should only be imported listens, by its sockets or its words; empty if nowhere."""
    if listening:
        return f"it listens on {_places(listening)}"
    return next((line.strip(" *") for line in lines if _SERVES.search(line)), "")


def failure_text(error: WebsteadError, protocol: Literal["fastcgi", "http"], *, rapid: bool) -> FailureText:
    """For the error page: 502.5, as IIS has it, for a platform process that does not answer. Behind FastCGI
    503 while an app is held back that kept stopping, and 500 for one that does not load."""
    status, sub_status = (502, 5) if protocol == "http" else (503 if rapid else 500, 0)
    return FailureText(status, error.what, error.found, error.fix, error.detail, sub_status)


def held_back_text(text: FailureText, seconds: float | None, policies: Policies) -> FailureText:
    """seconds: until it is started again; None when it exited too often."""
    if seconds is not None:
        held = f"It is started again within {seconds:g} s."
    elif policies.rapid_fails is not None:
        held = f"It exited more often within a minute than {policies.rapid_fails} bears, and rests for one."
    else:
        held = "It exited too often, and is not started for a minute."
    return replace(text, found=f"{text.found}\n{held}".strip())


_RENEWALS: dict[Why, str] = {
    "idle": "it had no request",
    "requests": "it has answered its number of requests",
    "silence": "it was silent during a request for too long",
    "request": "a request took too long",
    "stderr": "it wrote to the error stream of a request",
}


def renewal_text(name: str, why: Why, policies: Policies) -> str:
    """Why an instance is replaced, for the log."""
    written = next((str(each) for field, each in policies.each() if field == why), "")
    return f"{name} is replaced: {_RENEWALS[why]}" + (f": {written}" if written else "")
