"""Programs that serve themselves: which file, by which framework, on which port. Choosing among them, and
against apps that a server can import, is plan's work."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from webstead.project.code import Code
from webstead.project.evidence import Evidence
from webstead.project.import_names import chain, dotted_name, imports_package, names_imported, stars
from webstead.project.modules import absolute_imports
from webstead.project.paths import folder_of, join
from webstead.project.ports import PortReader
from webstead.project.reached import reached
from webstead.project.self_serving import (
    BY_IMPORT,
    HTTP_TRANSPORTS,
    MAKERS,
    MCP,
    MOUNTERS,
    OBJECTS,
    PORT_VARIABLES,
    SERVING_CALLS,
    SERVING_METHODS,
    ScriptFramework,
)
from webstead.project.values import Module

__all__ = ["Script", "files_named", "find_script", "mounting"]

_MCP_PACKAGES = ("mcp", "fastmcp")
_SERVER_MAKERS = frozenset({"Config", "FastMCP", "TCPSite", "bind", "create_server", "listen", "make_server"})


@dataclass(frozen=True, slots=True)
class Script:
    """A file that serves itself.

    directory: where it is started, for its imports; path: as it is seen from the project. module: the name to
    start it by where its imports are relative; empty otherwise. target: the object that the code makes and
    serves nowhere, and kind: its framework's name for portbind; both empty for a program. ports: those that
    it may listen on by its code; empty when the text does not tell. takes_port: it looks for PORT in its
    environment. never: what it makes is never served.
    """

    framework: ScriptFramework
    path: str
    line: int
    evidence: tuple[Evidence, ...]
    directory: str = "."
    module: str = ""
    target: str = ""
    kind: str = ""
    ports: tuple[int, ...] = ()
    takes_port: bool = False
    aside: str = ""
    never: bool = False

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class _Use:
    """A place at which a program begins to serve. call: None where a function is only named."""

    framework: ScriptFramework
    module: Module
    line: int
    why: str
    call: ast.Call | None = None


def find_script(code: Code, module: Module) -> Script | None:
    """What the file serves when it runs as a program; None when it serves nothing."""
    page = _page(module)
    if page is not None:
        return _placed(code, module, page)
    places = list(reached(code, module))
    uses = list(_uses(code, places))
    best = next((use for use in uses if not use.framework.is_server), uses[0] if uses else None)
    if best is None:
        return _object(code, module) or _unserved(code, module)
    script = Script(best.framework, module.path, best.line, _evidence(module, best))
    if not best.framework.command:
        script = _with_port(code, script, best, places)
    return _placed(code, module, script)


def mounting(code: Code, module: Module) -> bool:
    """Whether the module puts what would serve itself into an app, or only serves that app by it."""
    names = names_imported(module)
    called = {dotted_name(call.func, names) for call in module.source.calls}
    if "tornado.wsgi.WSGIContainer" in called and called & set(OBJECTS):
        called.discard("tornado.wsgi.WSGIContainer")  # Tornado's own app is around the other
    return not called.isdisjoint(MOUNTERS)


def files_named(code: Code, module: Module) -> set[str]:
    """The project's files beside the module that its code names: `mount_chainlit(app, target="chat.py")`."""
    nodes = (node for statement in module.source.body for node in ast.walk(statement))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    paths = {
        join(folder, text)
        for text in texts
        if text.endswith(".py")
        for folder in (folder_of(module.path), ".")
    }
    return {path for path in paths if path in code.layout.files and path is not None}


def _page(module: Module) -> Script | None:
    for package, framework in BY_IMPORT.items():
        line = imports_package(module, package)
        if line:
            why = f"imports {package}, which serves the file itself"
            return Script(framework, module.path, line, (Evidence(module.path, line, why),))
    return None


# Where it serves


def _uses(code: Code, places: Iterable[tuple[Module, ast.expr]]) -> Iterator[_Use]:
    packages: dict[str, bool] = {}
    listed = list(places)
    modules = {module.path: module for module, _ in listed}.values()

    def has(package: str) -> bool:
        if package not in packages:
            packages[package] = any(_reaches(code, module, package) for module in modules)
        return packages[package]

    for module, place in listed:
        if isinstance(place, ast.Attribute):
            if place.attr == "serve_forever" and has("http"):
                yield _Use(SERVING_METHODS["serve_forever"]["http"], module, place.lineno, "serve_forever")
            continue
        if not isinstance(place, ast.Call):
            continue
        dotted = _called(module, place)
        if dotted in SERVING_CALLS:
            yield _Use(SERVING_CALLS[dotted], module, place.lineno, f"{_short(dotted)}()", place)
        elif isinstance(place.func, ast.Attribute) and (dotted is None or _is_own(code, module, dotted)):
            name = place.func.attr
            if _serves_http(place, name) and any(map(has, _MCP_PACKAGES)):
                yield _Use(MCP, module, place.lineno, f"{name}() serves MCP over HTTP", place)
            known = SERVING_METHODS.get(name, {})
            framework = next((known[package] for package in known if has(package)), None)
            if framework is not None:
                yield _Use(framework, module, place.lineno, f"{name}()", place)


def _called(module: Module, call: ast.Call) -> str | None:
    dotted = dotted_name(call.func, names_imported(module))
    if dotted is None:
        given = (".".join((star, *chain(call.func))) for star in stars(module))
        return next((name for name in given if name in SERVING_CALLS), None)
    return dotted


def _is_own(code: Code, module: Module, dotted: str) -> bool:
    """`from ui import demo; demo.launch()`: the object is the project's."""
    return code.layout.has(module.name.directory, dotted.partition(".")[0])


def _reaches(code: Code, module: Module, package: str) -> bool:
    others = (code.module(path) for path in (module.path, *code.reach(module.path)))
    return any(other is not None and imports_package(other, package) > 0 for other in others)


def _serves_http(call: ast.Call, name: str) -> bool:
    if name in HTTP_TRANSPORTS:
        return name.startswith("run_")
    if name not in ("run", "run_async"):
        return False
    given = [*(k.value for k in call.keywords if k.arg == "transport"), *call.args[:1]]
    return any(isinstance(value, ast.Constant) and value.value in HTTP_TRANSPORTS for value in given)


def _short(dotted: str) -> str:
    return ".".join(dotted.split(".")[-2:])


def _evidence(module: Module, use: _Use) -> tuple[Evidence, ...]:
    serves = Evidence(use.module.path, use.line, f"{use.framework.name} serves itself: {use.why}")
    if use.module.path == module.path:
        return (serves,)
    return (Evidence(module.path, 0, f"runs what is in {use.module.path}"), serves)


# On which port


def _with_port(code: Code, script: Script, use: _Use, places: Sequence[tuple[Module, ast.expr]]) -> Script:
    """The ports of the call that serves, else of one that makes the server, else the framework's own."""
    near = {module.path: module for module, _ in places}
    script = replace(script, takes_port=any(map(_looks_for_port, near.values())))
    named = _named(PortReader(near.values()), use, places)
    if named is not None and not named[0]:
        far = (code.module(path) for path in code.reach(script.path))
        named = _named(PortReader([*near.values(), *(m for m in far if m is not None)]), use, places)
    if named is None:
        return replace(script, ports=use.framework.ports)
    ports, evidence = named
    return replace(script, ports=tuple(sorted(ports)), evidence=(*script.evidence, evidence))


def _named(
    reader: PortReader, use: _Use, places: Sequence[tuple[Module, ast.expr]]
) -> tuple[frozenset[int], Evidence] | None:
    ports = reader.named(use.call) if use.call else None
    if ports is not None:
        return ports, _of_port(use.module, use.line, ports)
    for module, place in places:
        if isinstance(place, ast.Call) and _makes_server(module, place):
            ports = reader.named(place)
            if ports is not None:
                return ports, _of_port(module, place.lineno, ports)
    return None


def _looks_for_port(module: Module) -> bool:
    nodes = (node for statement in module.source.body for node in ast.walk(statement))
    return any(isinstance(node, ast.Constant) and node.value in PORT_VARIABLES for node in nodes)


def _makes_server(module: Module, call: ast.Call) -> bool:
    """`HTTPServer(("", 8000), Handler)`, also by a class of the project's own."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    own = any(isinstance(node, ast.ClassDef) and node.name == name for node in module.source.body)
    return own or name.endswith("Server") or name in _SERVER_MAKERS


def _of_port(module: Module, line: int, ports: frozenset[int]) -> Evidence:
    named = " or ".join(str(port) for port in sorted(ports))
    return Evidence(module.path, line, f"its port is {named}" if ports else "its port is not in the code")


# From where it is started


def _placed(code: Code, module: Module, script: Script) -> Script:
    """In the project's folder, as people start it; in the one that its imports need, where they need another;
    in its own, where only there are the files that it names."""
    folder, root = folder_of(module.path), module.name.directory
    absolute, level = absolute_imports(module.source)
    elsewhere = any(code.layout.has(root, top) and not code.layout.has(folder, top) for top in absolute)
    if level or (folder != root and elsewhere):
        return replace(script, directory=root, module=module.name.name)
    return replace(script, directory=folder) if _names_files_of(code, module, folder) else script


def _names_files_of(code: Code, module: Module, folder: str) -> bool:
    texts = {
        node.value.removeprefix("./")
        for statement in module.source.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    files = code.layout.files
    return folder != "." and any(f"{folder}/{text}" in files and text not in files for text in texts)


# Made, and never served


def _object(code: Code, module: Module) -> Script | None:
    """An app of aiohttp or Tornado that the code makes and leaves to somebody else to serve."""
    names = names_imported(module)
    found = [
        Script(
            framework,
            module.path,
            line,
            (
                Evidence(
                    module.path,
                    line,
                    f"{framework.name} app: {name} {'returns it' if '(' in name else 'is it'}",
                ),
            ),
            directory=module.name.directory,
            target=f"{module.name.name}:{name}",
            kind=kind,
        )
        for statement in module.source.body
        for name, line, dotted in _made(statement, names)
        for kind, framework in (OBJECTS[dotted],)
    ]
    return min(found, key=lambda script: ("(" in script.target, script.line), default=None)


def _made(statement: ast.stmt, names: Mapping[str, str]) -> Iterator[tuple[str, int, str]]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
            dotted = dotted_name(call.func, names)
            if dotted in OBJECTS:
                yield name, statement.lineno, dotted
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if _returns(statement):
            inner = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
            dotted = next((d for d in (dotted_name(c.func, names) for c in inner) if d in OBJECTS), None)
            needed = len(statement.args.args) - len(statement.args.defaults)
            if dotted and needed <= 1:  # aiohttp's own command gives one: the words that are left over
                yield f"{name}()", statement.lineno, dotted
        case _:
            return


def _returns(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(function))


def _unserved(code: Code, module: Module) -> Script | None:
    """What only serves when something calls it: nothing in the file does."""
    names = names_imported(module)
    for call in module.source.calls:
        dotted = dotted_name(call.func, names)
        if dotted in MAKERS:
            framework = MAKERS[dotted]
            evidence = Evidence(module.path, call.lineno, f"{framework.name}'s {_short(dotted)} is made here")
            return Script(framework, module.path, call.lineno, (evidence,), never=True)
        if dotted is not None and dotted.startswith("mcp.") and dotted.endswith(".stdio_server"):
            evidence = Evidence(module.path, call.lineno, "serves MCP over standard input and output only")
            return Script(MCP, module.path, call.lineno, (evidence,), never=True)
    return None
