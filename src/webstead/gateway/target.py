"""How an app is named: `package.module:object`, `module:factory()`, `module:object.attribute`, or wfastcgi's
dotted `package.module.object`, in which any part may end in `()`.

Also the two names of ptvs_virtualenv_proxy.py, which old Azure templates ship: they stand for
WSGI_ALT_VIRTUALENV_HANDLER. The virtual environment itself is the choice of who starts the gateway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from webstead.gateway.failure import BAD_APP, StartFailure

__all__ = ["ALTERNATIVE_VARIABLE", "Step", "Target", "parse_target", "through_proxy"]

ALTERNATIVE_VARIABLE = "WSGI_ALT_VIRTUALENV_HANDLER"

_PROXIES = frozenset(
    f"{module}{separator}{function}()"
    for module in ("ptvs_virtualenv_proxy", "virtualenv_proxy")
    for separator in ".:"
    for function in ("get_virtualenv_handler", "get_venv_handler")
)
_STEP = re.compile(r"([^\W\d]\w*)(\(\))?")
_FIX = "Name the app as package.module:object or package.module:factory()."


class Step(NamedTuple):
    """One attribute on the way to the app; called: `()` stood behind it."""

    name: str
    called: bool


class Target(NamedTuple):
    """modules: what may be imported, in the order to try, each with the steps from it to the app."""

    text: str
    modules: tuple[tuple[str, tuple[Step, ...]], ...]


def through_proxy(text: str, environ: Mapping[str, str]) -> str:
    """The target that a proxy stands for; text itself when it names none. Raises StartFailure (BAD_APP)."""
    if text.replace(" ", "") not in _PROXIES:
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


def _malformed(text: str, found: str) -> StartFailure:
    return StartFailure(BAD_APP, f"{text!r} does not name an app.", found, _FIX)
