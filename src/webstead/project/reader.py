"""Running a module in the mind: statements bind names, expressions give values. See code.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from webstead.project.frameworks import (
    ADDING_ATTRIBUTES,
    ADDING_METHODS,
    CONSTRUCTORS,
    FACTORY_DECORATORS,
    FUNCTION_DECORATORS,
    INNER_APPS,
    MCP_APPS,
    METHODS,
    SERVERS,
    STANDALONE_WRAPPERS,
    WRAPPERS,
    Framework,
)
from webstead.project.modules import ModuleName, is_package
from webstead.project.signatures import app_of_signature, calls_of, parameters_of, takes_app
from webstead.project.source import module_level
from webstead.project.values import (
    App,
    AppClass,
    Binding,
    Dotted,
    Function,
    Instance,
    Module,
    OwnClass,
    Place,
    Run,
    Value,
)

__all__ = ["Imports", "Reader", "read_module"]

_TARGET = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(\))?$")
_SAME_APP_ATTRIBUTES = frozenset({"wsgi_app", "asgi_app"})
_SERVED_NAMES = frozenset({"app", "application"})


class Imports(Protocol):
    """The rest of the project, as one module sees it."""

    def lookup(self, dotted: str, seen_from: ModuleName) -> Value | None: ...

    def imported(self, dotted: str, seen_from: ModuleName) -> Module | None: ...

    def called(self, function: Function, given: Mapping[str, Value]) -> Value | None: ...

    def member(self, of: Instance | OwnClass, name: str) -> Value | None: ...


def read_module(module: Module, imports: Imports) -> None:
    """Fill the module's scope, runs, mounts and targets."""
    reader = Reader(module, imports, module.scope)
    statements = list(module_level(module.source.body))
    for statement, guarded in statements:
        if not guarded:
            reader.bind(statement)
        reader.note_calls(statement, guarded)
    _note_guarded(module, imports, [statement for statement, guarded in statements if guarded])
    for call in module.source.calls:
        _note_target(module, call)


def _note_guarded(module: Module, imports: Imports, statements: Iterable[ast.stmt]) -> None:
    """The apps that are made only under `if __name__ == "__main__":`, where no server can import them."""
    reader = Reader(module, imports, dict(module.scope))
    found: dict[str, tuple[int, App]] = {}
    for statement in statements:
        reader.bind(statement)
        for name, value in reader.scope.items():
            if isinstance(value, App) and value is not module.scope.get(name):
                found.setdefault(name, (statement.lineno, value))
    module.guarded = [(name, line, app) for name, (line, app) in found.items()]


def _note_target(module: Module, call: ast.Call) -> None:
    """`uvicorn.run("pkg.main:app")` and its like, anywhere in the file."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    for argument in call.args[:1] if name in {"run", "serve", "Granian", "Config"} else ():
        if (
            isinstance(argument, ast.Constant)
            and isinstance(argument.value, str)
            and _TARGET.match(argument.value)
        ):
            module.targets.append((argument.value, call.lineno))


class Reader:
    """One scope being read: a module's, or that of a function called in the mind."""

    def __init__(self, module: Module, imports: Imports, scope: dict[str, Value]) -> None:
        self.module = module
        self.imports = imports
        self.scope = scope

    # Statements

    def bind(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import():
                for alias in statement.names:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._set(alias.asname or whole, Dotted(whole), statement.lineno, "imported")
            case ast.ImportFrom():
                self._import_from(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._set(statement.name, self._function(statement), statement.lineno, "defined")
            case ast.ClassDef():
                self._set(statement.name, self._class(statement), statement.lineno, "defined")
            case ast.Assign():
                for target in statement.targets:
                    self._assign(target, statement.value)
            case ast.AnnAssign(value=ast.expr() as value):
                self._assign(statement.target, value)
            case ast.If(test=test) | ast.While(test=test):
                for inner in ast.walk(test):
                    if isinstance(inner, ast.NamedExpr):
                        self._assign(inner.target, inner.value)
            case _:
                return

    def _set(self, name: str, value: Value | None, line: int, how: str) -> None:
        """What is not understood leaves an app that is already there: `app = configure(app)`."""
        if value is None:
            if not isinstance(self.scope.get(name), App):
                self.scope.pop(name, None)
            return
        self.scope[name] = value
        if self.scope is self.module.scope:
            binding = {"made": Binding(line, "made"), "imported": Binding(line, "imported")}
            self.module.bindings[name] = binding.get(how, Binding(line, "defined"))

    def _assign(self, target: ast.expr, expression: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(expression, ast.Tuple):
            for one, given in zip(target.elts, expression.elts, strict=False):
                self._assign(one, given)
            return
        if isinstance(target, ast.Tuple) and target.elts and isinstance(self.value(expression), App):
            target = target.elts[0]  # `app, route = fast_app()`
        if not isinstance(target, ast.Name) or (_is_none(expression) and target.col_offset):
            return  # `except ImportError: Flask = None`: the other way round it is there
        value = self.value(expression)
        if value is None and isinstance(expression, ast.Call):
            value = self._rewrapped(target.id, expression)
        elif isinstance(value, Dotted) and isinstance(expression, ast.Call):
            value = None
        if value is None and target.col_offset and self.scope is self.module.scope:
            return  # `if "pytest" in sys.modules: make_app = lambda: None`: here it is not so
        self._set(target.id, value, expression.lineno, "made")

    def _rewrapped(self, name: str, call: ast.Call) -> App | None:
        """`app = Anything(app, …)`: an unknown wrapper, as the name is used again. So is
        `application = Anything(get_application())`, as that is the name by which servers ask for an app."""
        used = [argument for argument in call.args if isinstance(argument, ast.Name) and argument.id == name]
        around = [*used, *(call.args[:1] if name in _SERVED_NAMES else ())]
        apps = (self.value(argument) for argument in around)
        inner = next((app for app in apps if isinstance(app, App)), None)
        return self._around(inner, call, None) if inner else None

    def _import_from(self, statement: ast.ImportFrom) -> None:
        base = statement.module or ""
        if statement.level:
            package = self.module.name.inside(statement.level, is_package(self.module.path))
            base = ".".join(part for part in (package, base) if part)
        for alias in statement.names:
            if alias.name == "*":
                self._import_all(base, statement.lineno)
                continue
            dotted = f"{base}.{alias.name}"
            name, value = alias.asname or alias.name, self.imports.lookup(dotted, self.module.name)
            if value is None and statement.col_offset and isinstance(self.scope.get(name), App):
                continue  # the other branch of `if __package__:` and the like has it
            self._set(name, value or Dotted(dotted), statement.lineno, "imported")

    def _import_all(self, base: str, line: int) -> None:
        own = self.imports.imported(base, self.module.name)
        if own is not None:
            names = {name: value for name, value in own.scope.items() if not name.startswith("_")}
        else:
            names = {
                dotted.rpartition(".")[2]: Dotted(dotted)
                for dotted in CONSTRUCTORS
                if dotted.rpartition(".")[0] == base
            }
        for name, value in names.items():
            self._set(name, value, line, "imported")

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Value | None:
        for decorator in node.decorator_list:
            made = self.value(decorator)
            if isinstance(made, Dotted) and made.name in FUNCTION_DECORATORS:
                return App(FUNCTION_DECORATORS[made.name], Place(self.module.path, node.lineno))
        own = app_of_signature(node, method=False)
        if own:
            return App(own, Place(self.module.path, node.lineno))
        if all(self._keeps_factory(decorator) for decorator in node.decorator_list):
            return Function(node, self.module.path)
        return None

    def _keeps_factory(self, decorator: ast.expr) -> bool:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        value = self.value(called)
        return isinstance(value, Function) or (isinstance(value, Dotted) and value.name in FACTORY_DECORATORS)

    def _class(self, node: ast.ClassDef) -> Value | None:
        for base in node.bases:
            value = self.value(base)
            if isinstance(value, AppClass):
                return value
            if isinstance(value, Dotted) and value.name in CONSTRUCTORS:
                return AppClass(CONSTRUCTORS[value.name])
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name == "__call__":
                framework = app_of_signature(inner, method=True)
                return AppClass(framework, wraps=takes_app(node)) if framework else None
        return OwnClass(node, self.module.path)

    # Calls that say something by themselves

    def note_calls(self, statement: ast.stmt, guarded: bool) -> None:
        if not guarded:
            self.module.adds |= {app.place for app in self._added_to(statement)}
        for call in calls_of(statement):
            attribute = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            apps = list(self._apps(call))
            callee = self.value(call.func)
            if attribute in ("mount", "host", "import_server"):
                self.module.mounted |= {app.place for app in apps}
            elif attribute in ("run", "run_server") and isinstance(call.func, ast.Attribute):
                base = self.value(call.func.value)
                apps += [base] if isinstance(base, App) else []
                self._note_run(apps, call.lineno, guarded)
            elif isinstance(callee, Dotted) and callee.name in SERVERS:
                self._note_run(apps, call.lineno, guarded)
                if callee.name == "bottle.run" and not apps:
                    self.module.bare_runs.append(call.lineno)

    def _added_to(self, statement: ast.stmt) -> Iterator[App]:
        """The apps of other modules that the statement gives something: a route, a layout."""
        values = (self.value(expression) for expression in _adding(statement))
        yield from (v for v in values if isinstance(v, App) and v.place.path != self.module.path)

    def _note_run(self, apps: Iterable[App], line: int, guarded: bool) -> None:
        self.module.runs += [Run(app.place, line, guarded) for app in apps]

    # Expressions

    def value(self, expression: ast.expr) -> Value | None:
        match expression:
            case ast.Name():
                return self.scope.get(expression.id)
            case ast.Attribute():
                return self._attribute(expression)
            case ast.Call():
                return self._call(expression)
            case ast.IfExp():
                return self.value(expression.body) or self.value(expression.orelse)
            case ast.BoolOp():
                values = (self.value(inner) for inner in expression.values)
                return next((value for value in values if isinstance(value, App)), None)
            case ast.NamedExpr():
                return self.value(expression.value)
            case _:
                return None

    def _attribute(self, expression: ast.Attribute) -> Value | None:
        base = self.value(expression.value)
        if isinstance(base, Instance | OwnClass):
            return self.imports.member(base, expression.attr)
        if isinstance(base, Dotted):
            dotted = f"{base.name}.{expression.attr}"
            return self.imports.lookup(dotted, self.module.name) or Dotted(dotted)
        if isinstance(base, App):
            if f".{expression.attr}" == base.framework.attribute:
                return replace(
                    base, framework=replace(base.framework, attribute=""), contains=frozenset({base.place})
                )
            inner = INNER_APPS.get(base.framework.distribution, {}).get(expression.attr)
            if inner is not None:
                return replace(base, framework=inner)
            return base if expression.attr in _SAME_APP_ATTRIBUTES else None
        return None

    def _call(self, call: ast.Call) -> Value | None:
        if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS:
            base = self.value(call.func.value)
            if isinstance(base, App):
                return replace(base, framework=METHODS[call.func.attr])
            if not isinstance(base, Dotted):  # `prometheus_client.make_wsgi_app()` is no method
                return self._made(METHODS[call.func.attr], call)
        if isinstance(call.func, ast.Attribute) and call.func.attr in MCP_APPS:
            server = self.value(call.func.value)
            if isinstance(server, App):
                return replace(server, framework=replace(server.framework, attribute=""))
        callee = self.value(call.func)
        match callee:
            case Function():
                return self._called(callee, call)
            case OwnClass():
                return Instance(callee)
            case Dotted("functools.partial"):
                return self._callable(call.args[0]) if call.args else None
            case AppClass(wraps=True):
                inner = next(self._apps(call), None)
                return self._around(inner, call, callee.framework.interface) if inner else None
            case AppClass():
                return self._made(callee.framework, call)
            case Dotted(name) if name in CONSTRUCTORS:
                return self._made(CONSTRUCTORS[name], call)
            case Dotted(name) if name in WRAPPERS or name.endswith("Middleware"):
                return self._wrapped(name, call)
            case _:
                return None

    def _called(self, function: Function, call: ast.Call) -> Value | None:
        """What a function of the project returns for these arguments. A plain function around the app that
        it was given is that app, wrapped."""
        names = parameters_of(function.node)[function.bound is not None :]
        given = {name: self.value(argument) for name, argument in zip(names, call.args, strict=False)}
        given |= {keyword.arg: self.value(keyword.value) for keyword in call.keywords if keyword.arg in names}
        known = {name: value for name, value in given.items() if isinstance(value, App | Instance)}
        found = self.imports.called(function, known)
        inner = next(self._apps(call), None)
        if isinstance(found, App) and inner is not None and not found.framework.distribution:
            return self._around(inner, call, found.framework.interface)
        return found

    def _callable(self, expression: ast.expr) -> Value | None:
        """What a call of it would call."""
        value = self.value(expression)
        known = isinstance(value, Dotted) and value.name in CONSTRUCTORS
        return AppClass(CONSTRUCTORS[value.name]) if isinstance(value, Dotted) and known else value

    def _made(self, framework: Framework, call: ast.Call) -> App:
        inside = frozenset(place for app in self._apps(call) for place in (app.place, *app.contains))
        return App(framework, self._place(call), inside)

    def _place(self, call: ast.Call) -> Place:
        return Place(self.module.path, call.lineno, call.col_offset)

    def _wrapped(self, name: str, call: ast.Call) -> App | None:
        inner = next(self._apps(call), None)
        interface = WRAPPERS.get(name)
        if inner is not None:
            return self._around(inner, call, interface)
        if name in STANDALONE_WRAPPERS and interface:
            return App(Framework("Socket.IO", interface, "python-socketio"), self._place(call))
        return None

    def _around(self, inner: App, call: ast.Call, interface: str | None) -> App:
        framework = replace(inner.framework, attribute="")
        if interface == "wsgi":
            framework = replace(framework, interface="wsgi")
        elif interface == "asgi":
            framework = replace(framework, interface="asgi")
        inside = frozenset(p for app in (inner, *self._apps(call)) for p in (app.place, *app.contains))
        return App(framework, self._place(call), inside)

    def _apps(self, call: ast.Call) -> Iterator[App]:
        """The apps among the arguments, also inside dictionaries, lists and keyword arguments."""
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            yield from self._apps_in(argument)

    def _apps_in(self, expression: ast.expr) -> Iterator[App]:
        match expression:
            case ast.Dict():
                inner: list[ast.expr] = expression.values
            case ast.List() | ast.Tuple():
                inner = expression.elts
            case ast.Starred() | ast.Attribute(attr="routes"):
                inner = [expression.value]
            case ast.Call():
                value = self.value(expression)
                if isinstance(value, App):
                    yield value
                    return
                inner = [*expression.args, *(keyword.value for keyword in expression.keywords)]
            case _:
                value = self.value(expression)
                if isinstance(value, App):
                    yield value
                return
        for item in inner:
            yield from self._apps_in(item)


def _is_none(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is None


def _adding(statement: ast.stmt) -> Iterator[ast.expr]:
    """What `@app.get("/")`, `app.include_router(r)` and `app.layout = x` are said of."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            said = [d.func if isinstance(d, ast.Call) else d for d in statement.decorator_list]
        case ast.Expr(value=ast.Call(func=func)):
            said = [func]
        case ast.Assign():
            yield from (
                t.value
                for t in statement.targets
                if isinstance(t, ast.Attribute) and t.attr in ADDING_ATTRIBUTES
            )
            return
        case _:
            return
    yield from (x.value for x in said if isinstance(x, ast.Attribute) and x.attr in ADDING_METHODS)
