"""An interpreter as a value: what it says of itself, and the request that it has to meet. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

__all__ = ["OLDEST", "PROBE", "Interpreter", "is_path", "meets", "parse_probe", "uv_request"]

OLDEST = (3, 9)
"""The gateway runs in the app's own interpreter and is written for this one and newer."""

PROBE = """
import json, os, platform, sys, sysconfig
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": platform.python_version(),
    "platform": sysconfig.get_platform(),
    "base": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
}))
"""
"""What an interpreter is asked to print. The base is the real one, also when a virtual environment's is
asked.
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """implementation: `cpython`, `pypy`… version: in full. platform: as `linux-x86_64`. base: the real
    path.
    """

    implementation: str
    version: str
    platform: str
    base: str

    @property
    def release(self) -> tuple[int, ...]:
        return Version(self.version).release

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def parse_probe(text: str) -> Interpreter | None:
    """What PROBE printed, or None when it is something else: the program is no Python, or a broken one."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    words = [data.get(key) for key in ("implementation", "version", "platform", "base")]
    known = [word for word in words if isinstance(word, str) and word]
    if len(known) < len(words):
        return None
    try:
        Version(known[1])
    except InvalidVersion:
        return None
    return Interpreter(*known)


def is_path(version: str) -> bool:
    """Whether a request names a file rather than a version."""
    return "/" in version or "\\" in version


def uv_request(version: str, implementation: str) -> str:
    """The request in uv's words: `cpython@3.12`, `pypy>=3.10`; one that names its implementation stays."""
    if not version:
        return implementation
    if re.match(r"[a-zA-Z]", version):
        return version
    return f"{implementation}@{version}" if version[0].isdigit() else f"{implementation}{version}"


def meets(version: str, request: str) -> bool:
    """Whether this version is what `3`, `3.12`, `3.12.1` or `>=3.11,<3.13` asks for; any is, when nothing is
    asked.
    """
    try:
        found = Version(version)
    except InvalidVersion:
        return False
    if found.is_prerelease:
        return version == request
    if re.fullmatch(r"\d+(\.\d+)*", request):
        wanted = tuple(int(part) for part in request.split("."))
        return found.release[: len(wanted)] == wanted
    try:
        return found in SpecifierSet(request)
    except InvalidSpecifier:
        return False
