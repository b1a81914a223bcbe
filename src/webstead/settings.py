"""Settings and secrets as values. Every setting of Webstead itself is declared once, in OPTIONS.

A declaration yields the command line's flag, the environment variable and the line of the reference page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "MASK",
    "OPTIONS",
    "Option",
    "Secret",
    "Setting",
    "holds_password",
    "is_secret_header",
    "is_secret_name",
    "looks_secret",
    "masked",
]

_SECRET_PARTS = (
    *("secret", "password", "passwd", "passphrase", "passcode", "token", "credential"),
    *("apikey", "privatekey", "connectionstring", "connstr", "sharedaccesssignature"),
)
_SECRET_LAST_WORDS = frozenset({"key", "pwd", "sas", "pat"})
"""Of a name that has others before it: PWD is the folder of a shell."""
_SECRET_ENDINGS = ("accesskey", "accountkey", "encryptionkey", "masterkey", "sharedkey", "signingkey", "pass")
_NO_PASSWORDS = ("bypass", "compass")
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy_authorization", "set_cookie"})
_ADDRESS_ENDINGS = ("_url", "_uri", "_dsn")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30})?://(?P<authority>[^\s/?#]*)")
_PORT = re.compile(r"\d*|[{$%].*")
_PAIR = re.compile(
    r"""(?:^|(?P<before>[\s?&;,#"'{]))(?P<name>[\w.-]{1,80})(?:\s*=|["']\s*:)\s*["']?[^\s&;,"']"""
)
_SECRET_IN_PAIRS = frozenset({"pwd"})
_SECRET_IN_QUERIES = frozenset({"auth", "code", "key", "sas", "sig", "signature", "x-amz-signature"})
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")

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
    """Whether a setting of this name and value must be masked in every listing: it is called so, or holds an
    address with a password or a signature in it, a connection string with a key, or a private key.

    What is called an address (`…_url`, `…_uri`, `…_dsn`) is secret by its value alone; one of a web hook is
    itself the secret."""
    low = name.lower()
    if "webhook" in _NO_LETTER.sub("", low) and "://" in value:
        return True
    if low.endswith(_ADDRESS_ENDINGS):
        return "@" in value or _holds_secret(value)
    return is_secret_name(name) or _holds_secret(value)


def is_secret_name(name: str) -> bool:
    """Whether what is called so is a secret, whatever it holds. `DB_PASS`, `dbPass` and `DBPASS` are one."""
    joined = _NO_LETTER.sub("", name.lower())
    if any(part in joined for part in _SECRET_PARTS):
        return True
    if joined.endswith(_SECRET_ENDINGS) and not joined.endswith(_NO_PASSWORDS):
        return True
    words = _WORD.findall(name)
    return len(words) > 1 and words[-1].lower() in _SECRET_LAST_WORDS


def holds_password(value: str) -> bool:
    """Whether an address in it has a password; over HTTP a user alone is one, as repositories take tokens."""
    last = value.rfind("@")
    return last >= 0 and any(_has_password(found, last) for found in _ADDRESS.finditer(value))


def _has_password(found: re.Match[str], last: int) -> bool:
    """last: where the value has its last `@`."""
    user, at, _ = found["authority"].rpartition("@")
    if at:
        _, _, password = user.partition(":")
        return bool(password) or (found["scheme"] or "").lower() in ("http", "https")
    _, colon, port = found["authority"].rpartition("]")[2].partition(":")
    no_port = bool(colon) and not _PORT.fullmatch(port)  # but a password with a `/` that is not escaped
    return no_port and last > found.end()


def _holds_secret(value: str) -> bool:
    return (
        holds_password(value)
        or any(_is_secret_pair(found) for found in _PAIR.finditer(value))
        or _PRIVATE_KEY.search(value) is not None
    )


def _is_secret_pair(found: re.Match[str]) -> bool:
    """`sig=…` in the query of an address, `Password=…` in a connection string, `"private_key": …` in JSON."""
    name = found["name"].lower()
    in_query = found["before"] in ("?", "&")
    return (
        name in _SECRET_IN_PAIRS or (in_query and name in _SECRET_IN_QUERIES) or is_secret_name(found["name"])
    )


def masked(settings: Mapping[str, str]) -> dict[str, str]:
    """As they may be listed, in the order of their names."""
    return {name: MASK if looks_secret(name, value) else value for name, value in sorted(settings.items())}


def is_secret_header(name: str) -> bool:
    """Whether what a request says under this name must not be shown. name: of the header, or of its variable
    (`HTTP_COOKIE`)."""
    plain = name.upper().replace("-", "_").removeprefix("HTTP_").lower()
    return plain in _SECRET_HEADERS or is_secret_name(plain)


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
