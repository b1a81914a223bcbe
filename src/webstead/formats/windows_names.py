"""Names of files that Windows does not take, or takes for something else. Pure.

Source: Microsoft's page on naming files: devices keep their names with any extension, a dot or a space at the
end is dropped, and a colon leads to another stream of a file.
"""

from __future__ import annotations

__all__ = ["windows_fault"]

_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
_SIGNS = frozenset('<>:"|?*')


def windows_fault(name: str) -> str:
    """Why Windows cannot store a file or folder of this name, "" when it can. name: no path."""
    if name.partition(".")[0].rstrip(" ").lower() in _DEVICES:
        return "Windows keeps this name for a device"
    if name.endswith((".", " ")):
        return "Windows drops the dot or space at its end"
    if found := _SIGNS & set(name):
        return f"Windows has no {min(found)} in names"
    return ""
