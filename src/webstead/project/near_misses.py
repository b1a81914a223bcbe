"""What would be an app but for one thing: each with the one change that makes it one."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from webstead.project.evidence import Evidence
from webstead.project.paths import relative_to
from webstead.project.values import App, Module

__all__ = ["NearMiss", "can_be_imported", "inside_factory", "misnamed", "not_callable", "unnamed"]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """text: where it is, and what is in the way. fix: the change."""

    text: str
    fix: str
    evidence: Evidence


def can_be_imported(module: Module) -> bool:
    """Whether each part of the file's path, seen from its import root, is a name in Python."""
    parts = relative_to(module.path, module.name.directory).removesuffix(".py").split("/")
    return all(part.isidentifier() for part in parts)


def misnamed(module: Module, name: str, app: App, line: int) -> NearMiss:
    """`my-app.py`: Python runs it as a program, but no server can import it."""
    *folders, file = module.path.split("/")
    better = "/".join([*folders, re.sub(r"^(?=\d)|\W", "_", file.removesuffix(".py")) + ".py"])
    evidence = Evidence(module.path, line, f"{name} is a {app.framework.name} app")
    text = f"{evidence.where}: {evidence.why}, but its file's name cannot be imported."
    return NearMiss(text, f"Rename it: {shlex.join(['mv', module.path, better])}", evidence)


def unnamed(module: Module) -> Iterator[NearMiss]:
    """Apps that exist only while the file runs as a program, and Bottle's own one."""
    for name, line, app in module.guarded:
        evidence = Evidence(module.path, line, f"{name} is a {app.framework.name} app")
        text = f"{evidence.where}: {evidence.why}, but is made only when the file runs as a program."
        fix = f'Move what makes {name} above if __name__ == "__main__":, and leave below what serves it.'
        yield NearMiss(text, fix, evidence)
    for line in module.bare_runs:
        evidence = Evidence(module.path, line, "bottle.run() serves Bottle's default app")
        text = f"{evidence.where}: {evidence.why}, which has no name."
        fix = (
            "Give it one: from bottle import default_app; app = default_app(). "
            'Put the call of run() under if __name__ == "__main__":'
        )
        yield NearMiss(text, fix, evidence)


def not_callable(
    module: Module, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, evidence: Evidence
) -> NearMiss | None:
    """A factory that a server cannot call: it needs arguments, or is a coroutine. None when it can be."""
    required = _required(node.args)
    if not required and not isinstance(node, ast.AsyncFunctionDef):
        return None
    why = f"but needs {', '.join(required)}" if required else "but is a coroutine"
    fix = (
        f"Give {'the argument a default' if len(required) == 1 else 'the arguments defaults'}, "
        f"or make the app in a file of its own, wsgi.py: app = {name}(…)"
    )
    return NearMiss(f"{module.path}:{node.lineno}: {evidence.why}, {why}.", fix, evidence)


def inside_factory(name: str, app: App, evidence: Evidence) -> NearMiss | None:
    """An app that has to be asked for its interface, and is only there once a factory was called; None for
    any other."""
    if not app.framework.attribute.endswith("()"):
        return None
    text = f"{evidence.where}: {evidence.why}, which has no name that a server could call it by."
    return NearMiss(text, f"Give it one in its module: app = {name}(){app.framework.attribute}", evidence)


def _required(arguments: ast.arguments) -> list[str]:
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    keyword = [a for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None]
    return [argument.arg for argument in (*required, *keyword)]
