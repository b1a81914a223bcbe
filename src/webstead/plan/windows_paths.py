"""Windows paths as people write them into web.config → places of this site.

`%WWWROOT%` is the site's folder, `%HOME%` the home around it (App Service: D:\\home and
D:\\home\\site\\wwwroot). Other `%NAME%` stay for the host. Pure text: which files exist is asked of the
project.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Mapped", "WindowsPaths", "looks_like_path"]

_PREFIXES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?:{pattern})(?=/|$)", re.IGNORECASE), place)
    for pattern, place in (
        (r"[a-z]:/home/site/wwwroot", "%WWWROOT%"),
        (r"/home/site/wwwroot", "%WWWROOT%"),
        (r"%home%/site/wwwroot", "%WWWROOT%"),
        (r"%appl_physical_path%", "%WWWROOT%"),
        (r"%wwwroot%", "%WWWROOT%"),
        (r"%home_expanded%/site/wwwroot", "%WWWROOT%"),
        (r"~", "%WWWROOT%"),
        (r"[a-z]:/home", "%HOME%"),
        (r"/home(?=/(?:site|logfiles|data)(?:/|$))", "%HOME%"),
        (r"%home%", "%HOME%"),
        (r"%systemdrive%/home", "%HOME%"),
    )
)
"""The first that matches the beginning decides; the rest of the path is kept."""

_ABSOLUTE = re.compile(r"^(?:[a-z]:[/\\]|[/\\]{2}[^/\\])", re.IGNORECASE)
_VARIABLE = re.compile(r"^%[A-Za-z_][A-Za-z0-9_().]*%(?=[/\\]|$)")
_FILE = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True, slots=True)
class Mapped:
    """guess: the path named no place that is known, and this one was taken; it wants a warning."""

    text: str
    guess: bool = False


def looks_like_path(text: str) -> bool:
    """Whether a word or value is a Windows path, absolute or beginning with a folder variable."""
    return bool(_ABSOLUTE.match(text)) or any(pattern.match(_slashes(text)) for pattern, _ in _PREFIXES[2:6])


class WindowsPaths:
    """The mapping for one project. Names are compared without regard to case, as Windows does."""

    def __init__(self, files: Sequence[str]) -> None:
        self._names: dict[str, str] = {}
        for path in files:
            parts = path.split("/")
            for count in range(1, len(parts) + 1):
                piece = "/".join(parts[:count])
                self._names.setdefault(piece.lower(), piece)

    def map(self, text: str) -> Mapped:
        """A folder or file. Relative paths stay relative, with `/`; what stands at an unknown absolute place
        is looked for in the project by its last names, and else taken to be the site's folder (a guess)."""
        path = _slashes(text)
        known = self.known(path)
        if known is not None:
            return Mapped(known)
        if _VARIABLE.match(path) or not _ABSOLUTE.match(path):
            return Mapped(self._spelt(posixpath.normpath(path)) if path else path)
        return self._elsewhere(path)

    def known(self, text: str) -> str | None:
        """The path when it begins with a known place, else None."""
        path = _slashes(text)
        for pattern, place in _PREFIXES:
            match = pattern.match(path)
            if match:
                rest = posixpath.normpath(path[match.end() :].strip("/") or ".")
                return place if rest == "." else f"{place}/{self._spelt(rest)}"
        return None

    def map_log(self, text: str) -> Mapped:
        """A log file. One at an unknown place goes to the home's LogFiles, under its own name."""
        mapped = self.map(text)
        return (
            Mapped(f"%HOME%/LogFiles/{posixpath.basename(_slashes(text))}", True) if mapped.guess else mapped
        )

    def word(self, text: str) -> Mapped:
        """One word of a command: a path, an option with a path behind `=`, or a relative path with
        backslashes to a file that the project has. Anything else is left alone."""
        option, equals, value = text.partition("=")
        if option.startswith("-") and equals and looks_like_path(value):
            mapped = self.map(value)
            return Mapped(f"{option}={mapped.text}", mapped.guess)
        if looks_like_path(text):
            return self.map(text)
        if "\\" in text:
            path = posixpath.normpath(_slashes(text))
            if text.startswith((".\\", "..\\")) or path.lower() in self._names:
                return Mapped(self._spelt(path))
        return Mapped(text)

    def value(self, text: str) -> str:
        """The value of an environment variable: known places are mapped, unknown ones are the app's own
        matter."""
        known = self.known(text) if looks_like_path(text) else None
        return text if known is None else known

    def _elsewhere(self, path: str) -> Mapped:
        parts = [part for part in path[2:].split("/") if part]
        for count in range(len(parts), 0, -1):
            found = self._names.get("/".join(parts[-count:]).lower())
            if found is not None:
                return Mapped(f"%WWWROOT%/{found}")
        if parts and _FILE.search(parts[-1]):
            folder = self._elsewhere("x:/" + "/".join(parts[:-1]))
            return Mapped(f"{folder.text}/{parts[-1]}", True)
        return Mapped("%WWWROOT%", True)

    def _spelt(self, path: str) -> str:
        """path in the project's own spelling, where it has it: Windows does not mind `Static`, other systems
        do."""
        return self._names.get(path.lower(), path)


def _slashes(text: str) -> str:
    bare = text.strip().strip("\"'").strip()
    return re.sub(r"(?<=.)/+", "/", bare.replace("\\", "/"))
