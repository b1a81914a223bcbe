"""What a command on a site is given, and where it runs: pure, but for the folders that it is told of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from webstead.site.homes import SiteHome

__all__ = ["IDLE_SETTING", "command_environment", "folder_of_command", "idle_seconds"]

IDLE_SETTING = "SCM_COMMAND_IDLE_TIMEOUT"
_IDLE_SECONDS = 60.0
_LONGEST_IDLE = 24 * 3600.0

_VARIABLE = re.compile(
    r"%([A-Za-z_][A-Za-z0-9_]*)%|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)"
)


def command_environment(
    base: Mapping[str, str], settings: Mapping[str, str], home: SiteHome
) -> dict[str, str]:
    """base: the variables of the site's processes, with its Python first on PATH. settings: all of them,
    merged; none of them leads astray what Kudu itself says."""
    kept = {name: value for name, value in settings.items() if name.upper() not in ("PATH", "HOME")}
    repository = home.repository if (home.repository / ".git").exists() else home.wwwroot
    return {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PYTHONUNBUFFERED": "1",
        **base,
        **kept,
        **{f"APPSETTING_{name}": value for name, value in settings.items()},
        "DEPLOYMENT_SOURCE": str(repository),
        "DEPLOYMENT_TARGET": str(home.wwwroot),
        "KUDU_SELECT_PYTHON_VERSION_CMD": "true",
        "KUDU_SYNC_CMD": "kudusync",
        "WEBROOT_PATH": str(home.wwwroot),
        "HOME": str(home.root),
    }


def folder_of_command(text: str, home: Path, variables: Mapping[str, str]) -> Path:
    """`dir` of Kudu's API: joined to the home, with variables (`%HOME%`, `$HOME`) filled in; an absolute path
    takes its place; the home itself when it is empty. One that is not defined stays as it is written."""

    def filled(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3]
        return variables.get(name, match[0])

    return home / _VARIABLE.sub(filled, text) if text.strip() else home


def idle_seconds(settings: Mapping[str, str]) -> float:
    """How long a command may be silent and idle. What is no number of seconds is passed over."""
    text = settings.get(IDLE_SETTING, "").strip()
    found = float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text) else 0.0
    return min(found, _LONGEST_IDLE) or _IDLE_SECONDS
