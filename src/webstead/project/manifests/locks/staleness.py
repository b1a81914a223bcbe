"""The hash that a lock keeps of its manifest, by the rule of each tool and version: so it is seen that the
two no longer fit.

Sources: `Locker` of Poetry 1.0 to 2.x, `PyProject.content_hash` of PDM, `Pipfile.get_hash` of plette.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from packaging.utils import canonicalize_name

from webstead.project.manifests.toml import Table, table, tables

__all__ = ["pdm_hashes", "pipfile_hash", "poetry_hashes"]

_POETRY = ("dependencies", "source", "extras", "dev-dependencies")
_POETRY_PROJECT = ("requires-python", "dependencies", "optional-dependencies")
_PIPFILE_OWN = frozenset(
    {"source", "requires", "packages", "dev-packages", "scripts", "pipfile", "pipenv", "default", "develop"}
)
_PYPI = {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}


def poetry_hashes(pyproject: Table) -> frozenset[str]:
    """Those that some version of Poetry may have written; none where the file cannot be hashed."""
    poetry, project = table(pyproject, "tool", "poetry"), table(pyproject, "project")
    legacy = {key: poetry.get(key) for key in _POETRY}
    group = {"group": poetry["group"]} if "group" in poetry else {}
    said = {key: project[key] for key in _POETRY_PROJECT if key in project}
    groups = table(pyproject, "dependency-groups")
    given = {key: value for key, value in {**legacy, **group}.items() if value is not None}
    forms: list[Mapping[str, object]] = [legacy, {**legacy, **group}]
    if said:
        forms.append({"project": said, "tool": {"poetry": given}})
    if groups:
        own = {"project": said} if said else {}
        forms.append({**own, "dependency-groups": groups, "tool": {"poetry": given}})
    return frozenset(found for form in forms if (found := _sha256(form)))


def pdm_hashes(pyproject: Table) -> frozenset[str]:
    """Those that some version of PDM may have written, without the algorithm in front. Groups of PEP 735
    count since 2.20, all of `resolution` since 2.13."""
    project, pdm = table(pyproject, "project"), table(pyproject, "tool", "pdm")
    resolution = table(pdm, "resolution")
    own, all_groups = table(pdm, "dev-dependencies"), table(pyproject, "dependency-groups")
    said = {
        "sources": pdm.get("source", []),
        "dependencies": project.get("dependencies", []),
        "optional-dependencies": project.get("optional-dependencies", {}),
        "requires-python": project.get("requires-python", ""),
    }
    forms = (
        {**said, "dev-dependencies": groups, key: value}
        for groups in (own, _together(all_groups, own))
        for key, value in (("resolution", resolution), ("overrides", table(resolution, "overrides")))
    )
    return frozenset(found for form in forms if (found := _sha256(form)))


def _together(*sources: Table) -> Table:
    groups: dict[str, list[object]] = {}
    for source in sources:
        for name, listed in source.items():
            groups.setdefault(canonicalize_name(name), []).extend(listed if isinstance(listed, list) else ())
    return groups


def pipfile_hash(pipfile: Table) -> str:
    """ "" where the file cannot be hashed."""
    own = {name: value for name, value in pipfile.items() if name not in _PIPFILE_OWN}
    return _sha256(
        {
            **own,
            "_meta": {
                "sources": list(tables(pipfile, "source")) or [_PYPI],
                "requires": table(pipfile, "requires"),
            },
            "default": table(pipfile, "packages"),
            "develop": table(pipfile, "dev-packages"),
        },
        compact=True,
    )


def _sha256(form: Mapping[str, object], *, compact: bool = False) -> str:
    try:
        text = json.dumps(form, sort_keys=True, separators=(",", ":") if compact else None)
    except (TypeError, ValueError, RecursionError):  # a date has no JSON
        return ""
    return hashlib.sha256(text.encode()).hexdigest()
