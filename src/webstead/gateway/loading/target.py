"""How an app is named: `package.module:object`, `module:factory()`, `module:object.attribute`, or wfastcgi's
dotted `package.module.object`, in which any part may end in `()`.

Also the two names of ptvs_virtualenv_proxy.py, which old Azure templates ship: they stand for
WSGI_ALT_VIRTUALENV_HANDLER, and for the environment that `virtualenv` finds. That module itself, should the
app's folder have it, is never imported. Paste Deploy's files are named as `paste` reads them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from webstead.gateway.failure import BAD_APP, StartFailure

__all__ = ["ALTERNATIVE_VARIABLE", "Step", "Target", "is_proxy", "parse_target", "through_proxy"]

ALTERNATIVE_VARIABLE = "WSGI_ALT_VIRTUALENV_HANDLER"

_PROXIES = frozenset(
    f"{module}{separator}{function}()"
    for module in ("ptvs_virtualenv_proxy", "virtualenv_proxy")
    for separator in ".:"
    for function in ("get_virtualenv_handler", "get_venv_handler")
)
_STEP = re.compile(r"([^\W\d]\w*)(\(\))?")
_FILE = re.compile(r"(?P<path>(?:[A-Za-z]:[\\/])?[^:]*)(?::(?P<name>[^:]*))?", re.DOTALL)
_PATH = re.compile(r"[\\/]|\.py$", re.IGNORECASE)
"""What makes a name the path of a file, given where a module belongs."""

_FIX = "Name the app as package.module:object or package.module:factory()."


class Step(NamedTuple):
    """One attribute on the way to the app; called: `()` stood behind it."""

    name: str
    called: bool


class Target(NamedTuple):
    """modules: what may be imported, in the order to try, each with the steps from it to the app."""

    text: str
    modules: tuple[tuple[str, tuple[Step, ...]], ...]


def is_proxy(text: str) -> bool:
    """Whether text names the proxy of the old templates, and so an app in a virtual environment."""
    return text.replace(" ", "") in _PROXIES


def through_proxy(text: str, environ: Mapping[str, str]) -> str:
    """The target that a proxy stands for; text itself when it names none. Raises StartFailure (BAD_APP)."""
    if not is_proxy(text):
        return text
    behind = environ.get(ALTERNATIVE_VARIABLE, "").strip()
    if not behind:
        raise StartFailure(
            BAD_APP,
            f"{text} names no app of its own.",
            f"it stands for the setting {ALTERNATIVE_VARIABLE}, which is not set",
            f"Set {ALTERNATIVE_VARIABLE} to package.module:object.",
        )
    return behind


def parse_target(text: str) -> Target:
    """Raises StartFailure (BAD_APP) for text that follows neither form."""
    file = _FILE.fullmatch(text.strip())
    if file and _PATH.search(file.group("path")):
        raise _file_fault(text, file.group("path"), file.group("name") or "OBJECT")
    module, colon, rest = text.strip().partition(":")
    if colon:
        names = _steps(module, text)
        if any(step.called for step in names):
            raise _malformed(text, f"{module!r} stands before the colon, but is no module name")
        return Target(text, ((module, _steps(rest, text)),))
    steps = _steps(module, text)
    cuts = range(max(1, len(steps) - 1), 0, -1)  # the last part is never a module, unless it is the only one
    modules = tuple((".".join(step.name for step in steps[:cut]), steps[cut:]) for cut in cuts)
    importable = tuple(
        (name, behind)
        for cut, (name, behind) in zip(cuts, modules)
        if not any(step.called for step in steps[:cut])
    )
    if not importable:
        raise _malformed(text, f"{steps[0].name}() is called, but no module stands before it")
    return Target(text, importable)


def _steps(text: str, whole: str) -> tuple[Step, ...]:
    steps = []
    for part in text.split("."):
        found = _STEP.fullmatch(part.strip())
        if not found:
            raise _malformed(whole, f"{part!r} is no Python name")
        steps.append(Step(found.group(1), bool(found.group(2))))
    return tuple(steps)


def _file_fault(text: str, path: str, name: str) -> StartFailure:
    """The message for `app.py`, `src/app.py:app`, `C:\\site\\app.py`: which words say the same."""
    parts = path.replace("\\", "/").split("/")
    stem = parts[-1][:-3] if parts[-1].lower().endswith(".py") else parts[-1]
    absolute = not parts[0] or parts[0].endswith(":")
    folders = [] if absolute else [part for part in parts[:-1] if part != "."]
    module = ".".join([*folders, stem])
    where = f" with --directory {path[: -len(parts[-1])]}" if absolute else ", seen from the app's folder"
    known = f"Write {module}:{name}{where}."
    if name == "OBJECT":
        known += " OBJECT is the app's name in that file, such as app or create_app()."
    return StartFailure(
        BAD_APP, f"{text!r} does not name an app.", f"{path!r} is the path of a file", known if stem else _FIX
    )


def _malformed(text: str, found: str) -> StartFailure:
    return StartFailure(BAD_APP, f"{text!r} does not name an app.", found, _FIX)
