"""What an output holds, besides its start: the project's files, the environment, and Webstead's own part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import webstead
from webstead.build.environment import Environment
from webstead.build.interpreter import Interpreter
from webstead.build.output.beside import Beside, server_items
from webstead.build.output.installed import installed, locked_digests
from webstead.build.output.items import Item, folder_items
from webstead.build.output.own_code import own_items
from webstead.build.output.project_files import leads_out, project_items
from webstead.build.output.provenance import Material
from webstead.build.output.relocate import relocated_items
from webstead.build.output.sbom import Installed, purl_of, sbom
from webstead.build.output.serving import Served
from webstead.plan import as_json
from webstead.plan.model import Plan

__all__ = ["FOLDER", "PLAN", "SBOM", "Contents", "bill_of", "contents_of", "inputs_of", "recorded_plan"]

FOLDER = ".webstead"
"""Webstead's own part of an output."""

PLAN, SBOM = f"{FOLDER}/plan.json", f"{FOLDER}/sbom.cdx.json"


@dataclass(frozen=True, slots=True)
class Contents:
    """sbom: as JSON text. materials: what went in. notes: what may surprise where it runs."""

    items: tuple[Item, ...]
    sbom: str
    materials: tuple[Material, ...]
    notes: tuple[str, ...]


def contents_of(
    plan: Plan, project: Path, name: str, found: Served | None, beside: Beside, created: str
) -> Contents:
    """name: of the environment's folder. found: what the start runs. created: a time
    for the bill of materials, or "". Raises BuildError, OSError."""
    inputs = inputs_of(plan, project)
    bill = bill_of(project, beside.environment, beside.interpreter, inputs, created)
    packages = installed(beside.environment, locked_digests(inputs))
    code = tuple(project_items(project, frozenset({name, FOLDER})))
    out = [item.path for item in code if leads_out(item)]
    notes = (
        (f"Links of the project lead out of it, and come along as they are: {', '.join(out)}",) if out else ()
    )
    items = (
        *code,
        *relocated_items(beside.environment, name, project),
        *(_of_start(found, beside) if found is not None else ()),
        *_collected(beside.environment.static),
        Item.of(PLAN, json.dumps(recorded_plan(plan), indent=1).encode()),
        Item.of(SBOM, bill.encode()),
    )
    return Contents(items, bill, tuple(_materials(inputs, packages)), notes)


def _of_start(found: Served, beside: Beside) -> Iterator[Item]:
    yield from own_items(found, f"{FOLDER}/lib")
    yield from server_items(beside, found.packages, f"{FOLDER}/server")


def _collected(static: Path | None) -> Iterator[Item]:
    return folder_items(static, f"{FOLDER}/static/") if static is not None else iter(())


def recorded_plan(plan: Plan) -> dict[str, object]:
    """The plan without what depends on the day on which it was made. Secrets are masked."""
    data = as_json(plan)
    python = {key: value for key, value in _object(data["python"]).items() if key != "support"}
    return {**{key: value for key, value in data.items() if key != "warnings"}, "python": python}


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def bill_of(
    project: Path,
    environment: Environment,
    interpreter: Interpreter,
    inputs: Mapping[str, bytes],
    created: str,
) -> str:
    """The bill of materials. created: a time, or ""."""
    packages = installed(environment, locked_digests(inputs))
    return sbom(packages, interpreter, project.name, webstead.__version__, created)


def inputs_of(plan: Plan, project: Path) -> dict[str, bytes]:
    """The files that the packages were chosen by."""
    paths = {path for step in plan.install for path in step.inputs}
    return {path: (project / path).read_bytes() for path in sorted(paths) if (project / path).is_file()}


def _materials(inputs: Mapping[str, bytes], packages: tuple[Installed, ...]) -> Iterator[Material]:
    for path, data in inputs.items():
        yield Material(path, hashlib.sha256(data).hexdigest())
    yield from sorted((Material(purl_of(item), item.sha256) for item in packages), key=lambda m: m.uri)
