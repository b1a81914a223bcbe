"""The processes that answer: `fastCgi/application`, `httpPlatform`, and `aspNetCore` out of process.

Sources: the IIS configuration reference (fastCgi), the references of httpPlatformHandler and of the ASP.NET
Core module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from webstead.formats.webconfig.model import FastCgiApplication, HttpPlatform, Note, Origin, StderrMode
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Number, Span, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.settings import VARIABLES, variables
from webstead.formats.webconfig.schema.shape import Items, Shape

__all__ = ["ASP_NET_CORE", "FASTCGI", "HTTP_PLATFORM", "Platform"]

_LONGEST_REQUEST = 360 * 3600.0
_STDERR_MODES: tuple[StderrMode, ...] = get_args(StderrMode)

_APPLICATION = Shape(
    {
        "fullPath": Text(needed=True),
        "arguments": Text(),
        "maxInstances": Number(0, 10000, 0),
        "idleTimeout": Number(10, 604800, 300),
        "activityTimeout": Number(10, 3600, 70),
        "requestTimeout": Number(10, 604800, 90),
        "instanceMaxRequests": Number(1, 10000000, 200),
        "queueLength": Number(1, 10000000, 1000),
        "rapidFailsPerMinute": Number(0, 1000, 10),
        "signalBeforeTerminateSeconds": Number(0, 3600, 0),
        "protocol": Choice(("NamedPipe", "Tcp"), "NamedPipe"),
        "flushNamedPipe": Flag(),
        "monitorChangesTo": Text(),
        "stderrMode": Choice(_STDERR_MODES, "ReturnStdErrIn500"),
    },
    {"environmentVariables": VARIABLES},
)
_FASTCGI = Shape(items=Items(_APPLICATION, ("fullPath", "arguments"), add="application"))

_PLATFORM = Shape(
    {
        "processPath": Text(filled=True),
        "arguments": Text(),
        "startupTimeLimit": Number(0, 3600, 120),
        "startupRetryCount": Number(0, 100, 10),
        "shutdownTimeLimit": Number(0, 600, 10),
        "rapidFailsPerMinute": Number(0, 100, 10),
        "requestTimeout": Span(0, _LONGEST_REQUEST, 120.0),
        "stdoutLogEnabled": Flag(),
        "stdoutLogFile": Text(),
        "processesPerApplication": Number(1, 100, 1),
        "forwardWindowsAuthToken": Flag(),
        "hostingModel": Choice(("inprocess", "OutOfProcess"), "OutOfProcess"),
        "disableStartUpErrorPage": Flag(),
    },
    {
        "environmentVariables": VARIABLES,
        "recycleOnFileChange": Shape(items=Items(Shape({"path": Text(needed=True)}), ("path",), add="file")),
        "handlerSettings": Shape(
            items=Items(
                Shape({"name": Text(needed=True), "value": Text(needed=True, may_be_empty=True)}),
                ("name",),
                add="handlerSetting",
            )
        ),
    },
)


def _applications(node: Node) -> tuple[FastCgiApplication, ...]:
    """IIS takes this section only from its own configuration; here the one who writes the file is the
    administrator."""
    return tuple(_application(item.node) for item in node.items)


def _application(node: Node) -> FastCgiApplication:
    return FastCgiApplication(
        full_path=node.text("fullPath"),
        arguments=node.text("arguments"),
        environment=variables(node.child("environmentVariables")),
        origin=node.origin,
        max_instances=node.number("maxInstances"),
        idle_seconds=node.number("idleTimeout"),
        activity_seconds=node.number("activityTimeout"),
        request_seconds=node.number("requestTimeout"),
        instance_max_requests=node.number("instanceMaxRequests"),
        queue_length=node.number("queueLength"),
        rapid_fails_per_minute=node.number("rapidFailsPerMinute"),
        monitor_changes_to=node.text("monitorChangesTo"),
        stderr_mode=node.choice("stderrMode", _STDERR_MODES),
        signal_before_terminate_seconds=node.number("signalBeforeTerminateSeconds"),
        said=_said(node),
    )


def _said(node: Node) -> Mapping[str, Origin]:
    return {name: said.origin for name, said in node.said.items()}


def _pipe_notes(node: Node) -> Iterator[Note]:
    """Instances are reached over Unix sockets, whatever the file says of pipes."""
    for item in node.items:
        for name in ("protocol", "flushNamedPipe"):
            if item.node.is_said(name):
                yield Note(f"{name} says nothing here: there are no pipes", item.node.origin_of(name), False)


FASTCGI = Section("system.webServer/fastCgi", empty(_FASTCGI), _applications, _pipe_notes)


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform section in force. folder: of the deepest level that has one; its processes are the folder's
    own."""

    folder: str
    settings: HttpPlatform


PortVariable = Literal["HTTP_PLATFORM_PORT", "ASPNETCORE_PORT"]


def _platform(node: Node, port: PortVariable, log: str) -> Platform | None:
    """None when no file has the section. Raises ConfigError when it names no program."""
    if node.element is None:
        return None
    if not node.text("processPath").strip():
        raise node.error(
            f"<{node.element.name}> needs the attribute processPath",
            found=f"<{node.element.name}> without processPath",
            fix='Add processPath="…", the program that serves on %HTTP_PLATFORM_PORT%.',
            attribute="processPath",
        )
    settings = HttpPlatform(
        process_path=node.text("processPath"),
        arguments=node.text("arguments"),
        environment=variables(node.child("environmentVariables")),
        origin=node.origin,
        startup_seconds=node.seconds("startupTimeLimit"),
        request_seconds=node.seconds("requestTimeout"),
        shutdown_seconds=node.seconds("shutdownTimeLimit"),
        startup_retries=node.number("startupRetryCount"),
        rapid_fails_per_minute=node.number("rapidFailsPerMinute"),
        processes=node.number("processesPerApplication"),
        stdout_log=(node.text("stdoutLogFile") or log) if node.flag("stdoutLogEnabled") else None,
        port_variable=port,
        recycle_on=tuple(item.node.text("path") for item in node.child("recycleOnFileChange").items),
        startup_page=not node.flag("disableStartUpErrorPage"),
        said=_said(node),
    )
    return Platform(node.folder, settings)


def _http_platform(node: Node) -> Platform | None:
    return _platform(node, "HTTP_PLATFORM_PORT", r".\httpplatform-stdout")


def _asp_net_core(node: Node) -> Platform | None:
    return _platform(node, "ASPNETCORE_PORT", "aspnetcore-stdout")


def _platform_notes(node: Node) -> Iterator[Note]:
    if node.text("hostingModel") == "inprocess":
        text = "hostingModel inprocess is not possible here; it runs out of process"
        yield Note(text, node.origin, matters=True)
    if node.flag("forwardWindowsAuthToken"):
        yield Note("there is no Windows authentication token to forward", node.origin, matters=True)


HTTP_PLATFORM = Section(
    "system.webServer/httpPlatform", empty(_PLATFORM), _http_platform, _platform_notes, partial=True
)
ASP_NET_CORE = Section(
    "system.webServer/aspNetCore", empty(_PLATFORM), _asp_net_core, _platform_notes, partial=True
)
