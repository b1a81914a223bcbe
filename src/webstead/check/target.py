"""Where a project is to run, and what is known of each place."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["IIS_TARGETS", "READS_CONFIG", "TARGETS", "TITLES", "Target"]

Target = Literal["webstead", "iis", "azure-windows", "azure-linux"]
TARGETS: tuple[Target, ...] = get_args(Target)

TITLES: dict[Target, str] = {
    "webstead": "Webstead, on this machine",
    "iis": "IIS on Windows, as it is installed",
    "azure-windows": "Azure App Service for Windows",
    "azure-linux": "Azure App Service for Linux",
}

IIS_TARGETS: frozenset[Target] = frozenset({"iis", "azure-windows"})
"""Where IIS itself reads web.config."""
READS_CONFIG: frozenset[Target] = frozenset({"webstead", *IIS_TARGETS})
"""App Service for Linux starts a container and reads no web.config (Microsoft Learn, "Configure a Linux
Python app for Azure App Service")."""
