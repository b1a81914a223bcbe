"""One Python file as a syntax tree, with the few facts that are asked of it often."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import re2

from webstead.project.elsewhere import ELSEWHERE
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.frameworks import (
    ADDING_METHODS,
    CONSTRUCTORS,
    FUNCTION_DECORATORS,
    METHODS,
    SERVERS,
    WRAPPERS,
)
from webstead.project.self_serving import BY_IMPORT, MAKERS, MOUNTERS, OBJECTS, SERVING_CALLS

__all__ = [
    "MAX_BYTES",
    "SETTINGS_VARIABLE",
    "Source",
    "is_main_guard",
    "may_ask",
    "may_matter",
    "may_pass_on",
    "module_level",
    "parse_source",
    "sub_blocks",
    "too_deep",
]

SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"

MAX_BYTES = 1 << 20  # 1 MiB: generated data, not an app; Oryx and Railpack read any size

_GENERIC = frozenset(
    {
        "API",
        "App",
        "Application",
        "Blocks",
        "Interface",
        "Server",
        "OpenAPI",
        "app",
        "application",
        "mount",
        "run",
        "serve",
        "server",
        "start",
    }
)
"""Names that say little by themselves: for these the import of their package is the hint."""

_BY_OTHER_WORDS = frozenset({"http.server.test"})
"""Calls whose name says nothing, in a package that much else comes from."""


_PACKAGES = frozenset({"litserve", "robyn", "telegram"} | {name.replace(".", r"\.") for name in ELSEWHERE})
"""Packages whose methods serve, or that say where else the code is served, without a name in the tables."""


def _hints() -> bytes:
    """A pattern for what the tables know, wherever it stands in a file."""
    serving = {*SERVING_CALLS, *MAKERS, *MOUNTERS, *OBJECTS} - _BY_OTHER_WORDS
    names = {*CONSTRUCTORS, *WRAPPERS, *FUNCTION_DECORATORS, *SERVERS, *serving, "granian.Granian"}
    last = {name: name.rpartition(".")[2] for name in names}
    makers = {
        *last.values(),
        *METHODS,
        "create_app",
        "make_app",
        "start_response",
        "lambda_handler",
    } - _GENERIC
    makers |= {"HTTPServer", "TCPServer", "ThreadingHTTPServer", "ThreadingTCPServer"}
    makers |= {"serve_forever", "stdio_server"}
    packages = {name.partition(".")[0] for name in names if last[name] in _GENERIC}
    packages |= {*BY_IMPORT, *_PACKAGES, r"http\.server"}
    adding = "|".join(sorted(ADDING_METHODS))
    words, imported = "|".join(sorted(makers)), "|".join(sorted(packages))
    return (
        rf"\b(?:{words})\b|\breceive, *send\b|\w+Middleware\("
        rf"|(?:\bfrom[ \t]+|\bimport[ \t][^\n]*?\b)(?:{imported})\b"
        r"|(?m:^(?:app|application)\b[^=\n]*=)"
        rf"|(?m:^@?(?:\w*app|application|server)\.(?:{adding})\()"
    ).encode()


def _finder(pattern: bytes) -> Callable[[bytes], bool]:
    """Whether the pattern is found, by re2: sixteen times as fast as re on thousands of files."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    compiled = re2.compile(pattern, options)
    return lambda data: compiled.search(data) is not None


_hinted = _finder(_hints())
_asks = _finder(rb"\bimportlib(?:[._]metadata|\s+import\s[^\n]*metadata)|\bpkg_resources\b")
_names_app = _finder(rb"\b(?:app|application)\b")
_SERVES = re.compile(
    rb"uvicorn|granian|hypercorn|gradio|nicegui|panel|tornado|aiohttp|http\.server|waitress|mcp|chainlit"
)
_PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer|invalid decimal literal"
)


@dataclass(frozen=True, slots=True)
class Source:
    """body: the statements of the module. imports: those anywhere in it. calls: those anywhere in it, if it
    can hold one that starts a server by name. settings: the modules that it gives Django as its settings,
    which are imported by those names."""

    path: str
    body: tuple[ast.stmt, ...]
    imports: tuple[ast.Import | ast.ImportFrom, ...] = ()
    calls: tuple[ast.Call, ...] = ()
    settings: tuple[str, ...] = ()


def may_matter(data: bytes) -> bool:
    """Whether the bytes can hold an app at all: they have the name of something that makes one. It only saves
    time (most files that import flask make no app): what is an app is decided by the syntax tree."""
    return _hinted(data)


def may_ask(data: bytes) -> bool:
    """Whether the bytes can ask for the metadata of what is installed."""
    return _asks(data)


def may_pass_on(path: str, data: bytes) -> bool:
    """Whether a module that another one imports from can have an app to give: its own, or one that it imports
    itself."""
    return may_matter(data) or path.endswith("__init__.py") or _names_app(data)


def parse_source(path: str, data: bytes) -> Source | Finding:
    """The file's syntax tree, or why there is none (with the line)."""
    if len(data) > MAX_BYTES:
        return Finding(
            f"{path} is {len(data) >> 20} MiB large and was not read.", "", (Evidence(path, 0, "too large"),)
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like: the app's matter, not the plan's
            tree = ast.parse(data, path)
    except SyntaxError as error:
        return _does_not_parse(path, error.lineno or 0, error.msg)
    except (RecursionError, MemoryError):
        return too_deep(path)
    except ValueError as error:
        return _does_not_parse(path, 0, str(error) or type(error).__name__)
    imports = tuple(node for node in _statements(tree.body) if isinstance(node, ast.Import | ast.ImportFrom))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call)) if _SERVES.search(data) else ()
    settings = _settings_modules(tree) if SETTINGS_VARIABLE.encode() in data else ()
    return Source(path, tuple(tree.body), imports, tuple(calls), tuple(settings))


def _settings_modules(tree: ast.Module) -> Iterator[str]:
    """`os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(args=[ast.Constant(value=name), ast.Constant(value=str(module))]):
                if name == SETTINGS_VARIABLE:
                    yield module
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value=name))], value=ast.Constant(value=str(module))
            ):
                if name == SETTINGS_VARIABLE:
                    yield module
            case _:
                continue


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements, also those in functions and classes; expressions, most of a tree, are not gone into."""
    for statement in body:
        yield statement
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            for inner in getattr(statement, name, ()):
                if isinstance(inner, ast.stmt):
                    yield from _statements([inner])
                elif isinstance(inner, ast.ExceptHandler | ast.match_case):
                    yield from _statements(inner.body)


def too_deep(path: str) -> Finding:
    """Generated code may be nested further than this process can follow; Python may run it all the same."""
    fix = "If it makes the app, name it: webstead up --app package.module:object"
    return Finding(f"{path} is nested too deeply to be read.", fix, (Evidence(path, 0, "nested too deeply"),))


def _does_not_parse(path: str, line: int, message: str) -> Finding:
    where = f"{path}:{line}" if line else path
    if _PYTHON_2.search(message):
        return Finding(
            f"{where} is Python 2 code: {message}",
            f"Convert it to Python 3; a start: uv run --no-project -p 3.12 python -m lib2to3 -w {path}",
            (Evidence(path, line, "Python 2 syntax"),),
        )
    if "null bytes" in message:
        text = f"{path} is not in UTF-8, and Python cannot read it."
        return Finding(text, "Save it as UTF-8.", (Evidence(path, line, f"syntax error: {message}"),))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Finding(
        f"{where} does not parse as Python {version}: {message}",
        "Correct the line; code in a file that does not parse cannot be found.",
        (Evidence(path, line, f"syntax error: {message}"),),
    )


def module_level(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.stmt, bool]]:
    """The statements that run when the module does, in order, and whether each only runs as `__main__`.

    Goes into `if`, `try`, `with`, `for` and `while`, not into functions and classes.
    """
    for statement in body:
        guarded = isinstance(statement, ast.If) and is_main_guard(statement.test)
        yield statement, False
        for block in sub_blocks(statement):
            for inner, inner_guarded in module_level(block):
                yield inner, guarded or inner_guarded


def sub_blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks inside a compound statement that run in the same scope; none of `if TYPE_CHECKING:`."""
    match statement:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            yield statement.orelse
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            yield statement.body
            yield statement.orelse
        case ast.With() | ast.AsyncWith():
            yield statement.body
        case ast.Try() | ast.TryStar():
            yield statement.body
            for handler in statement.handlers:
                yield handler.body
            yield statement.orelse
            yield statement.finalbody
        case ast.Match():
            for case in statement.cases:
                yield case.body
        case _:
            return


def is_main_guard(test: ast.expr) -> bool:
    """`__name__ == "__main__"`, also turned round."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = (test.left, test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
