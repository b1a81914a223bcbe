"""The `web.config` that a plan writes for a project that has none: the same file a user could save and
change."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from webstead.formats.webconfig import GATEWAY, windows_join
from webstead.plan.commands import PORT, program_of
from webstead.plan.model import Start, VirtualDirectory

__all__ = ["HANDLER", "platform_handler", "write_web_config"]

HANDLER = "Python"
"""The name of the handler: a web.config below removes it by this name, as with IIS."""

STARTUP_SECONDS = 60  # twice what Kubernetes and Heroku give by default to a slow import; IIS has 120

_PORT_VARIABLES = {
    "flask": "FLASK_RUN_PORT",
    "granian": "GRANIAN_PORT",
    "streamlit": "STREAMLIT_SERVER_PORT",
    "uvicorn": "UVICORN_PORT",
}
"""Where a program looks for its port when its command names none. PORT is set for all."""


def write_web_config(
    start: Start, virtual: Sequence[VirtualDirectory], variables: Sequence[tuple[str, str]] = ()
) -> str:
    """The text. variables: further settings of the app (a Procfile's assignments, DJANGO_SETTINGS_MODULE)."""
    why = f" from {start.evidence[0].where}" if start.evidence else ""
    body = _fastcgi(start, variables) if start.interface == "wsgi" else _platform(start, variables)
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            f"<!-- Made by webstead{_comment(why)}. Save it as web.config to keep and change it. -->",
            "<configuration>",
            *body,
            *(line for directory in virtual for line in _static(directory)),
            "</configuration>",
            "",
        ]
    )


def _comment(text: str) -> str:
    """Two hyphens end a comment."""
    return escape(text).replace("--", "- -")


def platform_handler() -> str:
    """A file that only maps everything to the `httpPlatform` section of the file laid over it."""
    lines = (
        "<configuration>",
        "  <system.webServer>",
        "    <handlers>",
        f'      <add name="{HANDLER}" path="*" verb="*" modules="httpPlatformHandler" />',
        "    </handlers>",
        "  </system.webServer>",
        "</configuration>",
        "",
    )
    return "\n".join(lines)


def _fastcgi(start: Start, variables: Sequence[tuple[str, str]]) -> list[str]:
    settings = [*variables, ("WSGI_HANDLER", start.target or "")]
    return [
        "  <appSettings>",
        *(f"    <add key={quoteattr(name)} value={quoteattr(value)} />" for name, value in settings),
        "  </appSettings>",
        "  <system.webServer>",
        "    <handlers>",
        f'      <add name="{HANDLER}" path="*" verb="*" modules="FastCgiModule" scriptProcessor="{GATEWAY}" '
        'resourceType="Unspecified" requireAccess="Script" />',
        "    </handlers>",
        "  </system.webServer>",
    ]


def _platform(start: Start, variables: Sequence[tuple[str, str]]) -> list[str]:
    program, *arguments = start.command
    own = None if PORT in " ".join(start.command) else _PORT_VARIABLES.get(program_of(start.command))
    ports = [("PORT", PORT), *([(own, PORT)] if own else [])]
    return [
        "  <system.webServer>",
        "    <handlers>",
        f'      <add name="{HANDLER}" path="*" verb="*" modules="httpPlatformHandler" '
        'resourceType="Unspecified" requireAccess="Script" />',
        "    </handlers>",
        f"    <httpPlatform processPath={quoteattr(program)} arguments={quoteattr(windows_join(arguments))} "
        f'startupTimeLimit="{STARTUP_SECONDS}">',
        "      <environmentVariables>",
        *(
            f"        <environmentVariable name={quoteattr(name)} value={quoteattr(value)} />"
            for name, value in (*variables, *ports)
        ),
        "      </environmentVariables>",
        "    </httpPlatform>",
        "  </system.webServer>",
    ]


def _static(directory: VirtualDirectory) -> list[str]:
    """Collected files are not Python's business: without its handler the server's own for static files is
    left."""
    return [
        f"  <location path={quoteattr(directory.path.strip('/'))}>",
        "    <system.webServer>",
        "      <handlers>",
        f'        <remove name="{HANDLER}" />',
        "      </handlers>",
        "    </system.webServer>",
        "  </location>",
    ]
