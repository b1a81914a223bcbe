"""pixi.toml and `[tool.pixi]`: conda packages in pixi's words. They are not installed from, and this says
what to do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.toml import Table, table
from webstead.project.manifests.toml_file import TomlFile, read_toml
from webstead.project.tree import Tree

__all__ = ["pixi_findings"]

MAX_NAMED = 5

_FIX = (
    "Write what it asks for into a file that is installed from: pixi workspace export conda-environment "
    "environment.yml"
)


def pixi_findings(tree: Tree, files: Mapping[str, str], installed: Collection[str]) -> tuple[Finding, ...]:
    """files: of one folder, by their names in lower case. installed: the names that another manifest lists;
    what pixi asks for besides is told."""
    if "pixi.toml" in files:
        file = read_toml(tree, files["pixi.toml"])
        return () if installed else (file.problem or _not_read(file, file.data, "dependencies"),)
    path = files.get("pyproject.toml")
    return _of_tool_table(read_toml(tree, path), installed) if path else ()


def _of_tool_table(file: TomlFile, installed: Collection[str]) -> tuple[Finding, ...]:
    pixi = table(file.data, "tool", "pixi")
    missing = {canonicalize_name(name) for name in table(pixi, "dependencies")} - {*installed, "python"}
    return (_not_read(file, pixi, "tool.pixi.dependencies"),) if missing else ()


def _not_read(file: TomlFile, pixi: Table, header: str) -> Finding:
    names = [*table(pixi, "dependencies"), *table(pixi, "pypi-dependencies")]
    shown = ", ".join(names[:MAX_NAMED]) + ("…" if len(names) > MAX_NAMED else "")
    line = file.line_of(f"[{header}]")
    evidence = Evidence(file.path, line, f"asks for {shown or 'nothing'}")
    text = (
        f"{evidence.where} is pixi's, which is not installed from: the environment stays without "
        f"{shown or 'its packages'}."
    )
    return Finding(text, _FIX, (evidence,))
