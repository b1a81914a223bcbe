"""What a setup.py gives to `setup()`, read from its syntax tree: nothing of it is run.

Lists of texts, names bound to them, what is added to them on the way, and files that are read. All else is
said to be computed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from webstead.project.finding import Finding
from webstead.project.paths import join
from webstead.project.source import is_main_guard, parse_source

__all__ = ["SetupScript", "Stated", "read_setup_script"]

MAX_DEPTH = 150  # of names that stand for names, and of expressions in each other
MAX_STEPS = 20_000  # expressions looked at: names that double each other would never end
MAX_TEXT = 1 << 16
MAX_ITEMS = 2000
MAX_FILES = 20

_REQUIREMENTS = re.compile(r".+\.(?:txt|in|pip)", re.IGNORECASE)
_SETUP_NAMES = frozenset({"setup", "setuptools.setup", "distutils.core.setup", "core.setup"})
_CHANGING = frozenset({"append", "extend", "insert", "remove", "clear", "pop"})
_SAME = frozenset({"list", "tuple", "set", "sorted", "frozenset"})


@dataclass(frozen=True, slots=True)
class Stated:
    """texts: each with its line. files: paths in the project that are read, each with the line that does."""

    texts: tuple[tuple[str, int], ...] = ()
    files: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: Stated) -> Stated:
        return Stated((*self.texts, *other.texts)[:MAX_ITEMS], (*self.files, *other.files)[:MAX_FILES])


@dataclass(frozen=True, slots=True)
class SetupScript:
    """calls: whether it calls `setup()` at all. requires, python: None where they are not given. computed:
    the line of an install_requires that no reading can tell; 0 where it can. name, version: empty where they
    are not given or not told. entry_points: group and `name = value`; entry_points_text: where they are given
    as the text of an INI file."""

    calls: bool = False
    requires: Stated | None = None
    python: tuple[str, int] | None = None
    computed: int = 0
    problem: Finding | None = None
    name: str = ""
    version: str = ""
    entry_points: tuple[tuple[str, str], ...] = ()
    entry_points_text: str = ""


def read_setup_script(path: str, data: bytes, files: Sequence[str], folder: str) -> SetupScript:
    """files: those of the project; folder: the one that setup.py is in, which it reads files from."""
    source = parse_source(path, data)
    if isinstance(source, Finding):
        return SetupScript(problem=source, computed=1)
    if b"setuptools" not in data and b"distutils" not in data:
        return SetupScript()
    try:
        return _read_body(_Reader(frozenset(files), folder), source.body)
    except RecursionError:
        return SetupScript(True, computed=1)


def _read_body(reader: _Reader, body: Sequence[ast.stmt]) -> SetupScript:
    reader.run(body)
    call = reader.setup_call(body)
    if call is None:
        return SetupScript()
    python = reader.argument(call, "python_requires")
    said = reader.text(python) if python is not None else None
    requires = reader.argument(call, "install_requires")
    found = reader.stated(requires) if requires is not None else None
    return SetupScript(
        True,
        found,
        (said, python.lineno) if said and python is not None else None,
        _line(requires) if requires is not None and found is None else 0,
        name=reader.text(reader.argument(call, "name")) or "",
        version=reader.text(reader.argument(call, "version")) or "",
        entry_points=tuple(reader.entry_points(reader.argument(call, "entry_points"))),
        entry_points_text=reader.text(reader.argument(call, "entry_points")) or "",
    )


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 1)


@dataclass(slots=True)
class _Reader:
    """names: what each name of the module is bound to, as one expression: what is added to a list becomes a
    sum. None for a name that a condition or a loop decides."""

    files: frozenset[str]
    folder: str
    names: dict[str, ast.expr | None] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    steps: int = 0

    def run(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[target], value=value):
                self._bind(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
                self._add(name, value)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method), args=[value])
            ):
                if method == "extend":
                    self._add(name, value)
                elif method == "append":
                    self._add(name, ast.copy_location(ast.List([value], ast.Load()), value))
            case ast.FunctionDef(name=name):
                self.functions[name] = statement
            case ast.With(items=items, body=body):
                for item in items:
                    if isinstance(item.optional_vars, ast.Name):
                        self.names[item.optional_vars.id] = item.context_expr
                self.run(body)
            case ast.Try(body=body):
                self.run(body)
            case ast.If(test=test, body=body) if is_main_guard(test):
                self.run(body)
            case ast.For(iter=source):
                for name in _touched(statement):
                    self._add(name, source) if name in self.names else self.names.setdefault(name, source)
            case _:
                self.names.update(dict.fromkeys(_touched(statement)))

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, ast.Subscript) and (key := _item(target)):
            self.names[key] = value

    def _add(self, name: str, value: ast.expr) -> None:
        before = self.names.get(name)
        self.names[name] = None if before is None else _sum(before, value)

    def setup_call(self, body: Sequence[ast.stmt]) -> ast.Call | None:
        """The first call of `setup()`; when it stands in a function, that one's statements count, too."""
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and _dotted(node.func) in _SETUP_NAMES:
                    if isinstance(statement, ast.FunctionDef):
                        self.run(statement.body)
                    return node
        return None

    def argument(self, call: ast.Call, name: str) -> ast.expr | None:
        """The value of a keyword, also of one in `**kwargs`."""
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
        for keyword in call.keywords:
            if keyword.arg is None and (found := self._of_mapping(keyword.value, name)) is not None:
                return found
        return None

    def _of_mapping(self, value: ast.expr, name: str) -> ast.expr | None:
        if isinstance(value, ast.Name):
            item = self.names.get(f"{value.id}[{name}]")
            bound = self.names.get(value.id)
            return item or (self._of_mapping(bound, name) if isinstance(bound, ast.Dict | ast.Call) else None)
        if isinstance(value, ast.Dict):
            pairs = zip(value.keys, value.values, strict=True)
            return next((v for k, v in pairs if isinstance(k, ast.Constant) and k.value == name), None)
        if isinstance(value, ast.Call) and _dotted(value.func) == "dict":
            return next((keyword.value for keyword in value.keywords if keyword.arg == name), None)
        return None

    def entry_points(self, value: ast.expr | None) -> Iterator[tuple[str, str]]:
        """Those of a mapping from groups to lists."""
        value = self.names.get(value.id) if isinstance(value, ast.Name) else value
        if isinstance(value, ast.Dict):
            for group, points in zip(value.keys, value.values, strict=True):
                found = self.stated(points)
                if isinstance(group, ast.Constant) and isinstance(group.value, str) and found:
                    yield from ((group.value, point) for point, _ in found.texts)

    def _too_much(self, depth: int) -> bool:
        self.steps += 1
        return depth > MAX_DEPTH or self.steps > MAX_STEPS

    def stated(self, value: ast.expr | None) -> Stated | None:
        """The lines that an expression is; None when that cannot be told."""
        said = self.text(value)
        if said is not None:
            lines = (line.strip() for line in said.splitlines())
            kept = [line for line in lines if line and not line.startswith("#")]
            return Stated(tuple((line, _line(value)) for line in kept)) if value else None
        return self._list(value, 0)

    def text(self, value: ast.expr | None, depth: int = 0) -> str | None:
        """The one text that an expression is."""
        match value:
            case _ if self._too_much(depth):
                return None
            case ast.Constant(value=str() as said):
                return said
            case ast.Name(id=name):
                return self.text(self.names.get(name), depth + 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                first, second = self.text(left, depth + 1), self.text(right, depth + 1)
                return None if first is None or second is None else _short(first + second)
            case ast.JoinedStr(values=parts):
                found = [self.text(part, depth + 1) for part in parts]
                return None if None in found else _short("".join(part or "" for part in found))
            case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
                return self.text(inner, depth + 1)
            case ast.Call(func=ast.Attribute(value=inner, attr="strip"), args=[]):
                found_text = self.text(inner, depth + 1)
                return None if found_text is None else found_text.strip()
        return None

    def _list(self, value: ast.expr | None, depth: int) -> Stated | None:
        match value:
            case None:
                return None
            case _ if self._too_much(depth):
                return None
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return self._together([self._element(item, depth + 1) for item in items])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._together([self._list(left, depth + 1), self._list(right, depth + 1)])
            case ast.Name(id=name) if name in self.names:
                found = self._list(self.names[name], depth + 1)
            case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _SAME:
                found = self._list(inner, depth + 1)
            case ast.Call(func=ast.Name(id=name), args=[], keywords=[]) if name in self.functions:
                found = self._list(_returned(self.functions[name]), depth + 1)
            case ast.Call(func=ast.Attribute(value=inner, attr=("split" | "splitlines") as how), args=args):
                found = self._split(inner, how, args)
            case _:
                found = None
        return found if found is not None else self._read(value)

    def _element(self, item: ast.expr, depth: int) -> Stated | None:
        if isinstance(item, ast.Starred):
            return self._list(item.value, depth)
        said = self.text(item)
        return None if said is None else Stated(((said.strip(), item.lineno),))

    def _together(self, parts: Sequence[Stated | None]) -> Stated | None:
        total = Stated()
        for part in parts:
            if part is None:
                return None
            total += part
        return total

    def _split(self, inner: ast.expr, method: str, args: Sequence[ast.expr]) -> Stated | None:
        said = self.text(inner)
        separator = self.text(args[0]) if args else None
        if said is None or (args and not separator) or separator == "":
            return None
        parts = said.splitlines() if method == "splitlines" else said.split(separator)
        return Stated(tuple((part.strip(), _line(inner)) for part in parts if part.strip()))

    def _read(self, value: ast.expr) -> Stated | None:
        """The requirements files that an expression names on its way, through names and functions."""
        words = list(self._words(value, 0, set()))
        found: dict[str, int] = {}
        for at, (word, line) in enumerate(words):
            if _REQUIREMENTS.fullmatch(word):
                path = self._path([earlier for earlier, _ in words[max(0, at - 2) : at]], word)
                if path is None:
                    return None
                found.setdefault(path, line)
        return Stated(files=tuple(found.items())) if found else None

    def _path(self, before: Sequence[str], word: str) -> str | None:
        """The file of the project that a word names, perhaps with the words before it as its folders."""
        tries = ["/".join([*before[at:], word]) for at in range(len(before) + 1)]
        paths = (join(self.folder, each) for each in tries)
        return next((path for path in paths if path in self.files), None)

    def _words(self, value: ast.AST, depth: int, seen: set[str]) -> Iterator[tuple[str, int]]:
        if self._too_much(depth):
            return
        nodes = [node for node in ast.walk(value) if isinstance(node, ast.Constant | ast.Name)]
        for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, node.lineno
            elif isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                bound = self.names.get(node.id) or self.functions.get(node.id)
                if bound is not None:
                    yield from self._words(bound, depth + 1, seen)


def _short(text: str) -> str | None:
    return text if len(text) <= MAX_TEXT else None


def _sum(left: ast.expr, right: ast.expr) -> ast.expr:
    return ast.copy_location(ast.BinOp(left, ast.Add(), right), right)


def _item(target: ast.Subscript) -> str:
    """`kwargs["install_requires"]` as a name of its own."""
    match target:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
            return f"{name}[{key}]"
    return ""


def _touched(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds or adds to, anywhere in it."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _CHANGING:
            yield node.value.id


def _returned(function: ast.FunctionDef) -> ast.expr | None:
    """What a function returns that does nothing else."""
    body = [each for each in function.body if not isinstance(each, ast.Expr)]
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr=name):
            before = _dotted(inner)
            return f"{before}.{name}" if before else ""
    return ""
