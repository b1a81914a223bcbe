"""What would be an app but for one thing: each with the one change that makes it one."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from webstead.project.elsewhere import ELSEWHERE, LAMBDA, Elsewhere
from webstead.project.evidence import Evidence
from webstead.project.paths import relative_to
from webstead.project.values import App, Module

__all__ = [
    "NearMiss",
    "can_be_imported",
    "inside_factory",
    "misnamed",
    "not_callable",
    "served_elsewhere",
    "unnamed",
]


_PASTE = ("global_config", "global_conf")
"""The first argument of PasteDeploy's factories."""
_PASTE_APP = 'from pyramid.paster import get_app; application = get_app("{}")'


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
    module: Module,
    name: str,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    evidence: Evidence,
    files: Collection[str],
) -> NearMiss | None:
    """A factory that a server cannot call: it needs arguments, or is a coroutine. None when it can be. files:
    of the project, for the configuration that PasteDeploy would read."""
    required = _required(node.args)
    if not required and not isinstance(node, ast.AsyncFunctionDef):
        return None
    evidence_text = f"{module.path}:{node.lineno}: {evidence.why}"
    if not required:
        fix = f"Make it a plain function: def {name}(). What it awaits belongs into the app's lifespan."
        return NearMiss(f"{evidence_text}, but is a coroutine.", fix, evidence)
    fix = (
        f"Give {'the argument a default' if len(required) == 1 else 'the arguments defaults'}, "
        f"or make the app in a file of its own, wsgi.py: app = {name}(…)"
    )
    if required and required[0] in _PASTE:
        fix = f"Make the app in a file of its own, wsgi.py: {_PASTE_APP.format(_configuration(files))}"
    return NearMiss(f"{evidence_text}, but needs {', '.join(required)}.", fix, evidence)


def _configuration(files: Collection[str]) -> str:
    own = sorted(path for path in files if path.endswith(".ini") and "/" not in path)
    return next((path for path in own if "prod" in path), own[0] if own else "production.ini")


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


def served_elsewhere(module: Module) -> Iterator[NearMiss]:
    """Where the module is for a host of another kind: one that calls its functions, or builds first."""
    for line, name in _imported(module):
        for known, elsewhere in ELSEWHERE.items():
            if name == known or name.startswith(f"{known}."):
                yield _miss(module, line, elsewhere)
                return
    for statement in module.source.body:
        if _is_handler(statement):
            yield _miss(module, statement.lineno, LAMBDA)
            return


def _is_handler(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.FunctionDef) or "handler" not in statement.name:
        return False
    return [argument.arg.lstrip("_") for argument in statement.args.args] == ["event", "context"]


def _miss(module: Module, line: int, elsewhere: Elsewhere) -> NearMiss:
    evidence = Evidence(module.path, line, elsewhere.what)
    return NearMiss(f"{evidence.where} {elsewhere.what}.", elsewhere.fix, evidence)


def _imported(module: Module) -> Iterator[tuple[int, str]]:
    for node in module.source.imports:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif not node.level and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
