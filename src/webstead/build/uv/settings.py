"""The variables that uv runs with: the user's own, pip's where uv has none, and nothing of our own
environment. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

__all__ = ["uv_variables", "without_credentials"]

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


def _commas(value: str) -> str:
    """pip separates by spaces, uv by commas."""
    return ",".join(value.split())


_FROM_PIP: tuple[tuple[str, tuple[str, ...], Callable[[str], str]], ...] = (
    ("PIP_INDEX_URL", ("UV_DEFAULT_INDEX", "UV_INDEX_URL"), _same),
    ("PIP_EXTRA_INDEX_URL", ("UV_INDEX", "UV_EXTRA_INDEX_URL"), _same),
    ("PIP_FIND_LINKS", ("UV_FIND_LINKS",), _commas),
    ("PIP_NO_INDEX", ("UV_NO_INDEX",), _same),
    ("PIP_TRUSTED_HOST", ("UV_INSECURE_HOST",), _same),
    ("PIP_CERT", ("SSL_CERT_FILE",), _same),
)
"""pip's variable; uv's names for it, of which the first is set unless the user has set any; how the value is
written.
"""

_CREDENTIALS = re.compile(r"(\b[a-z][a-z0-9+.-]{0,20}://)[^/\s@]+@", re.IGNORECASE)


def uv_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that uv is run with."""
    kept = {name: value for name, value in environ.items() if name not in _DROPPED}
    for pip, names, convert in _FROM_PIP:
        if environ.get(pip) and not any(name in environ for name in names):
            kept[names[0]] = convert(environ[pip])
    return {**kept, **_OURS}


def without_credentials(text: str) -> str:
    """The text with `user:password@` in URLs masked: an index URL often holds a token."""
    return _CREDENTIALS.sub(r"\1***@", text)
