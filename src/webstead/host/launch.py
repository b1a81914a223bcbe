"""What is needed to start one instance, and the words and variables that it is started with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.host.confinement import FREE, Confinement
from webstead.plan.model import Process
from webstead.policies import NO_POLICIES, Policies

__all__ = [
    "GATEWAY_FOLDER",
    "PORTBIND_FOLDER",
    "PORT_VARIABLES",
    "Launch",
    "asked_port",
    "child_environment",
    "expand",
    "resolve_words",
    "start_words",
]

GATEWAY_FOLDER = Path(__file__).resolve().parent.parent / "gateway"
"""The gateway is run by its folder: nothing of Webstead's own environment comes onto the app's path."""

PORTBIND_FOLDER = GATEWAY_FOLDER.parent / "portbind"
"""So is what runs a script that serves itself."""

PORT_VARIABLES = ("PORT", "HTTP_PLATFORM_PORT", "ASPNETCORE_PORT")
"""Names under which a platform process finds its port: Procfile platforms', httpPlatform's, aspNetCore's."""

_ALL_DECIDED = ("--workers", "0", "--web-config", "none", "--restart-on", "")
"""The plan has read web.config, instances are the host's, and so is restarting on change."""

_LONGEST_GRACE = 30.0
"""How long a running request may take when an end is asked for is the host's to decide, too: it is
RELOAD_GRACE_SECONDS at most, unless the site's files say more."""

_GATEWAY_WORDS = ("python", "-m", "webstead.gateway")
_NO_BROWSER = "true"
"""A program that does nothing, for `webbrowser`: an app that is hosted opens no window, and not at its own
port."""
_PORTBIND_WORDS = ("python", "-m", "webstead.portbind")


@dataclass(frozen=True, slots=True)
class Launch:
    """A process of the plan with everything resolved but its port.

    words: may still hold `%HTTP_PLATFORM_PORT%`; so may the values of environment. environment: the whole
    environment of the process; the host adds only the port, PYTHONUNBUFFERED, BROWSER, its own WEBSTEAD_*
    and the interpreter's folder on PATH. directory: absolute. python_path: absolute folders. log_file: prefix
    of the log's name, `<prefix>_<time>_<pid>.log`. python: what a leading `python` stands for.
    confinement: what holds the process."""

    process: Process
    words: tuple[str, ...]
    directory: Path
    environment: dict[str, str]
    python_path: tuple[str, ...]
    log_file: Path | None
    python: Path
    renewed_for: tuple[Path, ...] = ()
    confinement: Confinement = FREE

    def starts_the_same(self, other: Launch) -> bool:
        """Whether instances of the other are what instances of this would be: where in the files a setting
        stands may differ, and what renews them."""
        policies = self.process.policies.same_as(other.process.policies)
        return policies and _what_starts(self) == _what_starts(other)


def _what_starts(launch: Launch) -> Launch:
    process = replace(launch.process, environment=(), renewed_for=(), policies=NO_POLICIES)
    return replace(launch, process=process, renewed_for=())


def expand(text: str, variables: Mapping[str, str]) -> str:
    """The text with each `%NAME%` replaced, once; an undefined one stays as written, as on Windows.

    Names match exactly, else without regard to case (Windows environment names have none). A `%` that begins
    no defined name is an ordinary character, so the next one may begin one: `100%%HOME%`.
    """
    return _expand(text, variables, _folded(variables)) if "%" in text else text


def resolve_words(words: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """`expand` for each word."""
    folded = _folded(variables)
    return tuple(_expand(word, variables, folded) if "%" in word else word for word in words)


def _folded(variables: Mapping[str, str]) -> Mapping[str, str]:
    return {name.upper(): value for name, value in variables.items()}


def _expand(text: str, variables: Mapping[str, str], folded: Mapping[str, str]) -> str:
    pieces: list[str] = []
    at = 0
    while (start := text.find("%", at)) >= 0 and (end := text.find("%", start + 1)) >= 0:
        name = text[start + 1 : end]
        value = variables.get(name, folded.get(name.upper()))
        pieces += [text[at:end]] if value is None else [text[at:start], value]
        at = end if value is None else end + 1
    return "".join(pieces) + text[at:]


def start_words(launch: Launch, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The words that run, first the program. variables: the instance's environment."""
    words = resolve_words(launch.words, variables)
    if launch.process.protocol == "fastcgi" and words[:3] == _GATEWAY_WORDS:
        return (
            *(str(launch.python), str(GATEWAY_FOLDER), "--bind", "fd:0", *_ALL_DECIDED),
            *_policy_words(launch.process.policies),
            *("--threads", str(launch.process.threads), "--directory", str(launch.directory)),
            *(word for folder in launch.python_path for word in ("--path", folder)),
            *words[3:],
        )
    if words[:3] == _PORTBIND_WORDS:
        return (str(launch.python), str(PORTBIND_FOLDER), *words[3:])
    if words[0] in ("python", "python3"):
        return (str(launch.python), *words[1:])
    return words


def _policy_words(policies: Policies) -> Iterator[str]:
    """What the gateway itself does of the site's policies: it takes all the grace that it gets, and shows no
    traceback to anybody where stderrMode asks for a generic page."""
    grace = 0.0 if policies.grace is None else policies.grace.value
    yield from ("--grace", f"{max(_LONGEST_GRACE, grace):g}")
    if policies.stderr is not None and policies.stderr.value == "ReturnGeneric500":
        yield from ("--errors", "never")


def child_environment(launch: Launch, *, port: int | None, extra: Mapping[str, str]) -> dict[str, str]:
    """The instance's environment. extra: the host's own variables, which win."""
    own = {"PYTHONUNBUFFERED": "1", **launch.environment, "BROWSER": _NO_BROWSER}
    own["PATH"] = _path_with(str(launch.python.parent), own.get("PATH", os.defpath))
    if port is not None:
        own |= dict.fromkeys(PORT_VARIABLES, str(port))
    if launch.process.protocol == "http" and launch.python_path:
        own["PYTHONPATH"] = os.pathsep.join((*launch.python_path, *filter(None, [own.get("PYTHONPATH")])))
    names, values = tuple(own), resolve_words(tuple(own.values()), own)
    return {**dict(zip(names, values, strict=True)), **extra}


def asked_port(launch: Launch) -> int | None:
    """The fixed port that the site's own `HTTP_PLATFORM_PORT` environment variable asks for, if any; several
    instances cannot share one.

    httpPlatformHandler v2 takes 1025 to 48000; here any port that needs no privilege will do.
    """
    if launch.process.instances > 1:
        return None
    text = launch.environment.get("HTTP_PLATFORM_PORT", "")
    return int(text) if text.isascii() and text.isdigit() and 1024 < int(text[:6]) < 65536 else None


def _path_with(folder: str, path: str) -> str:
    parts = path.split(os.pathsep)
    return path if parts[0] == folder else os.pathsep.join((folder, *parts))
