"""The `web.config` that a project keeps: for the module of IIS that is to run it, made from its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from webstead.errors import PlanError
from webstead.formats.webconfig import fastcgi_config, platform_config
from webstead.formats.webconfig.write import PlatformSection
from webstead.plan.commands import PORT
from webstead.plan.model import Plan, Start

__all__ = ["FOR", "For", "Initial", "initial_web_config"]

For = Literal["fastcgi", "httpplatform", "aspnetcore"]
FOR: tuple[For, ...] = ("fastcgi", "httpplatform", "aspnetcore")

_SECTIONS: Mapping[str, PlatformSection] = {"httpplatform": "httpPlatform", "aspnetcore": "aspNetCore"}
_ON_IIS = (
    "It runs under webstead as it is; on IIS itself, scriptProcessor names programs of that machine: see "
    "webstead gateway config iis."
)
_ASPNETCORE_PORT = "%ASPNETCORE_PORT%"


@dataclass(frozen=True, slots=True)
class Initial:
    """text: of the file. needs: a package that its command runs and that the app must bring; "" for none."""

    text: str
    needs: str = ""


def initial_web_config(plan: Plan, wanted: For) -> Initial:
    """Raises PlanError when the plan has no start, or one that this module of IIS cannot run."""
    start = plan.start
    if start is None:
        raise PlanError(
            "There is no start command to write a web.config for",
            found=plan.questions[0].text if plan.questions else "",
            fix="Name it: --app package.module:object, or --command 'words to run'.",
        )
    static = [directory.path for directory in plan.virtual]
    if wanted == "fastcgi":
        comment = f"{_comment(start)} {_ON_IIS}"
        return Initial(fastcgi_config(_target(start), {}, static=static, comment=comment))
    words, needs = _words(start)
    if wanted == "aspnetcore":
        words = tuple(word.replace(PORT, _ASPNETCORE_PORT) for word in words)
    text = platform_config(words, {}, static=static, comment=_comment(start), section=_SECTIONS[wanted])
    return Initial(text, needs)


def _comment(start: Start) -> str:
    return f"Made by webstead from {start.evidence[0].where}." if start.evidence else "Made by webstead."


def _target(start: Start) -> str:
    if start.target:
        return start.target
    raise PlanError(
        "FastCGI runs an app object, and this project starts by a command",
        found=" ".join(start.command),
        fix="Use --for httpplatform, or name the object: --app package.module:object.",
    )


def _words(start: Start) -> tuple[tuple[str, ...], str]:
    """The command of a process that listens on the given port, and the package that it needs."""
    if "webstead.portbind" in start.command:
        raise PlanError(
            "The script names its port itself, and IIS gives it another one",
            found=" ".join(start.command),
            fix='Take the port from the environment, int(os.environ["HTTP_PLATFORM_PORT"]), and name the '
            "command: --command 'python server.py --port $PORT'",
        )
    if start.interface != "wsgi" or start.target is None:
        return start.command, ""
    call = ("--call",) if start.target.endswith("()") else ()
    words = ("python", "-m", "waitress", f"--listen=127.0.0.1:{PORT}", *call)
    return (*words, start.target.removesuffix("()")), "waitress"
