"""Whether a deployment is built, and why: a table over what was sent, the settings and the files found. Pure.

The order is Kudu's (its builder selection), with two things bettered: what is not installed although a
manifest lists it is said, and each decision has its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from webstead.site.deploy.settings import is_true

__all__ = ["BUILD_SETTING", "MANIFESTS", "SKIP_FILE", "Decision", "Facts", "How", "Origin", "decide"]

Origin = Literal["zip", "publish", "git", "fetch", "folder", "package"]
How = Literal["build", "command", "as_is"]

BUILD_SETTING = "SCM_DO_BUILD_DURING_DEPLOYMENT"
SKIP_FILE = ".skipPythonDeployment"

MANIFESTS = (
    *("requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "Pipfile.lock"),
    *("pylock.toml", "setup.py", "environment.yml", "environment.yaml"),
)
"""Files in a project's root that list packages."""

_BUILT_BY_DEFAULT: dict[Origin, bool] = {
    "zip": False,
    "publish": False,
    "package": False,
    "git": True,
    "fetch": True,
    "folder": True,
}

_SENT: dict[Origin, str] = {
    "zip": "a zip that was pushed",
    "publish": "what was published",
    "package": "a package that is run as it is",
    "git": "a commit of the repository",
    "fetch": "what was fetched from a repository",
    "folder": "a folder",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """asked: what the request itself says of building; None for nothing. setting, command: the values of
    SCM_DO_BUILD_DURING_DEPLOYMENT and COMMAND, "" where they are not set. names: in the site's root."""

    origin: Origin
    asked: bool | None = None
    setting: str = ""
    command: str = ""
    names: Collection[str] = ()

    @property
    def manifests(self) -> tuple[str, ...]:
        return tuple(name for name in MANIFESTS if name in self.names)


@dataclass(frozen=True, slots=True)
class Decision:
    """why: a sentence for the log. warning: what the user may have meant otherwise, and what to do; "" for
    nothing."""

    how: How
    why: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """why may name {setting} and {sent}."""

    holds: Callable[[Facts], bool]
    how: How
    why: str


_RULES: tuple[_Rule, ...] = (
    _Rule(lambda f: f.origin == "package", "as_is", "It is not built: it is {sent}."),
    _Rule(lambda f: bool(f.command.strip()), "command", "The setting COMMAND says what builds it."),
    _Rule(lambda f: f.asked is True, "build", "It is built: the request asks for it."),
    _Rule(lambda f: f.asked is False, "as_is", "It is not built: the request says so."),
    _Rule(lambda f: SKIP_FILE in f.names, "as_is", f"It is not built: there is a file {SKIP_FILE}."),
    _Rule(lambda f: is_true(f.setting), "build", f"It is built: {BUILD_SETTING} is {{setting}}."),
    _Rule(lambda f: bool(f.setting), "as_is", f"It is not built: {BUILD_SETTING} is {{setting}}."),
    _Rule(lambda f: _BUILT_BY_DEFAULT[f.origin], "build", "It is built, as is usual for {sent}."),
    _Rule(lambda f: True, "as_is", f"It is not built: {BUILD_SETTING} is not set, and it is {{sent}}."),
)


def decide(facts: Facts) -> Decision:
    """The first rule that holds."""
    rule = next(rule for rule in _RULES if rule.holds(facts))
    why = rule.why.format(setting=facts.setting, sent=_SENT[facts.origin])
    return Decision(rule.how, why, _warning(facts) if rule.how == "as_is" else "")


def _warning(facts: Facts) -> str:
    if not facts.manifests:
        return ""
    names = " and ".join(facts.manifests[:2])
    return (
        f"The packages of {names} are not installed by this deployment. To have them installed, set "
        f"{BUILD_SETTING}=true and deploy again."
    )
