"""What IIS starts: `fastCgi/application`, `httpPlatform`, `aspNetCore`."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from webstead.formats.webconfig.attributes import boolean, check, choice, integer, required, seconds, text
from webstead.formats.webconfig.configuration import Level, PlatformSection, appended
from webstead.formats.webconfig.document import Element
from webstead.formats.webconfig.model import FastCgiApplication, Note
from webstead.formats.webconfig.schema.collection import edits
from webstead.formats.webconfig.schema.settings import read_environment

__all__ = ["read_asp_net_core", "read_fastcgi", "read_http_platform"]

_WEEK = 604800
_MANY = 10_000_000
_LONGEST_REQUEST = 360 * 3600
"""aspNetCore: up to 360 hours."""

_StderrMode = Literal["ReturnStdErrIn500", "ReturnGeneric500", "IgnoreAndReturn200", "TerminateProcess"]
_STDERR_MODES: tuple[_StderrMode, ...] = get_args(_StderrMode)
_FASTCGI_NUMBERS = {
    "maxInstances": (0, 10000, 0),
    "idleTimeout": (10, _WEEK, 300),
    "activityTimeout": (10, 3600, 70),
    "requestTimeout": (10, _WEEK, 90),
    "instanceMaxRequests": (1, _MANY, 200),
    "queueLength": (1, _MANY, 1000),
    "rapidFailsPerMinute": (0, 1000, 10),
    "signalBeforeTerminateSeconds": (0, _WEEK, 0),
}
"""Lowest, highest, default."""

_PLATFORM = (
    "processPath",
    "arguments",
    "startupTimeLimit",
    "startupRetryCount",
    "shutdownTimeLimit",
    "rapidFailsPerMinute",
    "requestTimeout",
    "stdoutLogEnabled",
    "stdoutLogFile",
    "processesPerApplication",
    "forwardWindowsAuthToken",
    "hostingModel",
    "disableStartUpErrorPage",
)
_PLATFORM_CHILDREN = ("environmentVariables", "recycleOnFileChange", "handlerSettings")


def read_fastcgi(element: Element, level: Level, notes: list[Note]) -> Level:
    """IIS takes this section only from its own configuration; here the one who writes the file is the
    administrator."""
    check(element, (), ("application", "clear"))
    return replace(level, fastcgi=edits(element, _application, add="application", remove_by=None))


def _application(element: Element) -> tuple[str, FastCgiApplication]:
    known = (*_FASTCGI_NUMBERS, "fullPath", "arguments", "protocol", "flushNamedPipe", "monitorChangesTo")
    check(element, (*known, "stderrMode"), ("environmentVariables",))
    number = {name: _number(element, name) for name in _FASTCGI_NUMBERS}
    choice(element, "protocol", ("NamedPipe", "Tcp"))
    boolean(element, "flushNamedPipe")
    application = FastCgiApplication(
        full_path=required(element, "fullPath"),
        arguments=text(element, "arguments") or "",
        environment=tuple(add.value for add in appended((), read_environment(element))),
        origin=element.origin,
        max_instances=number["maxInstances"],
        idle_seconds=number["idleTimeout"],
        activity_seconds=number["activityTimeout"],
        request_seconds=number["requestTimeout"],
        instance_max_requests=number["instanceMaxRequests"],
        queue_length=number["queueLength"],
        rapid_fails_per_minute=number["rapidFailsPerMinute"],
        monitor_changes_to=text(element, "monitorChangesTo") or "",
        stderr_mode=choice(element, "stderrMode", _STDERR_MODES) or "ReturnStdErrIn500",
        signal_before_terminate_seconds=number["signalBeforeTerminateSeconds"],
    )
    return f"{application.full_path}|{application.arguments}", application


def _number(element: Element, name: str) -> int:
    low, high, default = _FASTCGI_NUMBERS[name]
    value = integer(element, name, low, high)
    return default if value is None else value


def read_http_platform(element: Element, level: Level, notes: list[Note]) -> Level:
    return replace(level, http_platform=_platform(element, notes))


def read_asp_net_core(element: Element, level: Level, notes: list[Note]) -> Level:
    if choice(element, "hostingModel", ("inprocess", "OutOfProcess")) == "inprocess":
        notes.append(
            Note("hostingModel inprocess is not possible here; it runs out of process", element.origin, True)
        )
    return replace(level, asp_net_core=_platform(element, notes))


def _platform(element: Element, notes: list[Note]) -> PlatformSection:
    check(element, _PLATFORM, _PLATFORM_CHILDREN)
    if boolean(element, "forwardWindowsAuthToken"):
        notes.append(Note("there is no Windows authentication token to forward", element.origin, True))
    boolean(element, "disableStartUpErrorPage")
    recycle = element.child("recycleOnFileChange")
    startup = integer(element, "startupTimeLimit", 0, 3600)
    shutdown = integer(element, "shutdownTimeLimit", 0, 600)
    return PlatformSection(
        origin=element.origin,
        column=element.column,
        process_path=text(element, "processPath") and required(element, "processPath"),
        arguments=text(element, "arguments"),
        startup_seconds=None if startup is None else float(startup),
        request_seconds=seconds(element, "requestTimeout", 0, _LONGEST_REQUEST),
        shutdown_seconds=None if shutdown is None else float(shutdown),
        startup_retries=integer(element, "startupRetryCount", 0, 100),
        rapid_fails_per_minute=integer(element, "rapidFailsPerMinute", 0, 100),
        processes=integer(element, "processesPerApplication", 1, 100),
        log_enabled=boolean(element, "stdoutLogEnabled"),
        log_file=text(element, "stdoutLogFile"),
        environment=read_environment(element),
        recycle_on=edits(recycle, _file, add="file", remove_by="path") if recycle is not None else (),
    )


def _file(element: Element) -> tuple[str, str]:
    check(element, ("path",))
    path = required(element, "path")
    return path, path
