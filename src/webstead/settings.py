"""Settings and secrets as values. Every setting of Webstead itself is declared once, in OPTIONS.

A declaration yields the command line's flag, the environment variable and the line of the reference page.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OPTIONS", "Option", "Secret", "Setting", "looks_secret"]

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
_SECRET_ENDINGS = ("_key", "_pwd", "_dsn", "_url")
_PLAIN_NAMES = frozenset({"static_url", "media_url", "base_url", "site_url", "public_url"})
_URL_WITH_PASSWORD = "@"


class Secret(str):
    """Text that is never printed: its `repr` and `format` are `***`; `reveal()` gives the text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def reveal(self) -> str:
        return str.__str__(self)


def looks_secret(name: str, value: str = "") -> bool:
    """Whether a setting of this name and value must be masked in every listing.

    A name that ends in `_url` or `_dsn` is one only when its value carries credentials (`user:password@host`).
    """
    low = name.lower()
    if any(part in low for part in _SECRET_PARTS):
        return True
    if low in _PLAIN_NAMES or not low.endswith(_SECRET_ENDINGS):
        return False
    return _URL_WITH_PASSWORD in value if low.endswith(("_url", "_dsn")) else True


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the app's environment. origin: where it was set, as `web.config:4`, `--env` or `.env:2`."""

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
    """The declaration of one of Webstead's own settings."""

    name: str
    default: object
    doc: str
    flag: str
    variable: str


def _option(name: str, default: object, doc: str) -> Option:
    return Option(name, default, doc, "--" + name.replace("_", "-"), "WEBSTEAD_" + name.upper())


OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        _option("host", "127.0.0.1", "Address to listen on."),
        _option("port", 8000, "Port to listen on; 0 takes any free one, and the printed line says which."),
        _option(
            "reload",
            False,
            "Start the app anew when its files change; the old code serves until the new answers.",
        ),
        _option(
            "app",
            None,
            "What to serve, as package.module:object or package.module:factory(); overrides the search.",
        ),
        _option("command", None, "Start command that overrides the plan; it gets the port as $PORT."),
        _option("runtime", None, "Which Python: a version such as 3.12, or the path of an interpreter."),
        _option("workers", None, "How many instances to start."),
        _option("threads", None, "How many requests one gateway instance runs at the same time."),
        _option("build", True, "Build what is missing before starting."),
        _option("json", False, "Print events, one JSON object a line."),
        _option("cache_dir", None, "Where environments are kept."),
        _option(
            "state_dir", None, "Where the homes of sites are kept that are not laid out as on App Service."
        ),
    )
}
