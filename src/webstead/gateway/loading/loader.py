"""Import the app, and when that fails say whose fault it is: no such module, the module's own failure, no
such object.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Callable, Literal, NamedTuple, Union

from webstead.gateway.failure import BAD_APP, NO_MODULE, StartFailure
from webstead.gateway.loading.interface import (
    ASGI2,
    AUTO,
    WSGI,
    App,
    AsgiApp,
    Fault,
    app_names,
    from_asgi2,
    kind_of,
)
from webstead.gateway.loading.modules import near_name, searched_folders
from webstead.gateway.loading.paste import PasteTarget, find_app, parse_paste
from webstead.gateway.loading.target import Step, is_proxy, parse_target, through_proxy
from webstead.gateway.loading.virtualenv import ACTIVATE_VARIABLE, activate
from webstead.gateway.observe.trouble import app_traceback, ran_app_code

__all__ = ["Loaded", "LoadedAsgi", "LoadedWsgi", "load_app", "raised_failure"]


class LoadedWsgi(NamedTuple):
    app: App
    interface: Literal["wsgi"] = "wsgi"


class LoadedAsgi(NamedTuple):
    """app: of ASGI 3, also where the object found is of ASGI 2."""

    app: AsgiApp
    interface: Literal["asgi"] = "asgi"


Loaded = Union[LoadedWsgi, LoadedAsgi]


def load_app(
    text: str, environ: Mapping[str, str], interface: str = AUTO, *, is_file: bool = False
) -> Loaded:
    """The app that text names. interface: `auto`, or `wsgi` or `asgi`. is_file: text names a Paste Deploy
    file, whatever its ending (`-c`). Raises StartFailure: NO_MODULE, or BAD_APP for everything behind the
    import.
    """
    if is_proxy(text) and environ.get(ACTIVATE_VARIABLE, "").strip():
        activate(environ[ACTIVATE_VARIABLE].strip(), os.environ)
    text = through_proxy(text, environ)
    paste = parse_paste(text, is_file=is_file)
    return _from_module(text, interface) if paste is None else _from_paste(paste, interface)


def _from_module(text: str, interface: str) -> Loaded:
    target = parse_target(text)
    for name, steps in target.modules:
        module = _import(name)
        if module is not None:
            return _walked(target.text, module, steps, interface)
    raise _no_module(target.modules[0][0] if ":" in target.text else target.modules[-1][0], target.text)


def _from_paste(target: PasteTarget, interface: str) -> Loaded:
    try:
        found = find_app(target)
    except StartFailure:
        raise
    except BaseException as error:  # noqa: BLE001 (also SystemExit)
        raise raised_failure(f"{target.text} names an app that failed while it was made.", error) from None
    kind = kind_of(found, target.text, interface)
    if isinstance(kind, Fault):
        raise StartFailure(BAD_APP, kind.what, kind.found, kind.fix)
    return _loaded(found, kind)


def _loaded(found: Any, kind: str) -> Loaded:
    if kind == WSGI:
        return LoadedWsgi(found)
    return LoadedAsgi(from_asgi2(found) if kind == ASGI2 else found)


def _import(name: str) -> ModuleType | None:
    """The module, or None when there is none of this name. Raises StartFailure when it failed while
    importing.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if (name == missing or name.startswith(f"{missing}.")) and not ran_app_code(error):
            return None
        raise _failed_import(name, error) from None
    except BaseException as error:  # noqa: BLE001 (also SystemExit, from a script that is no module)
        raise _failed_import(name, error) from None


def _failed_import(name: str, error: BaseException) -> StartFailure:
    return raised_failure(f"The module {name!r} failed while it was imported.", error)


def _no_module(name: str, text: str) -> StartFailure:
    path = name.replace(".", "/")
    folders = "\n".join(searched_folders())
    near = near_name(name)
    fix = f"Did you mean {near!r}? " if near else ""
    return StartFailure(
        NO_MODULE,
        f"There is no module {name!r}, which {text!r} names.",
        f"neither {path}.py nor {path}/__init__.py in any of\n{folders}",
        f"{fix}Name the app as package.module:object, seen from {sys.path[0] or os.getcwd()}.",
    )


def _walked(text: str, module: ModuleType, steps: tuple[Step, ...], interface: str) -> Loaded:
    """The app at the end of the steps."""
    found: Any = module
    done = module.__name__
    if not steps:
        raise _bad(f"{text!r} names a module, not an app in it.", module, f"Write {done}:object.")
    for step in steps:
        found = _attribute(found, done, step.name, module)
        done = f"{done}:{step.name}" if found is not module and ":" not in done else f"{done}.{step.name}"
        if step.called:
            found = _called(found, done, module)
            done += "()"
    kind = kind_of(found, done, interface)
    if isinstance(kind, Fault):
        raise _bad(kind.what, module, kind.fix, kind.found)
    return _loaded(found, kind)


def _attribute(owner: object, owner_name: str, name: str, module: ModuleType) -> Any:
    try:
        return getattr(owner, name)
    except BaseException as error:  # noqa: BLE001
        if isinstance(error, AttributeError) and not ran_app_code(error):
            raise _bad(
                f"{owner_name!r} has no {name!r}.", module, "Name one of these, or correct the name."
            ) from None
        raise raised_failure(f"{owner_name}.{name} failed.", error) from None


def _called(function: object, name: str, module: ModuleType) -> Any:
    if not callable(function):
        raise _bad(
            f"{name!r} cannot be called.", module, f"Write {name} without ().", type(function).__name__
        )
    call: Callable[[], Any] = function
    try:
        return call()
    except BaseException as error:  # noqa: BLE001
        if isinstance(error, TypeError) and not ran_app_code(error):
            fix = f"Write {name} without (), or a function that needs no arguments."
            raise _bad(
                f"{name!r} cannot be called without arguments.", module, fix, f"TypeError: {error}"
            ) from None
        raise raised_failure(f"The factory {name}() failed.", error) from None


def raised_failure(what: str, error: BaseException) -> StartFailure:
    """For code of the app that raised: its traceback, and what mends it."""
    detail = app_traceback(error)
    found = detail.rstrip().rsplit("\n", 1)[-1]
    return StartFailure(BAD_APP, what, found, _fix_for(error), detail)


def _fix_for(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return f"Install the package that provides {package!r} where this Python finds it: {sys.executable}."
    if isinstance(error, SystemExit):
        return "Put what ends the program (or starts a server) under: if __name__ == '__main__':"
    return "Correct what the traceback shows."


def _bad(what: str, module: ModuleType, fix: str, found: str = "") -> StartFailure:
    apps = app_names(vars(module))
    listed = ", ".join(f"{module.__name__}:{name}" for name in apps)
    seen = f"{module.__name__} ({module.__file__}) has {listed or 'nothing that looks like an app'}"
    return StartFailure(BAD_APP, what, f"{found}; {seen}" if found else seen, fix)
