"""The program of a Windows command line → the word that runs here, and the Python version that its path hints
at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Program", "python_hint", "read_program"]

_PYTHON = re.compile(r"^(?:python|pythonw|python3|py|pyw|python\d+(?:\.\d+)*|ipy)$", re.IGNORECASE)
_LAUNCHER = re.compile(r"^pyw?$", re.IGNORECASE)
_LAUNCHER_VERSION = re.compile(r"^-(?:V:)?(\d(?:\.\d+)?)(?:-(?:32|64|arm64))?$", re.IGNORECASE)
_FOLDER_VERSION = re.compile(
    r"python[-_]?(\d)\.?(\d{0,3})(?:[-_]?(?:x?64|x86|32|amd64))?(?=[/\\]|\.exe|$)", re.IGNORECASE
)
_OTHER_HOSTS = frozenset({"dotnet", "node", "java", "php-cgi", "php", "ruby", "iisnode"})
_BEFORE_SCRIPTS = re.compile(r"(?:^|[/\\])(?:scripts|bin)[/\\][^/\\]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Program:
    """words: the program, `python` for any interpreter, with what is left of the arguments. hint: `3.10` when
    the path or the launcher's option names a version. problem: why it cannot run here, or empty."""

    words: tuple[str, ...]
    hint: str | None = None
    problem: str = ""


def read_program(path: str, arguments: Sequence[str]) -> Program:
    """`D:\\home\\Python35\\python.exe`, `C:\\Windows\\py.exe -3.10`, `.\\env\\Scripts\\waitress-serve.exe`,
    `python3`…"""
    bare = path.strip().strip("\"'")
    name = re.split(r"[\\/]", bare)[-1]
    stem = name[:-4] if name.lower().endswith(".exe") else name
    if bare.startswith("%") and bare.endswith("%") and bare.count("%") == 2:
        return Program((bare, *arguments), problem=f"{bare} is filled in by the tool that publishes the site")
    if _PYTHON.match(stem):
        rest = list(arguments)
        hint = python_hint(bare)
        version = _LAUNCHER_VERSION.match(rest[0]) if rest and _LAUNCHER.match(stem) else None
        if version:
            rest.pop(0)
            hint = version[1] if "." in version[1] else hint
        return Program(("python", *rest), hint)
    if stem.lower() in _OTHER_HOSTS:
        return Program((stem, *arguments), problem=f"{stem} is not Python")
    from_environment = _BEFORE_SCRIPTS.search(bare) or ("/" not in bare and "\\" not in bare)
    return Program((stem if from_environment else bare, *arguments))


def python_hint(path: str) -> str | None:
    """The version in names such as Python35, python364x64, Python310, python-3.9: the first digit is the
    major version, two more that begin with 1 are the minor, any other is a minor of one digit and the rest a
    patch."""
    named = [(match[1], match[2]) for match in _FOLDER_VERSION.finditer(path) if match[2]]
    if not named:
        return None
    major, digits = named[-1]  # the last one is nearest to the program
    minor = digits[:2] if digits[0] == "1" and len(digits) >= 2 else digits[0]
    return f"{major}.{minor}"
