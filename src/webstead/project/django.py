"""Django projects: manage.py, the settings module and what of it decides how the site is served.

Only literals are read; a setting that is computed counts as unknown, and unknown never changes a decision.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from webstead.project.code import Code
from webstead.project.evidence import Evidence
from webstead.project.paths import folder_of
from webstead.project.source import SETTINGS_VARIABLE, module_level
from webstead.project.values import Module

__all__ = ["DjangoProject", "SettingsChoice", "manage_files", "read_django", "settings_choice"]

STATICFILES = "django.contrib.staticfiles"
_ASGI_APPS = frozenset({"channels", "daphne"})


@dataclass(frozen=True, slots=True)
class SettingsChoice:
    """The settings module that a file chooses: `os.environ.setdefault("DJANGO_SETTINGS_MODULE", module)`.
    otherwise: the one that it chooses where its condition holds (`x if "WEBSITE_HOSTNAME" in os.environ else
    y`)."""

    module: str
    evidence: Evidence
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class DjangoProject:
    """directory: that of manage.py. static_url: as written (`static/`). asgi: why asgi.py is the one to
    serve, or None. wsgi: the setting WSGI_APPLICATION, empty when it is not set."""

    directory: str
    manage: str
    settings: SettingsChoice | None
    static_url: str | None = None
    staticfiles: Evidence | None = None
    asgi: Evidence | None = None
    wsgi: str = ""


@dataclass(slots=True)
class _Settings:
    """Literal settings by name, with where each was last assigned."""

    strings: dict[str, tuple[str, Evidence]] = field(default_factory=dict)
    lists: dict[str, dict[str, Evidence]] = field(default_factory=dict)


def settings_choice(module: Module) -> SettingsChoice | None:
    nodes = [node for statement in module.source.body for node in ast.walk(statement)]
    values = {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        given = _given(node)
        named = values.get(given.id) if isinstance(given, ast.Name) else given
        found = _texts(named) if named is not None else None
        if found:
            why = f"chooses the settings module {found[0]}"
            return SettingsChoice(found[0], Evidence(module.path, getattr(node, "lineno", 0), why), found[1])
    return None


def _given(node: ast.AST) -> ast.expr | None:
    """What is given to DJANGO_SETTINGS_MODULE."""
    match node:
        case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=name), value]):
            return value if name == SETTINGS_VARIABLE else None
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=name))], value=value):
            return value if name == SETTINGS_VARIABLE else None
        case _:
            return None


def _texts(value: ast.expr) -> tuple[str, str] | None:
    """(the text, the one where the condition holds)."""
    match value:
        case ast.Constant(value=str(text)):
            return text, ""
        case ast.IfExp(body=ast.Constant(value=str(otherwise)), orelse=ast.Constant(value=str(text))):
            return text, otherwise
        case _:
            return None


def read_django(code: Code, manage: str) -> DjangoProject | None:
    """The project of a manage.py; None when the file is not Django's (it names no settings module)."""
    module = code.module(manage)
    choice = settings_choice(module) if module else None
    if module is None or choice is None:
        return None
    directory = folder_of(manage)
    settings = _Settings()
    path = code.layout.path_of(directory, choice.module)
    if path:
        _read_settings(code, path, directory, settings, set())
    static_url = settings.strings.get("STATIC_URL")
    return DjangoProject(
        directory,
        manage,
        choice,
        static_url=static_url[0] if static_url else None,
        staticfiles=settings.lists.get("INSTALLED_APPS", {}).get(STATICFILES),
        asgi=_asgi(settings),
        wsgi=settings.strings["WSGI_APPLICATION"][0] if "WSGI_APPLICATION" in settings.strings else "",
    )


def _asgi(settings: _Settings) -> Evidence | None:
    apps = settings.lists.get("INSTALLED_APPS", {})
    for name in sorted(_ASGI_APPS.intersection(apps)):
        return Evidence(apps[name].path, apps[name].line, f"INSTALLED_APPS has {name}, which needs ASGI")
    asgi = settings.strings.get("ASGI_APPLICATION")
    if asgi and "WSGI_APPLICATION" not in settings.strings:
        return Evidence(asgi[1].path, asgi[1].line, "ASGI_APPLICATION is set and WSGI_APPLICATION is not")
    return None


def _read_settings(code: Code, path: str, directory: str, settings: _Settings, seen: set[str]) -> None:
    """Later assignments win, as when the module runs; `from .base import *` is followed in its place."""
    module = code.module(path)
    if module is None or path in seen:
        return
    seen.add(path)
    for statement, _ in module_level(module.source.body):
        match statement:
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                base = _star_source(code, module, statement, directory)
                if base:
                    _read_settings(code, base, directory, settings, seen)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                _assign(settings, path, name, value, grow=False)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                _assign(settings, path, name, value, grow=False)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                _assign(settings, path, name, value, grow=True)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=values)):
                for value in values:  # INSTALLED_APPS.append("…"), .extend([…]), .insert(0, "…")
                    _assign(settings, path, name, value, grow=True, list_only=True)
            case _:
                continue


def _star_source(code: Code, module: Module, statement: ast.ImportFrom, directory: str) -> str | None:
    base = statement.module or ""
    if not statement.level:
        return code.layout.path_of(directory, base)
    folder = folder_of(module.path)
    for _ in range(statement.level - 1):
        folder = folder_of(folder)
    return code.layout.path_of(folder, base) if base else None


def _assign(
    settings: _Settings, path: str, name: str, value: ast.expr, *, grow: bool, list_only: bool = False
) -> None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and not list_only:
        settings.strings[name] = (value.value, Evidence(path, value.lineno, f"{name} = {value.value!r}"))
        return
    items = dict(settings.lists.get(name, {})) if grow else {}
    for inner in ast.walk(value):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            items[inner.value] = Evidence(path, inner.lineno, f"{name} has {inner.value}")
        elif isinstance(inner, ast.Name):
            items |= settings.lists.get(inner.id, {})
    settings.lists[name] = items


def manage_files(files: tuple[str, ...]) -> Iterator[str]:
    return (path for path in files if path == "manage.py" or path.endswith("/manage.py"))
