"""The `web.config` that a plan writes for a project that has none: the same file a user could save and
change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webstead.errors import PlanError
from webstead.formats.webconfig import fastcgi_config, platform_config
from webstead.plan.commands import PORT, program_of
from webstead.plan.model import Start, VirtualDirectory
from webstead.project.self_serving import ANY_ORIGIN

__all__ = ["write_web_config"]

_PORT_VARIABLES = {
    "flask": "FLASK_RUN_PORT",
    "gradio": "GRADIO_SERVER_PORT",
    "granian": "GRANIAN_PORT",
    "litestar": "LITESTAR_PORT",
    "streamlit": "STREAMLIT_SERVER_PORT",
    "uvicorn": "UVICORN_PORT",
}
"""Where a program looks for its port when its command names none. PORT is set for all."""

_BEHIND_A_FRONT: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "bokeh": ("--allow-websocket-origin", dict(ANY_ORIGIN)),
    "panel": ("--allow-websocket-origin", dict(ANY_ORIGIN)),
    "streamlit": ("--server.headless", {"STREAMLIT_SERVER_HEADLESS": "true"}),
}
"""Without its option a program gets these settings: it then asks nobody for an e-mail address, and takes the
names that the front is called by."""


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
        more = {**_behind_a_front(start.command), **(variables or {}), **_ports(start.command)}
        return platform_config(start.command, more, static=static, comment=comment)
    except ValueError as error:
        raise PlanError(
            "The start command or a setting cannot be written into web.config.",
            found=str(error),
            fix="Take the control character out.",
        ) from None


def _ports(command: Sequence[str]) -> dict[str, str]:
    own = None if PORT in " ".join(command) else _PORT_VARIABLES.get(program_of(command))
    return {"PORT": PORT, **({own: PORT} if own else {})}


def _behind_a_front(command: Sequence[str]) -> Mapping[str, str]:
    option, variables = _BEHIND_A_FRONT.get(program_of(command), ("", {}))
    return {} if any(word.partition("=")[0] == option for word in command) else variables
