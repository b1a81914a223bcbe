"""Commands of a command line, by click and Typer, that serve when they are named: `datasette serve`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from webstead.project.evidence import Evidence
from webstead.project.import_names import dotted_name, names_imported
from webstead.project.modules import Layout
from webstead.project.near_misses import NearMiss
from webstead.project.paths import folder_of
from webstead.project.self_serving import SERVING_CALLS
from webstead.project.values import Module

__all__ = ["serving_commands"]


def serving_commands(module: Module, layout: Layout) -> Iterator[NearMiss]:
    """Each with the words that start it, as far as the file, or the package that it is in, is a program."""
    for function in module.source.body:
        if not isinstance(function, ast.FunctionDef) or not _is_command(function):
            continue
        server = next(_servers(function, module), "")
        program = _program(module, layout)
        if server and program:
            name = function.name.replace("_", "-")
            evidence = Evidence(module.path, function.lineno, f"its command {name} serves by {server}")
            takes = any(a.arg == "port" for a in (*function.args.args, *function.args.kwonlyargs))
            words = f"python {program} {name}{' --port $PORT' if takes else ''}"
            text = f"{evidence.where}: {evidence.why}, when it is named."
            yield NearMiss(text, f"webstead up --command '{words}'", evidence)


def _is_command(function: ast.FunctionDef) -> bool:
    called = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
    return any(isinstance(d, ast.Attribute) and d.attr == "command" for d in called)


def _servers(function: ast.FunctionDef, module: Module) -> Iterator[str]:
    names = names_imported(module)
    for node in ast.walk(function):
        dotted = dotted_name(node.func, names) if isinstance(node, ast.Call) else None
        if dotted in SERVING_CALLS:
            yield SERVING_CALLS[dotted].name


def _program(module: Module, layout: Layout) -> str:
    """`-m package`, where it has a __main__.py, else the file, where it runs as a program."""
    folder = folder_of(module.path)
    if folder != "." and f"{folder}/__main__.py" in layout.files:
        from_root = module.name.directory in (".", folder)
        return f"-m {folder.replace('/', '.')}" if from_root else ""
    calls = any(isinstance(s, ast.If | ast.Expr) and _calls_a_name(s) for s in module.source.body)
    return module.path if calls else ""


def _calls_a_name(statement: ast.stmt) -> bool:
    return any(isinstance(n, ast.Call) and isinstance(n.func, ast.Name) for n in ast.walk(statement))
