"""What the processes of a served site are given: its settings, and what apps on App Service find.

Nothing of the server's own environment comes in but what a program needs to run at all: what the server knows
(tokens, passwords of its own) is none of its sites' business.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from webstead.plan import Overrides
from webstead.settings import Setting
from webstead.site.homes import SiteHome
from webstead.site.releases.note import ReleaseNote

__all__ = ["ORIGIN", "environ_of", "overrides_of", "passed"]

ORIGIN = "app setting"
"""Where a setting of the site is said to come from, in its plan."""

_OF_PYTHON = re.compile(r"/python(3\.\d{1,2})/")

_PASSED = frozenset(
    {
        "PATH",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TERM",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
    }
    | {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}
    | {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CERT", "PIP_TRUSTED_HOST"}
    | {"LD_LIBRARY_PATH", "SYSTEMROOT", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"}
)
_PASSED_BEGINNINGS = ("LC_", "UV_")


def overrides_of(settings: Mapping[str, str], note: ReleaseNote | None = None) -> Overrides:
    """The site's app settings, for its plan: they win over what its files say. note: of the release, which
    may bring its packages: then it runs on the Python that they are for."""
    note = note or ReleaseNote()
    version = _OF_PYTHON.search(note.packages)
    return Overrides(
        runtime=version[1] if version else None,
        settings=tuple(Setting.of(name, value, ORIGIN) for name, value in settings.items()),
        install=note.install,
        packages=note.packages,
    )


def environ_of(
    home: SiteHome, settings: Mapping[str, str], hostname: str, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The variables that its builds and processes begin with; the plan adds the settings under their own
    names. hostname: the first name that the site is reached by. Names as on App Service: each setting also
    as `APPSETTING_NAME`."""
    return {
        **passed(environ),
        **{f"APPSETTING_{name}": value for name, value in settings.items()},
        "HOME": str(home.root),
        "WEBROOT_PATH": str(home.wwwroot),
        "WEBSITE_HOSTNAME": hostname,
        "WEBSITE_SITE_NAME": home.name,
    }


def passed(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What of the server's own environment its sites may know."""
    return {
        name: value
        for name, value in environ.items()
        if name in _PASSED or name.startswith(_PASSED_BEGINNINGS)
    }
