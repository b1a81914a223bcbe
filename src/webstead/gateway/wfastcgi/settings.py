"""wfastcgi's settings: one table. Each comes from the site's `<appSettings>` or from the process environment;
app settings win, and their names are compared without case, as wfastcgi did under Windows.

What is done as wfastcgi did it: every app setting, known or not, is exported to the environment as it was
written; PYTHONPATH is put behind what is on `sys.path`.

What is not: wfastcgi exported them again before each request, which undid the app's own changes each time.
Here they are exported once, before the app is loaded: the environment belongs to the whole process, other
requests may be running in it, and an app that changes a variable means it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, MutableMapping
from typing import NamedTuple

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.wfastcgi.site_config import Tell, warn

__all__ = [
    "DEFAULT_RESTART",
    "SETTINGS",
    "Secret",
    "Setting",
    "WfastcgiSettings",
    "export_settings",
    "wfastcgi_settings",
]

DEFAULT_RESTART = r".*((\.py)|(\.config))$"
"""wfastcgi's own, as it stands there."""


class Secret(str):
    """Text that is not shown by repr()."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"


class Setting(NamedTuple):
    """expands: whether `%NAME%` in the value is replaced by that environment variable."""

    name: str
    expands: bool
    doc: str


SETTINGS = (
    Setting("WSGI_HANDLER", False, "The app: package.module.object, or any other form of TARGET."),
    Setting("WSGI_LOG", True, "The file that the gateway's own lines are appended to."),
    Setting(
        "WSGI_RESTART_FILE_REGEX",
        False,
        "Restarts the app when a file changes whose path, from the site's folder on, matches from its first "
        "letter on. Empty: never.",
    ),
    Setting("PYTHONPATH", True, "Folders put behind all others on sys.path, separated by ';'."),
    Setting("SCRIPT_NAME", False, "The URL prefix that the app is mounted under."),
    Setting("AllowPathInfoForScriptMappings", False, "When present: SCRIPT_NAME of each request is kept."),
    Setting("APPINSIGHTS_INSTRUMENTATIONKEY", False, "Turns on Application Insights, when it is installed."),
    Setting(
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        False,
        "Where Application Insights listens (IngestionEndpoint), for the same key.",
    ),
    Setting("WSGI_PTVSD_SECRET", False, "Turns on remote debugging with ptvsd, when it is installed."),
    Setting("WSGI_PTVSD_ADDRESS", False, "host:port that the debugger listens on; localhost:5678."),
    Setting(
        "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS", True, "The virtual environment's activate_this.py or python.exe."
    ),
    Setting("WSGI_ALT_VIRTUALENV_HANDLER", False, "The app, when WSGI_HANDLER names ptvs_virtualenv_proxy."),
)


class WfastcgiSettings(NamedTuple):
    """All settings, read. restart: None when not set, "" for never. mount: "" for the root, else with a slash
    at its start and none at its end. path: folders for the end of `sys.path`, relative ones to the site's
    folder."""

    handler: str = ""
    log: str = ""
    restart: str | None = None
    path: tuple[str, ...] = ()
    mount: str = ""
    path_info: bool = False
    insights_key: Secret = Secret("")
    insights_connection: Secret = Secret("")
    debug_secret: Secret = Secret("")
    debug_address: str = ""
    virtualenv: str = ""
    virtualenv_handler: str = ""

    def as_variables(self) -> dict[str, str]:
        """Those that options have, too, under the names that the options know."""
        named = {"WSGI_HANDLER": self.handler, "WSGI_LOG": self.log, "SCRIPT_NAME": self.mount}
        variables = {name: value for name, value in named.items() if value}
        if self.restart is not None:
            variables["WSGI_RESTART_FILE_REGEX"] = self.restart
        return variables


def wfastcgi_settings(
    app_settings: Mapping[str, str], environ: Mapping[str, str], tell: Tell = warn
) -> WfastcgiSettings:
    """app_settings: as read_app_settings gives them. environ: the process environment. Raises StartFailure
    (BAD_USAGE) for a regular expression that is none."""
    values = _values(app_settings, environ, tell)
    return WfastcgiSettings(
        handler=values.get("WSGI_HANDLER", "").strip(),
        log=values.get("WSGI_LOG", "").strip(),
        restart=_checked_regex(values.get("WSGI_RESTART_FILE_REGEX")),
        path=_folders(values.get("PYTHONPATH", "")),
        mount=_mount(values.get("SCRIPT_NAME", "")),
        path_info="AllowPathInfoForScriptMappings" in values,
        insights_key=Secret(values.get("APPINSIGHTS_INSTRUMENTATIONKEY", "").strip()),
        insights_connection=Secret(values.get("APPLICATIONINSIGHTS_CONNECTION_STRING", "").strip()),
        debug_secret=Secret(values.get("WSGI_PTVSD_SECRET", "")),
        debug_address=values.get("WSGI_PTVSD_ADDRESS", "").strip(),
        virtualenv=values.get("WSGI_ALT_VIRTUALENV_ACTIVATE_THIS", "").strip(),
        virtualenv_handler=values.get("WSGI_ALT_VIRTUALENV_HANDLER", "").strip(),
    )


def export_settings(
    app_settings: Mapping[str, str], environ: MutableMapping[str, str], tell: Tell = warn
) -> None:
    """Put every app setting into the environment, for the app and for what it starts."""
    for name, value in app_settings.items():
        _export(name, value, environ, tell)


def _export(name: str, value: str, environ: MutableMapping[str, str], tell: Tell) -> None:
    try:
        environ[name] = value
    except (ValueError, OSError) as error:  # "=" in a name; characters that the system cannot hold; too long
        tell(f"appSettings: {name!r} cannot be an environment variable: {error}")


def _values(app_settings: Mapping[str, str], environ: Mapping[str, str], tell: Tell) -> dict[str, str]:
    """Those of the table that are set, expanded. Expansion sees the app settings first."""
    given = {name.lower(): value for name, value in app_settings.items()}
    values = {}
    for setting in SETTINGS:
        name = setting.name
        value = given.get(name.lower(), environ.get(name))
        if value is not None:
            values[name] = _expanded(name, value, given, environ, tell) if setting.expands else value
    return values


_VARIABLE = re.compile(r"%(\w[\w()]*?)%")
"""Windows has names like ProgramFiles(x86)."""


def _expanded(name: str, value: str, given: Mapping[str, str], environ: Mapping[str, str], tell: Tell) -> str:
    unset: dict[str, None] = {}

    def replace(match: re.Match[str]) -> str:
        found = environ.get(match[1])
        if match[1].lower() != name.lower():  # what a setting says of itself is what was there before
            found = given.get(match[1].lower(), found)
        if found is None:
            unset[match[0]] = None
            return match[0]
        return found

    expanded = _VARIABLE.sub(replace, value)
    if unset:
        tell(f"{name}: {', '.join(unset)} is not set, and stays as it is")
    return expanded


def _folders(text: str) -> tuple[str, ...]:
    """Split at `;`, and where the system has another separator at that too; a drive's colon is none."""
    parts = text.split(";")
    if os.pathsep != ";":
        parts = [piece for part in parts for piece in _split(part)]
    return tuple(part.strip() for part in parts if part.strip())


def _split(part: str) -> list[str]:
    return [part] if re.match(r"\s*[A-Za-z]:[\\/]", part) else part.split(os.pathsep)


def _checked_regex(regex: str | None) -> str | None:
    if not regex:
        return regex
    try:
        re.compile(regex)
    except re.error as error:
        fix = (
            f"Write a regular expression of Python's, such as {DEFAULT_RESTART}, or nothing to never restart."
        )
        what = "WSGI_RESTART_FILE_REGEX is no regular expression."
        raise StartFailure(BAD_USAGE, what, f"{regex}: {error}", fix) from None
    return regex


def _mount(text: str) -> str:
    text = text.strip().strip("/")
    return f"/{text}" if text else ""
