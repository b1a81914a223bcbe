"""One error tree: what happened, what was found, what to type.

WebsteadError
├── UsageError        2   a word of the command line, or the folder it names, is wrong
├── PlanError         3   no start command fits the project, or two fit equally well
├── ConfigError       4   a configuration file is unreadable or malformed (file, line, column)
├── BuildError        5   an install step failed
├── RuntimeMissing    6   the Python (or other program) that the site asks for is not on this machine
├── StartError        7   the app does not start: import fails, exits at once, never listens
├── BindError         8   the address cannot be listened on
├── HostError         9   a part of Webstead itself died and did not come back
└── RemoteError      10   a server that was asked refused, failed, or gave no answer

The number is the exit code of the command line. Only our own bugs print a traceback.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

__all__ = [
    "BindError",
    "BuildError",
    "ConfigError",
    "HostError",
    "PlanError",
    "RemoteError",
    "RuntimeMissing",
    "StartError",
    "UsageError",
    "WebsteadError",
    "error_from",
]


class WebsteadError(Exception):
    """An error that a user can act on.

    what: one sentence, what happened. found: what was seen (may have several lines). fix: what to type or
    change. detail: the app's or tool's own words (a traceback, its last output), shown verbatim below.
    """

    exit_code: ClassVar[int] = 9
    http_status: ClassVar[int] = 500
    kind: ClassVar[str] = "error"

    def __init__(self, what: str, *, found: str = "", fix: str = "", detail: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.found = found
        self.fix = fix
        self.detail = detail

    def as_json(self) -> dict[str, str | int]:
        return {
            "kind": self.kind,
            "what": self.what,
            "found": self.found,
            "fix": self.fix,
            "detail": self.detail,
            "exit_code": self.exit_code,
        }


class UsageError(WebsteadError):
    exit_code = 2
    http_status = 400
    kind = "usage"


class PlanError(WebsteadError):
    exit_code = 3
    kind = "plan"


class ConfigError(WebsteadError):
    """A configuration file that cannot be used. line and column count from 1; 0 means unknown."""

    exit_code = 4
    kind = "config"

    def __init__(
        self,
        what: str,
        *,
        path: str,
        line: int = 0,
        column: int = 0,
        found: str = "",
        fix: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(what, found=found, fix=fix, detail=detail)
        self.path = path
        self.line = line
        self.column = column

    @property
    def where(self) -> str:
        """`path:line:column`, without the parts that are unknown."""
        return ":".join([self.path, *(str(n) for n in (self.line, self.column) if n)])

    def as_json(self) -> dict[str, str | int]:
        return {**super().as_json(), "path": self.path, "line": self.line, "column": self.column}


class BuildError(WebsteadError):
    exit_code = 5
    kind = "build"


class RuntimeMissing(WebsteadError):
    exit_code = 6
    kind = "runtime"


class StartError(WebsteadError):
    exit_code = 7
    http_status = 502
    kind = "start"


class BindError(WebsteadError):
    exit_code = 8
    kind = "bind"


class HostError(WebsteadError):
    exit_code = 9
    kind = "host"


class RemoteError(WebsteadError):
    """status: of HTTP; 0 when there was no answer. ours: the words are those of a Webstead."""

    exit_code = 10
    http_status = 502
    kind = "remote"

    def __init__(
        self,
        what: str,
        *,
        found: str = "",
        fix: str = "",
        detail: str = "",
        status: int = 0,
        ours: bool = False,
    ) -> None:
        super().__init__(what, found=found, fix=fix, detail=detail)
        self.status = status
        self.ours = ours


_KINDS: tuple[type[WebsteadError], ...] = (
    UsageError,
    PlanError,
    BuildError,
    RuntimeMissing,
    StartError,
    BindError,
    HostError,
    RemoteError,
)


def error_from(data: Mapping[str, object]) -> WebsteadError:
    """The error that `as_json` gave, as another process has it. What it does not say is empty."""
    texts = {name: str(data.get(name, "")) for name in ("found", "fix", "detail")}
    what, kind = str(data.get("what", "An error without words")), data.get("kind")
    if kind == ConfigError.kind:
        line, column = (
            number if isinstance(number := data.get(name), int) else 0 for name in ("line", "column")
        )
        return ConfigError(what, path=str(data.get("path", "")), line=line, column=column, **texts)
    known = next((each for each in _KINDS if each.kind == kind), WebsteadError)
    return known(what, **texts)
