"""How an output came to be: an in-toto statement with a SLSA v1 provenance. Pure.

Not signed: it is what a signing tool takes (`cosign attest-blob`, for one). Without a time nothing in it
changes from run to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["BUILD_TYPE", "BUILDER", "Material", "provenance"]

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:webstead:build:output:1"
BUILDER = "urn:webstead:builder"


@dataclass(frozen=True, slots=True)
class Material:
    """What went in: a file of the project, or a package by its URL. sha256: hexadecimal, or ""."""

    uri: str
    sha256: str = ""

    def as_json(self) -> dict[str, object]:
        return {"uri": self.uri, **({"digest": {"sha256": self.sha256}} if self.sha256 else {})}


def provenance(
    subjects: Mapping[str, str],
    plan: Mapping[str, object],
    materials: Sequence[Material],
    webstead: str,
    created: str = "",
) -> str:
    """The statement as JSON text. subjects: names of what was made, with their sha256. plan: what was
    decided. created: an ISO time."""
    statement = {
        "_type": STATEMENT,
        "subject": [
            {"name": name, "digest": {"sha256": sha256}} for name, sha256 in sorted(subjects.items())
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"plan": plan},
                "resolvedDependencies": [material.as_json() for material in materials],
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": {"webstead": webstead}},
                **({"metadata": {"finishedOn": created}} if created else {}),
            },
        },
    }
    return json.dumps(statement, indent=1, ensure_ascii=False)
