"""The variables of what a deployment runs: builds as the site's own processes, commands as Kudu's scripts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from webstead.site.homes import SiteHome
from webstead.site.served import environ_of

__all__ = ["build_environ", "command_variables"]


def build_environ(
    home: SiteHome, settings: Mapping[str, str], hostname: str, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """uv's own cache stays the server's: %HOME% is the site's, and each would have one of its own."""
    own = environ_of(home, settings, hostname, environ)
    base = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".cache")
    return {"UV_CACHE_DIR": str(Path(base) / "uv"), **own}


def command_variables(
    environ: Mapping[str, str],
    settings: Mapping[str, str],
    *,
    home: SiteHome,
    folder: Path,
    temporary: Path,
    previous: Path | None,
    next_manifest: Path,
    clean: bool,
    commit: str,
    message: str,
) -> dict[str, str]:
    """As Kudu gives them to its deployment scripts, with every setting. folder: of the release that is made:
    source and target at once, so that scripts for Kudu copy nothing (IN_PLACE_DEPLOYMENT)."""
    return {
        **environ,
        **settings,
        "DEPLOYMENT_SOURCE": str(folder),
        "DEPLOYMENT_TARGET": str(folder),
        "DEPLOYMENT_TEMP": str(temporary),
        "PREVIOUS_MANIFEST_PATH": str(previous or ""),
        "NEXT_MANIFEST_PATH": str(next_manifest),
        "IGNORE_MANIFEST": "1" if clean else "0",
        "IN_PLACE_DEPLOYMENT": "1",
        "WEBROOT_PATH": str(folder),
        "KUDU_SYNC_CMD": "kudusync",
        "KUDU_SELECT_PYTHON_VERSION_CMD": "true",
        "WEBJOBS_DEPLOY_CMD": "true",
        "SCM_COMMIT_ID": commit,
        "SCM_COMMIT_MESSAGE": message,
        "HOME": str(home.root),
    }
