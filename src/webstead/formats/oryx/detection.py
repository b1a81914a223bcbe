"""What `oryx detect` prints: an array of objects, or rows of a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["FORMATS", "Detection", "detection_json", "detection_table"]

FORMATS = ("json", "table")

NOT_DETECTED = "Not Detected"


@dataclass(frozen=True, slots=True)
class Detection:
    """Python, as it was detected. version: what the project states, "" when it states none. frameworks: what
    the plan would serve, which Oryx does not look for."""

    has_notebooks: bool = False
    has_conda: bool = False
    has_requirements: bool = False
    has_pyproject: bool = False
    has_uv_lock: bool = False
    has_setup: bool = False
    version: str = ""
    app_directory: str = ""
    frameworks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Oryx's keys in its order, then ours."""
        return {
            "HasJupyterNotebookFiles": self.has_notebooks,
            "HasCondaEnvironmentYmlFile": self.has_conda,
            "HasRequirementsTxtFile": self.has_requirements,
            "HasPyprojectTomlFile": self.has_pyproject,
            "HasUvLockFile": self.has_uv_lock,
            "Platform": "python",
            "PlatformVersion": self.version,
            "AppDirectory": self.app_directory,
            "HasSetupPyFile": self.has_setup,
            "Frameworks": [{"Framework": name, "FrameworkVersion": ""} for name in self.frameworks],
        }


def detection_json(detections: Sequence[Detection]) -> str:
    """An empty object when nothing is detected, as Oryx has it."""
    return json.dumps([found.as_json() for found in detections] or {}, indent=2)


def detection_table(detections: Sequence[Detection]) -> str:
    tables = [_rows(found.as_json()) for found in detections]
    nothing = [("Platform", NOT_DETECTED), ("PlatformVersion", NOT_DETECTED)]
    return "\n\n".join(_aligned(rows) for rows in tables or [nothing])


def _rows(data: dict[str, object]) -> list[tuple[str, str]]:
    """Platform and version first, as people look for them."""
    first = ("Platform", "PlatformVersion")
    return [(key, _shown(data[key])) for key in (*first, *(key for key in data if key not in first))]


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item["Framework"]) for item in value) or NOT_DETECTED
    return str(value) or NOT_DETECTED


def _aligned(rows: Sequence[tuple[str, str]]) -> str:
    width = max(len(key) for key, _ in rows)
    return "\n".join(f"{key:<{width}} : {value}" for key, value in rows)
