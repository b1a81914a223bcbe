"""What can be set, declared once: the command line, the variables and the reference page come from OPTIONS.

A word of the command line beats the variable, and the variable beats the default. argparse is not used: its
import costs more than everything else that starts the gateway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from webstead.formats.fastcgi.records import MAX_REQUESTS
from webstead.gateway.failure import BAD_USAGE, StartFailure

__all__ = [
    "MAX_THREADS",
    "OPTIONS",
    "TARGET_VARIABLE",
    "USAGE",
    "Option",
    "Options",
    "check_target",
    "help_text",
    "parse_options",
]

USAGE = "[options] package.module:object"

TARGET_VARIABLE = "WSGI_HANDLER"
"""wfastcgi's variable for the app, read when the command line names none."""

MAX_THREADS = 512
"""More than this is a typing error. Precedents: waitress 4, gunicorn gthread tens, Apache ThreadsPerChild
64.
"""

MAX_WORKERS = 256
"""More processes than this is a typing error. Precedents: IIS maxInstances default one for each core, uWSGI
and gunicorn advise two to four times the cores."""

MAX_NUMBER = 2**31 - 1


class Option(NamedTuple):
    """name: with its dashes. metavar: what stands for the value; "" for a switch. default: as text. variable:
    read when the command line does not say. choices: the allowed words; () for any. low, high: the bounds of
    a number; equal when it is none. many: may be given more than once."""

    name: str
    metavar: str
    default: str
    variable: str
    doc: str
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    many: bool = False


_OWN = "WEBSTEAD_GATEWAY_"

OPTIONS: tuple[Option, ...] = (
    Option(
        "--bind",
        "ADDRESS",
        "fd:0",
        f"{_OWN}BIND",
        "Where to listen: unix:PATH, tcp:HOST:PORT, or fd:N, an inherited socket or pipe, as a FastCGI "
        "server that starts its applications itself gives it.",
    ),
    Option("-c", "FILE", "", "", "A Paste Deploy file that names the app, as iiswsgi had it."),
    Option("--allow-public", "", "", f"{_OWN}ALLOW_PUBLIC", "Listen on other addresses than loopback, too."),
    Option(
        "--interface",
        "KIND",
        "auto",
        f"{_OWN}INTERFACE",
        "What the app is; auto looks at the object.",
        ("auto", "wsgi", "asgi"),
    ),
    Option(
        "--threads",
        "N",
        "1",
        f"{_OWN}THREADS",
        "Requests that one process of a WSGI app runs at once. An ASGI app decides that itself.",
        low=1,
        high=MAX_THREADS,
    ),
    Option(
        "--workers",
        "N",
        "",
        f"{_OWN}WORKERS",
        "Processes that run the app, under one that starts, replaces and reloads them. 0: this process runs "
        "it, and whoever started it starts it again. Without the option: 1 for unix: and tcp:, 0 for fd:.",
        low=0,
        high=MAX_WORKERS,
    ),
    Option("--directory", "DIR", "", f"{_OWN}DIRECTORY", "The app's folder; else the working directory."),
    Option("--path", "DIR", "", "", "A folder for the end of sys.path; may be repeated.", many=True),
    Option(
        "--mount",
        "PATH",
        "",
        "SCRIPT_NAME",
        "The URL prefix that the app lives under, such as /app, when the server does not say so itself.",
    ),
    Option(
        "--web-config",
        "FILE",
        "auto",
        f"{_OWN}WEB_CONFIG",
        "The web.config whose appSettings are read; none; or auto: that of the app's folder when no app is "
        "named here.",
    ),
    Option(
        "--multiplex",
        "N",
        "1",
        f"{_OWN}MULTIPLEX",
        "Requests at once on one connection, for a server that can mix them.",
        low=1,
        high=MAX_REQUESTS,
    ),
    Option(
        "--max-requests",
        "N",
        "0",
        f"{_OWN}MAX_REQUESTS",
        "Replace a process after so many requests; 0: never.",
        low=0,
        high=MAX_NUMBER,
    ),
    Option(
        "--max-requests-jitter",
        "N",
        "",
        f"{_OWN}MAX_REQUESTS_JITTER",
        "Up to so many requests more, drawn by each process, so that not all are replaced at once. Without "
        "the option: a tenth of --max-requests.",
        low=0,
        high=MAX_NUMBER,
    ),
    Option(
        "--max-memory",
        "MB",
        "0",
        f"{_OWN}MAX_MEMORY",
        "Replace a process that holds more megabytes than this; 0: never.",
        low=0,
        high=MAX_NUMBER,
    ),
    Option(
        "--request-timeout",
        "SECONDS",
        "0",
        f"{_OWN}REQUEST_TIMEOUT",
        "Give up a request after so many seconds: its stack goes to the log, and the process is replaced. 0: "
        "never.",
    ),
    Option(
        "--grace",
        "SECONDS",
        "10",
        f"{_OWN}GRACE",
        "How long running requests may take once a stop was asked for.",
    ),
    Option(
        "--restart-on",
        "REGEX",
        "",
        "WSGI_RESTART_FILE_REGEX",
        "Restart, gracefully, when a file of the app's folder changes whose path there matches from its "
        r"first letter on, such as `.*\.py$`.",
    ),
    Option(
        "--errors",
        "WHO",
        "local",
        f"{_OWN}ERRORS",
        "Who sees the traceback of a failure in the answer: local is a browser on this machine.",
        ("local", "always", "never"),
    ),
    Option("--access-log", "FILE", "", f"{_OWN}ACCESS_LOG", "Write a line for each request; - for stdout."),
    Option(
        "--metrics",
        "ADDRESS",
        "",
        f"{_OWN}METRICS",
        "Serve Prometheus metrics at tcp:127.0.0.1:PORT or unix:PATH.",
    ),
    Option("--log", "FILE", "", "WSGI_LOG", "Write what the gateway has to say to this file, too."),
    Option("--check", "", "", "", "Load the app, say what is wrong with it if something is, and end."),
    Option(
        "--check-timeout",
        "SECONDS",
        "0",
        "",
        "With --check: how long loading the app may take; 0: as long as it needs.",
    ),
)

_KNOWN = {option.name: option for option in OPTIONS}
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
_TRUE = frozenset({"1", "true", "yes", "on"})


class Options(NamedTuple):
    """target: "" when nothing names the app. directory: None for the working directory. path: appended to
    `sys.path`. workers, max_requests_jitter: None when not said. restart_on: the same, "" for never.
    is_paste: target names a file of Paste Deploy's, whatever its name."""

    target: str
    bind: str = "fd:0"
    threads: int = 1
    directory: str | None = None
    path: tuple[str, ...] = ()
    allow_public: bool = False
    interface: str = "auto"
    workers: int | None = None
    mount: str = ""
    web_config: str = "auto"
    multiplex: int = 1
    max_requests: int = 0
    max_requests_jitter: int | None = None
    max_memory: int = 0
    request_timeout: float = 0.0
    grace: float = 10.0
    restart_on: str | None = None
    errors: str = "local"
    access_log: str = ""
    metrics: str = ""
    log: str = ""
    check: bool = False
    check_timeout: float = 0.0
    is_paste: bool = False

    @property
    def inherits(self) -> bool:
        """Whether somebody else has opened what requests come from."""
        return self.bind.startswith("fd:")

    @property
    def count_of_workers(self) -> int:
        """0: this process serves itself."""
        return self.workers if self.workers is not None else 0 if self.inherits else 1

    @property
    def has_master(self) -> bool:
        return self.count_of_workers > 0


def help_text(program: str) -> str:
    """What --help prints."""
    lines = [
        f"Usage: {program} {USAGE}",
        "",
        "Runs a WSGI or ASGI app behind a FastCGI server. The app is named as package.module:object, as",
        "package.module:factory(), as a Paste Deploy file app.ini[#name], or in the variable WSGI_HANDLER.",
        "",
    ]
    for option in OPTIONS:
        lines.append(f"  {option.name} {option.metavar}".rstrip())
        lines += _wrapped(_described(option))
    return "\n".join([*lines, "  --help, --version", ""])


def _described(option: Option) -> str:
    notes = [f"one of {', '.join(option.choices)}"] if option.choices else []
    if option.default:
        notes.append(f"default {option.default}")
    if option.variable:
        notes.append(f"variable {option.variable}")
    return f"{option.doc} ({'; '.join(notes)})" if notes else option.doc


def _wrapped(text: str, width: int = 90, indent: str = "        ") -> list[str]:
    lines = [indent]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append(indent)
        lines[-1] += word if lines[-1] == indent else f" {word}"
    return lines


def _bad(what: str, found: str, fix: str = "") -> StartFailure:
    return StartFailure(BAD_USAGE, what, found, fix or f"Usage: python webstead/gateway {USAGE}")


class _Values:
    """What was said of each option: by the command line, else by its variable."""

    def __init__(self, said: Mapping[str, list[str]], environ: Mapping[str, str]) -> None:
        self._said = said
        self._environ = environ

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self._said.get(name, ()))

    def text(self, name: str) -> str | None:
        said = self._said.get(name)
        if said:
            return said[-1]
        variable = _KNOWN[name].variable
        return self._environ.get(variable) if variable else None

    def word(self, name: str) -> str:
        option = _KNOWN[name]
        text = (self.text(name) or "").strip() or option.default
        if option.choices and text not in option.choices:
            raise _bad(f"{self._where(name)} is none of its words.", text, f"Use {_or(option.choices)}.")
        return text

    def number(self, name: str) -> int:
        return self._number(name, (self.text(name) or "").strip() or _KNOWN[name].default)

    def number_or_none(self, name: str) -> int | None:
        text = (self.text(name) or "").strip()
        return self._number(name, text) if text else None

    def seconds(self, name: str) -> float:
        text = (self.text(name) or "").strip() or _KNOWN[name].default
        if not _SECONDS.fullmatch(text):
            raise _bad(f"{self._where(name)} is no time.", text, "Use seconds, such as 30 or 2.5.")
        return float(text)

    def switch(self, name: str) -> bool:
        return name in self._said or (self.text(name) or "").strip().lower() in _TRUE

    def pattern(self, name: str) -> str | None:
        text = self.text(name)
        try:
            re.compile(text or "")
        except (re.error, OverflowError, RecursionError) as error:
            what = f"{self._where(name)} is no regular expression."
            raise _bad(what, f"{text}: {error}", r"Write one such as .*\.py$") from None
        return text

    def _number(self, name: str, text: str) -> int:
        low, high = _KNOWN[name].low, _KNOWN[name].high
        usable = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_NUMBER))
        if not usable or not low <= int(text) <= high:
            fix = f"Use a number from {low} to {high}."
            raise _bad(f"{self._where(name)} is not a usable number.", text, fix)
        return int(text)

    def _where(self, name: str) -> str:
        return name if name in self._said else f"{_KNOWN[name].variable} (as {name})"


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def check_target(options: Options) -> None:
    """Raises StartFailure (BAD_USAGE) when no app is named."""
    if not options.target:
        fix = f"Name the app as package.module:object, on the command line or as {TARGET_VARIABLE}."
        raise _bad("No app is named.", f"no target word, and {TARGET_VARIABLE} is not set", fix)


def parse_options(words: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Read the command line and the variables. Raises StartFailure (BAD_USAGE)."""
    said, targets = _sorted_words(words)
    values = _Values(said, environ)
    options = Options(
        target=_target([*targets, *said.get("-c", ())], environ),
        bind=values.word("--bind"),
        threads=values.number("--threads"),
        directory=values.word("--directory") or None,
        path=values.all("--path"),
        allow_public=values.switch("--allow-public"),
        interface=values.word("--interface"),
        workers=values.number_or_none("--workers"),
        mount=values.word("--mount"),
        web_config=values.word("--web-config"),
        multiplex=values.number("--multiplex"),
        max_requests=values.number("--max-requests"),
        max_requests_jitter=values.number_or_none("--max-requests-jitter"),
        max_memory=values.number("--max-memory"),
        request_timeout=values.seconds("--request-timeout"),
        grace=values.seconds("--grace"),
        restart_on=values.pattern("--restart-on"),
        errors=values.word("--errors"),
        access_log=values.word("--access-log"),
        metrics=values.word("--metrics"),
        log=values.word("--log"),
        check=values.switch("--check"),
        check_timeout=values.seconds("--check-timeout"),
        is_paste="-c" in said,
    )
    return _for_check(options) if options.check else options


def _for_check(options: Options) -> Options:
    """This process loads the app, and no address or file that the other options name is taken."""
    return options._replace(bind="tcp:127.0.0.1:0", workers=0, restart_on="", access_log="", metrics="")


def _sorted_words(words: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The values of each option that is named, and the words that are no options."""
    said: dict[str, list[str]] = {}
    targets: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        option = _KNOWN.get(name)
        if option is None:
            if word.startswith("-"):
                raise _bad(f"There is no option {word}.", " ".join(words), "See --help.")
            targets.append(word)
        elif not option.metavar:
            if equals:
                raise _bad(f"{name} takes no value.", word, f"Write {name}.")
            said[name] = [""]
        else:
            if not equals and not rest:
                raise _bad(f"{name} needs a value.", f"{name} is the last word")
            said.setdefault(name, []).append(value if equals else rest.pop(0))
    return said, targets


def _target(targets: Sequence[str], environ: Mapping[str, str]) -> str:
    if len(targets) > 1:
        raise _bad(
            "More than one app is named.", ", ".join(targets), "Name one app as package.module:object."
        )
    return targets[0] if targets else environ.get(TARGET_VARIABLE, "").strip()
