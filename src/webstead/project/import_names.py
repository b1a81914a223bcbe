"""What the names that a module imports stand for, wherever in it they are imported."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from webstead.project.modules import is_package
from webstead.project.values import Module

__all__ = ["chain", "dotted_name", "imports_package", "names_imported", "stars"]


def names_imported(module: Module) -> dict[str, str]:
    """`{"web": "aiohttp.web"}` for `from aiohttp import web`; relative imports are made absolute."""
    if module.imported_as is None:
        module.imported_as = _imported(module)
    return module.imported_as


def _imported(module: Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in module.source.imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                names[alias.asname or whole] = whole
        else:
            base = _base(module, node)
            names |= {alias.asname or alias.name: f"{base}.{alias.name}".strip(".") for alias in node.names}
    return names


def stars(module: Module) -> list[str]:
    """The modules of which all names are imported."""
    return [
        _base(module, node)
        for node in module.source.imports
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]


def _base(module: Module, node: ast.ImportFrom) -> str:
    package = module.name.inside(node.level, is_package(module.path)) if node.level else ""
    return ".".join(part for part in (package, node.module) if part)


def dotted_name(expression: ast.expr, names: Mapping[str, str]) -> str | None:
    """`aiohttp.web.run_app` for `web.run_app`; None for what is no chain of names that begins with an
    imported one."""
    first, *rest = chain(expression) or ("",)
    return ".".join([names[first], *rest]) if first in names else None


def chain(expression: ast.expr) -> tuple[str, ...]:
    """`("web", "run_app")` for `web.run_app`; empty for what is no chain of names."""
    parts: list[str] = []
    while isinstance(expression, ast.Attribute):
        parts.append(expression.attr)
        expression = expression.value
    return (expression.id, *reversed(parts)) if isinstance(expression, ast.Name) else ()


def imports_package(module: Module, package: str) -> int:
    """The first line on which the module imports the package or something of it; 0 when it does not."""
    for node in module.source.imports:
        if isinstance(node, ast.Import):
            tops = {alias.name.partition(".")[0] for alias in node.names}
        else:
            tops = set() if node.level else {(node.module or "").partition(".")[0]}
        if package in tops:
            return node.lineno
    return 0
