"""What rattler says when it cannot solve or install → one error that names the line and what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from webstead.build.conda.configuration import without_tokens
from webstead.errors import BuildError
from webstead.project.manifests.conda import CondaSpec

__all__ = ["CondaFailure", "explain_conda", "missing_names"]

MAX_DETAIL_LINES = 60

_MISSING = re.compile(
    r"No candidates were found for (?P<name>[^\s,]+) ?(?P<version>[^,\n]*?)\.?\s*$", re.MULTILINE
)
_NEEDED = re.compile(r"─ (?P<name>[^\s,]+)(?P<version>[^,\n]*), for which no candidates were found")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_ADDRESS = re.compile(r"(?:for url \((?P<url>[^)\s]+)\)|channel '(?P<channel>[^']+)')")


@dataclass(frozen=True, slots=True)
class CondaFailure:
    """kind: the name of rattler's exception. text: its words. path: the environment file. channels, subdir:
    where packages were looked for. elsewhere: for names that none of these channels has for this platform,
    the platforms that have them."""

    kind: str
    text: str
    path: str
    specs: Sequence[CondaSpec] = ()
    channels: Sequence[str] = ()
    subdir: str = ""
    offline: bool = False
    elsewhere: Mapping[str, Sequence[str]] = field(default_factory=dict)


def missing_names(text: str) -> tuple[str, ...]:
    """The packages of which a solver found none."""
    found = [*_MISSING.finditer(text), *_NEEDED.finditer(text)]
    return tuple(dict.fromkeys(match["name"].lower() for match in found))


def explain_conda(failure: CondaFailure) -> BuildError:
    what, fix = _of_kind(failure)
    lines = without_tokens(failure.text).splitlines()[:MAX_DETAIL_LINES]
    channels = ", ".join(without_tokens(channel) for channel in failure.channels)
    found = [*_lines(failure), f"channels: {channels}; platform: {failure.subdir}"]
    return BuildError(what, found="\n".join(found), fix=fix, detail="\n".join(lines))


def _of_kind(failure: CondaFailure) -> tuple[str, str]:
    if failure.kind == "InvalidMatchSpecError":
        return (
            f"A line of {failure.path} is no package that conda can look for",
            "Write a name, with a version behind it: `- numpy=1.26`, `- numpy>=1.26,<2`.",
        )
    if failure.kind in ("GatewayError", "FetchRepoDataError", "InvalidChannelError"):
        return _of_channel(failure)
    if failure.kind == "SolverError":
        return _of_solver(failure)
    if "hash" in failure.text.lower() and "mismatch" in failure.text.lower():
        return (
            "A package is not the one that its channel's list names: its hash differs",
            "Run the command again. If it stays so, find out who changed the package before you install it.",
        )
    if "No space left" in failure.text:
        return "The disk is full", "Free some space."
    return (
        f"The packages of {failure.path} cannot be installed",
        "Read the words below; run the command again when a download broke off: what was downloaded is kept.",
    )


def _of_channel(failure: CondaFailure) -> tuple[str, str]:
    found = _ADDRESS.search(failure.text)
    address = without_tokens((found["url"] or found["channel"]) if found else ", ".join(failure.channels))
    if failure.offline:
        return (
            "The list of a channel's packages is not kept here, and the network is switched off",
            "Unset CONDA_OFFLINE and UV_OFFLINE, or build once with the network on.",
        )
    if re.search(r"\b40[13]\b|Unauthorized|Forbidden", failure.text):
        return (
            f"The channel refuses these credentials: {address}",
            "Check the user or token in the channel's address, or in ~/.netrc.",
        )
    if re.search(r"\b404\b|could not find subdir|No such file|Not Found", failure.text):
        return (
            f"There is no such channel: {address}",
            f"Check its spelling in `channels` of {failure.path}; names are seen from CONDA_CHANNEL_ALIAS.",
        )
    return (
        f"The channel cannot be reached: {address}",
        "Check the connection and run the command again: what was downloaded is kept. Behind a proxy set "
        "HTTPS_PROXY; for channels of your own set CONDA_CHANNEL_ALIAS, or custom_channels in ~/.condarc.",
    )


def _of_solver(failure: CondaFailure) -> tuple[str, str]:
    names = missing_names(failure.text)
    for name in names:
        if places := failure.elsewhere.get(name):
            others = ", ".join(places)
            return (
                f"There is {name} for {others}, and none for {failure.subdir}",
                f"Remove it from {failure.path}, or keep one file for each system: "
                "conda's environment files have no conditions.",
            )
    spec = next((spec for spec in failure.specs if spec.name in names), None)
    if spec is not None and _pinned(spec):
        return (
            f"There is no {spec.text} in the channels",
            f"`{spec.text}` fixes a build, which is of one platform. Export without builds: "
            f"conda env export --no-builds > {failure.path}",
        )
    if names:
        return (
            f"There is no package {', '.join(names)} of that version in the channels",
            f"Check its spelling and version in {failure.path}. A package that only PyPI has belongs under "
            "`- pip:`; most that Anaconda's own channels lack are in conda-forge.",
        )
    return (
        f"No set of packages fits all that {failure.path} asks for",
        "Read below which lines exclude each other, and loosen one of them.",
    )


def _pinned(spec: CondaSpec) -> bool:
    """`numpy=1.26=py311_0`, `numpy 1.26 py311_0`."""
    return len(re.findall(r"[^\s=]+", spec.text)) >= 3 and not re.search(r"[<>,|]", spec.text)


def _lines(failure: CondaFailure) -> list[str]:
    """The lines of the file that the words are about."""
    named = {word.lower() for word in _NAME.findall(failure.text)}
    about = [spec for spec in failure.specs if spec.name in named or spec.text in failure.text]
    return [f"{failure.path}:{spec.line}: {spec.text}" for spec in about[:8]]
