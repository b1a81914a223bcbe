"""The variables that uv runs with: the user's own, pip's where uv has none, and nothing of our own
environment. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from webstead.settings import Setting

__all__ = ["PRELOADED_WHEELS", "uv_variables", "with_settings", "without_credentials", "without_index"]

_DROPPED = frozenset(
    {
        "CONDA_PREFIX",
        "PYTHONHOME",
        "PYTHONPATH",
        "UV_NO_SYNC",
        "UV_PROJECT",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON",
        "UV_SYSTEM_PYTHON",
        "UV_WORKING_DIR",
        "VIRTUAL_ENV",
    }
)
"""What would send uv to another environment than the one that it is told of."""

_OURS = {"NO_COLOR": "1", "UV_NO_PROGRESS": "1"}


def _same(value: str) -> str:
    return value


def _only_subprocess(value: str) -> str:
    """uv asks the program `keyring`, pip also the module in its own environment."""
    return "subprocess" if value in ("subprocess", "auto", "import") else "disabled"


def _commas(value: str) -> str:
    """pip separates by spaces, uv by commas."""
    return ",".join(value.split())


_FROM_PIP: tuple[tuple[str, tuple[str, ...], Callable[[str], str]], ...] = (
    ("PIP_INDEX_URL", ("UV_DEFAULT_INDEX", "UV_INDEX_URL"), _same),
    ("PIP_EXTRA_INDEX_URL", ("UV_INDEX", "UV_EXTRA_INDEX_URL"), _same),
    ("PIP_FIND_LINKS", ("UV_FIND_LINKS",), _commas),
    ("PIP_TRUSTED_HOST", ("UV_INSECURE_HOST",), _same),
    ("PIP_CERT", ("SSL_CERT_FILE",), _same),
    ("PIP_CLIENT_CERT", ("SSL_CLIENT_CERT",), _same),
    ("PIP_DEFAULT_TIMEOUT", ("UV_HTTP_TIMEOUT", "UV_REQUEST_TIMEOUT", "HTTP_TIMEOUT"), _same),
    ("PIP_KEYRING_PROVIDER", ("UV_KEYRING_PROVIDER",), _only_subprocess),
    ("PIP_PROXY", ("ALL_PROXY", "HTTPS_PROXY", "https_proxy"), _same),
    ("PIP_REQUIRE_HASHES", ("UV_REQUIRE_HASHES",), _same),
    ("PIP_RETRIES", ("UV_HTTP_RETRIES",), _same),
)
"""pip's variable; uv's names for it, of which the first is set unless the user has set any; how the value is
written.
"""

PRELOADED_WHEELS = "PYTHON_PRELOADED_WHEELS_DIR"
"""Oryx's name for a folder with wheels, which are taken before the index is asked for a file."""

_OF_INSTALLING = re.compile(
    rf"{PRELOADED_WHEELS}|(?:PIP|UV|POETRY_HTTP_BASIC)_\w+|NETRC|(?:HTTPS?|ALL|NO)_PROXY|SSL_(?:CLIENT_)?CERT\w*",
    re.IGNORECASE,
)

_CREDENTIALS = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^/\s]+@", re.IGNORECASE)


def without_index(environ: Mapping[str, str]) -> bool:
    """Whether only files that are given count. uv has no variable for it."""
    return environ.get("PIP_NO_INDEX", "").lower() in ("1", "true", "yes", "y", "on", "t")


def uv_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that uv is run with."""
    kept = {name: value for name, value in environ.items() if name not in _DROPPED}
    for pip, names, convert in _FROM_PIP:
        if environ.get(pip) and not any(name in environ for name in names):
            kept[names[0]] = convert(environ[pip])
    links = [*kept.get("UV_FIND_LINKS", "").split(","), environ.get(PRELOADED_WHEELS, "")]
    if any(links):
        kept["UV_FIND_LINKS"] = ",".join(filter(None, links))
    return {**_without_questions(environ), **kept, **_OURS}


def _without_questions(environ: Mapping[str, str]) -> dict[str, str]:
    """git and ssh ask on the terminal, past us, and wait for ever: they fail in place of it."""
    own_ssh = any(name in environ for name in ("GIT_SSH", "GIT_SSH_COMMAND"))
    ssh = {} if own_ssh else {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
    return {"GIT_TERMINAL_PROMPT": "0", **ssh}


def with_settings(environ: Mapping[str, str], settings: Iterable[Setting]) -> dict[str, str]:
    """The variables of whoever builds, and those of the site's settings that are about packages: App Service
    has its indexes there."""
    own = {each.name: each.text for each in settings if _OF_INSTALLING.fullmatch(each.name)}
    return {**environ, **own}


def without_credentials(text: str) -> str:
    """The text with `user:password@` in URLs masked: an index URL often holds a token."""
    return _CREDENTIALS.sub(r"\1***@", text)
