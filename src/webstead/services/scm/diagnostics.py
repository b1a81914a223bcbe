"""`/api/diagnostics`: what runs here, and where the app's log goes (reference 1.9)."""

from __future__ import annotations

import os
import platform
import sys
from typing import Annotated

from fastapi import Depends

from webstead.services.bodies import json_body
from webstead.services.context import OfSite
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.services.wire import Answer
from webstead.site.diagnostics import DEFAULTS, DiagnosticValue, read_diagnostics, write_diagnostics

__all__ = ["ROUTES"]


class NodeVersion(Answer):
    version: str
    npm: str


class PythonVersion(Answer):
    version: str
    path: str


class System(Answer):
    """os_name: clients look for `Windows` in it."""

    os_name: str
    os_build_lab_ex: str
    cores: int


class Runtime(Answer):
    """What Kudu says of Node and .NET is empty here. python: what Webstead itself runs on."""

    nodejs: list[NodeVersion]
    dotnetcore32: list[str]
    dotnetcore64: list[str]
    aspnetcoremodule: list[str]
    python: list[PythonVersion]
    system: System


def runtime(allVersions: bool = False) -> Runtime:
    """The system that it runs on. allVersions changes nothing: there is one of each."""
    return Runtime(
        nodejs=[],
        dotnetcore32=[],
        dotnetcore64=[],
        aspnetcoremodule=[],
        python=[PythonVersion(version=platform.python_version(), path=sys.executable)],
        system=System(
            os_name=f"{platform.system()} {platform.release()}",
            os_build_lab_ex=platform.version(),
            cores=os.cpu_count() or 1,
        ),
    )


def settings(site: OfSite) -> dict[str, DiagnosticValue]:
    """All six, as they are now."""
    return read_diagnostics(site.home)


def setting(site: OfSite, key: str) -> DiagnosticValue:
    """One of them."""
    return read_diagnostics(site.home)[_known(key, 404)]


def change(site: OfSite, body: Annotated[object, Depends(json_body)]) -> None:
    """Those that are given."""
    if not isinstance(body, dict):
        raise ApiError(400, "The body is no JSON object.", fix='Send {"AzureDriveEnabled": true}.')
    changes = {_known(str(name), 400): value for name, value in body.items()}
    try:
        write_diagnostics(site.home, changes)
    except ValueError as error:
        raise ApiError(400, "A value cannot be used.", found=str(error)) from None


def reset(site: OfSite, key: str) -> None:
    """To what it is by default."""
    write_diagnostics(site.home, {_known(key, 404): None})


def _known(key: str, status: int) -> str:
    name = next((name for name in DEFAULTS if name.lower() == key.lower()), None)
    if name is None:
        raise ApiError(
            status, f"The setting '{key}' does not exist.", fix=f"There are {', '.join(DEFAULTS)}."
        )
    return name


_MISSING = {404: "There is no such setting"}
_VALUE = bool | str
ROUTES = (
    Route("GET", "/diagnostics/runtime", runtime, "read", "What runs here", gives=Runtime),
    Route("GET", "/diagnostics/settings", settings, "logs", "Log settings", gives=dict[str, _VALUE]),
    Route(
        "POST",
        "/diagnostics/settings",
        change,
        "logs",
        "Change log settings",
        status=204,
        takes="application/json",
        example={"AzureDriveEnabled": True},
    ),
    Route(
        "GET", "/diagnostics/settings/{key}", setting, "logs", "A log setting", gives=_VALUE, others=_MISSING
    ),
    Route(
        "DELETE",
        "/diagnostics/settings/{key}",
        reset,
        "logs",
        "Reset a log setting",
        status=204,
        others=_MISSING,
    ),
)
