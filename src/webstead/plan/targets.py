"""Targets: checking those that a user writes, and turning wfastcgi's dotted names into `module:object`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from webstead.errors import UsageError
from webstead.project import Candidate, Evidence, Project
from webstead.project.distributions import distributions_of
from webstead.project.frameworks import CONSTRUCTORS, Framework
from webstead.project.names import names_of
from webstead.project.values import App

__all__ = [
    "Missing",
    "check_target",
    "colon_form",
    "find_app",
    "gateway_words",
    "is_target",
    "missing_part",
    "uvicorn_words",
]

_TARGET = re.compile(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\(\))?(?:\.[A-Za-z_]\w*)*"
)
_STEP = re.compile(r"[A-Za-z_]\w*(?:\(\))?")


def check_target(text: str) -> str:
    """Raises UsageError unless text is `module:object` or `module:factory()`."""
    if _TARGET.fullmatch(text):
        return text
    guess = text.removesuffix(".py").replace("/", ".").replace("\\", ".")
    example = guess if ":" in guess else f"{guess}:app"
    raise UsageError(
        "--app takes package.module:object.",
        found=f"--app {text}",
        fix=f"Write --app {example if _TARGET.fullmatch(example) else 'app:app'}, or module:factory().",
    )


def colon_form(dotted: str, project: Project, roots: Sequence[str]) -> str:
    """`pkg.wsgi.application` → `pkg.wsgi:application`: the longest beginning that is a module under one of
    the roots, or a known framework's. What is not clear stays dotted; the gateway resolves it by wfastcgi's
    rule."""
    parts = dotted.split(".")
    if ":" in dotted or len(parts) < 2 or not all(_STEP.fullmatch(part) for part in parts):
        return dotted
    if dotted.removesuffix("()") in CONSTRUCTORS:
        return f"{'.'.join(parts[:-1])}:{parts[-1]}"
    for count in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:count])
        if "()" in module:
            continue
        if any(project.code.layout.path_of(root, module) for root in roots):
            return f"{module}:{'.'.join(parts[count:])}"
    return dotted


def is_target(text: str) -> bool:
    """Whether a word is `module:object`."""
    return _TARGET.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Missing:
    """The part of a target that the project does not have. path: of the module that should have it; "" when
    the module itself is missing."""

    name: str
    path: str = ""


def missing_part(target: str, project: Project, roots: Sequence[str]) -> Missing | None:
    """What of `module:object` (or of a name with dots, which has no module in the project) cannot be there.
    None when all is, and when it may come from a package or be made at run time."""
    module, colon, rest = target.partition(":")
    if not colon:
        return Missing(target.rpartition(".")[0])
    path = next((p for p in (project.code.layout.path_of(root, module) for root in roots) if p), None)
    if path is None:
        own = any(project.code.layout.has(root, module.partition(".")[0]) for root in roots)
        listed = project.manifests.has(*map(canonicalize_name, distributions_of(module)))
        return Missing(module) if own or not (listed or f"{module}.{rest}" in CONSTRUCTORS) else None
    found = project.code.module(path)
    names = names_of(found.source.body) if found else None
    first = rest.partition(".")[0].removesuffix("()")
    submodule = project.code.layout.path_of(
        ".", f"{path.removesuffix('/__init__.py')}/{first}".replace("/", ".")
    )
    if names is None or first in names or submodule:
        return None
    return Missing(first, path)


def find_app(
    target: str, project: Project, roots: Sequence[str] = (".",)
) -> Candidate | tuple[Framework, Evidence] | None:
    """What the code says of a target: the candidate itself, or the framework of the object that it names."""
    same = [c for c in project.candidates if c.target == target]
    if same:
        return min(same, key=lambda candidate: candidate.directory.count("/") + (candidate.directory != "."))
    module_name, _, attribute = target.partition(":")
    for root in roots:
        path = project.code.layout.path_of(root, module_name)
        module = project.code.module(path) if path else None
        value = module.scope.get(attribute) if module else None
        if module and isinstance(value, App):
            line = module.bindings[attribute].line if attribute in module.bindings else 0
            return value.framework, Evidence(
                module.path, line, f"{attribute} is a {value.framework.name} app"
            )
    return None


def gateway_words(target: str) -> tuple[str, ...]:
    return ("python", "-m", "webstead.gateway", target)


def uvicorn_words(target: str, port: str) -> tuple[str, ...]:
    """uvicorn calls a factory itself when it is told that it is one."""
    factory = ("--factory",) if target.endswith("()") else ()
    return (
        "python",
        "-m",
        "uvicorn",
        target.removesuffix("()"),
        *factory,
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--no-access-log",  # the front writes one
    )
