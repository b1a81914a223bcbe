"""Where an app's log goes, as Kudu's diagnostics settings say it: `site/diagnostics/settings.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from webstead.effects.files import write_atomically
from webstead.effects.plain_files import read_plain
from webstead.site.homes import SiteHome

__all__ = ["DEFAULTS", "DiagnosticValue", "read_diagnostics", "write_diagnostics"]

DiagnosticValue = bool | str

DEFAULTS: Mapping[str, DiagnosticValue] = {
    "AzureDriveEnabled": False,
    "AzureDriveTraceLevel": "Error",
    "AzureTableEnabled": False,
    "AzureTableTraceLevel": "Error",
    "AzureBlobEnabled": False,
    "AzureBlobTraceLevel": "Error",
}
"""All that there are. AzureDrive is the file system: LogFiles/Application."""


_LARGEST = 1 << 16


def read_diagnostics(home: SiteHome) -> dict[str, DiagnosticValue]:
    """All of them; what the file does not say, or says wrongly, is as by default."""
    try:
        data = json.loads(read_plain(home.root / "site" / "diagnostics" / "settings.json", _LARGEST))
    except (OSError, ValueError, RecursionError):
        data = None
    written = data if isinstance(data, dict) else {}
    return {name: _checked(written.get(name), default) for name, default in DEFAULTS.items()}


def write_diagnostics(home: SiteHome, changes: Mapping[str, DiagnosticValue | None]) -> None:
    """None puts one back to its default. Raises KeyError for an unknown name, ValueError for a value of
    another kind, OSError."""
    now = read_diagnostics(home)
    for name, value in changes.items():
        if value is not None and type(value) is not type(DEFAULTS[name]):
            raise ValueError(f"{name} is {'true or false' if name.endswith('Enabled') else 'a string'}")
        now[name] = DEFAULTS[name] if value is None else value
    folder = home.root / "site" / "diagnostics"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "settings.json", json.dumps(now, indent=2).encode() + b"\n")


def _checked(value: object, default: DiagnosticValue) -> DiagnosticValue:
    return value if isinstance(value, bool | str) and type(value) is type(default) else default
