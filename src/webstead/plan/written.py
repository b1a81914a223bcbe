"""The `web.config` that a plan writes for a project that has none: the same file a user could save and
change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webstead.errors import PlanError
from webstead.formats.webconfig import fastcgi_config, platform_config
from webstead.plan.commands import PORT, program_of
from webstead.plan.model import Start, VirtualDirectory

__all__ = ["write_web_config"]

_PORT_VARIABLES = {
    "flask": "FLASK_RUN_PORT",
    "granian": "GRANIAN_PORT",
    "streamlit": "STREAMLIT_SERVER_PORT",
    "uvicorn": "UVICORN_PORT",
}
"""Where a program looks for its port when its command names none. PORT is set for all."""


def write_web_config(
    start: Start, virtual: Sequence[VirtualDirectory], variables: Mapping[str, str] | None = None
) -> str:
    """The text. variables: further settings of the app (a Procfile's assignments, DJANGO_SETTINGS_MODULE).
    Raises PlanError when a word or a value has a character that no XML file can hold."""
    why = f" from {start.evidence[0].where}" if start.evidence else ""
    comment = f"Made by webstead{why}. Save it as web.config to keep and change it."
    static = [directory.path for directory in virtual]
    try:
        if start.interface == "wsgi":
            return fastcgi_config(start.target or "", variables or {}, static=static, comment=comment)
        ports = _ports(start.command)
        return platform_config(start.command, {**(variables or {}), **ports}, static=static, comment=comment)
    except ValueError as error:
        raise PlanError(
            "The start command or a setting cannot be written into web.config.",
            found=str(error),
            fix="Take the control character out.",
        ) from None


def _ports(command: Sequence[str]) -> dict[str, str]:
    own = None if PORT in " ".join(command) else _PORT_VARIABLES.get(program_of(command))
    return {"PORT": PORT, **({own: PORT} if own else {})}
