"""Settings and secrets as values. Every setting of Webstead itself is declared once, in OPTIONS.

A declaration yields the command line's flag, the environment variable and the line of the reference page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["MASK", "OPTIONS", "Option", "Secret", "Setting", "is_secret_header", "looks_secret", "masked"]

_SECRET_PARTS = (
    "secret",
    "password",
    "passwd",
    "token",
    "apikey",
    "api_key",
    "credential",
    "connectionstring",
)
_SECRET_ENDINGS = ("_key", "_pwd")
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy_authorization", "set_cookie"})
_ADDRESS_ENDINGS = ("_url", "_uri", "_dsn")

MASK = "***"
"""What stands for a secret in every listing."""


class Secret:
    """Text that is never printed: its `repr`, `str` and `format` are `***`; `reveal()` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def reveal(self) -> str:
        return self._text


def looks_secret(name: str, value: str = "") -> bool:
    """Whether a setting of this name and value must be masked in every listing.

    An address (`…_url`, `…_uri`, `…_dsn`) is secret only when it carries credentials (`user:password@host`).
    """
    low = name.lower()
    if low.endswith(_ADDRESS_ENDINGS):
        return "@" in value
    return low.endswith(_SECRET_ENDINGS) or any(part in low for part in _SECRET_PARTS)


def masked(settings: Mapping[str, str]) -> dict[str, str]:
    """As they may be listed, in the order of their names."""
    return {name: MASK if looks_secret(name, value) else value for name, value in sorted(settings.items())}


def is_secret_header(name: str) -> bool:
    """Whether what a request says under this name must not be shown. name: of the header, or of its variable
    (`HTTP_COOKIE`)."""
    plain = name.upper().replace("-", "_").removeprefix("HTTP_").lower()
    return plain in _SECRET_HEADERS or looks_secret(plain)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the app's environment. origin: where it was set, as `web.config:4` or `--env`."""

    name: str
    value: str | Secret
    origin: str

    @classmethod
    def of(cls, name: str, value: str, origin: str) -> Setting:
        return cls(name, Secret(value) if looks_secret(name, value) else value, origin)

    @property
    def text(self) -> str:
        """The value itself, for the process that needs it."""
        return self.value.reveal() if isinstance(self.value, Secret) else self.value

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "value": f"{self.value}", "origin": self.origin}


@dataclass(frozen=True, slots=True)
class Option:
    """The declaration of one of Webstead's own settings. flag or variable is "" where it has none."""

    name: str
    default: object
    doc: str
    flag: str
    variable: str


_DECLARED = (
    ("host", "127.0.0.1", "Address to listen on."),
    ("port", 8000, "Port to listen on; 0 takes any free one, and the printed line says which."),
    ("reload", False, "Start anew when code changes, too; the old code serves until the new code answers."),
    ("env", (), "A setting of the app, as KEY=VALUE; may be given several times."),
    ("env_file", (), "A file of KEY=VALUE lines; may be given several times."),
    ("app", None, "What to serve, as package.module:object or package.module:factory()."),
    ("command", None, "The start command; it finds its port in $PORT."),
    ("runtime", None, "Which Python: a version such as 3.12, or an interpreter's path."),
    ("workers", None, "How many instances to start."),
    ("threads", None, "How many requests one gateway instance runs at the same time."),
    ("build", True, "Build what is missing before starting."),
    ("verify", True, "Load the app once it is built: fail when it would not start."),
    ("offline", False, "Download nothing; say which packages are not here."),
    (
        "output",
        None,
        "Write the project, its packages and a start to this folder: it runs wherever it is put.",
    ),
    (
        "compress",
        None,
        "Write the output as one archive beside its start: zstd (also without a word), tar-gz or zip.",
    ),
    ("sbom", None, "Write the packages to this file as a bill of materials: CycloneDX 1.6, JSON."),
    (
        "start_name",
        None,
        "The name of the start in an output, where the project has a file `start` of its own.",
    ),
    ("json", False, "Print events, one JSON object a line; or what was asked for, as JSON."),
    ("log_file", None, "Append everything that happens to this file, too, each line with its time."),
    (
        "https_port",
        None,
        "Listen on this port for TLS, too, with certificates of the server's own authority for what no"
        " --certificate names.",
    ),
    (
        "management_port",
        None,
        "Give the management a port of its own, over TLS with --https-port: it is reached there alone.",
    ),
    (
        "certificate",
        (),
        "A certificate with its chain, PEM, for the hosts that it names; may be given several times. It is"
        " taken up anew when the file changes.",
    ),
    (
        "key",
        (),
        "The private key of a --certificate, in the same order; not needed where it is in that file.",
    ),
    ("domain", "localhost", "What the names of sites stand below: the site shop is at shop.localhost."),
    (
        "home",
        None,
        "A server's home: its sites and records. By default this user's: ~/.local/state/webstead/server.",
    ),
    (
        "site",
        None,
        "The site's name; not needed where there is one, or where this folder was deployed to it.",
    ),
    ("profile", None, "A publish profile (NAME.PublishSettings) of a site elsewhere, also on App Service."),
    (
        "url",
        None,
        "The management of a site elsewhere, or of a whole server: https://scm.DOMAIN.",
    ),
    ("token", None, "The bearer token for --url."),
    ("cache_dir", None, "Where environments are kept."),
    ("state_dir", None, "Where the homes of sites are kept that are not laid out as on App Service."),
)
_FLAG_ONLY = frozenset({"env", "env_file", "output", "compress", "sbom", "start_name", "certificate", "key"})
_VARIABLE_ONLY = frozenset({"cache_dir", "state_dir", "token"})


def _declare(name: str, default: object, doc: str) -> Option:
    flag = "" if name in _VARIABLE_ONLY else "--" + name.replace("_", "-")
    variable = "" if name in _FLAG_ONLY else "WEBSTEAD_" + name.upper()
    return Option(name, default, doc, flag, variable)


OPTIONS: dict[str, Option] = {name: _declare(name, default, doc) for name, default, doc in _DECLARED}
