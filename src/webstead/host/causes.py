"""What a program's last words mean, and what to do about it: a table of known output.

The lines are searched from the last to the first, since a traceback ends with its cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webstead.project.distributions import distribution_of, is_known
from webstead.project.system_libraries import how_to_install

__all__ = ["CAUSES", "Cause", "likely_cause"]


@dataclass(frozen=True, slots=True)
class Cause:
    """found: the line that tells. fix: what to do."""

    found: str
    fix: str


Fix = Callable[[re.Match[str], Sequence[str]], str]
"""From the match, and the lines before it."""


def _always(text: str) -> Fix:
    return lambda match, before: text


def _add(name: str) -> str:
    return f"Add {distribution_of(name)} to requirements.txt (or to the dependencies in pyproject.toml)."


def _missing_module(match: re.Match[str], before: Sequence[str]) -> str:
    name = _as_imported(match["module"], before)
    if "." in name and not is_known(name):
        own = f"If {name} is your own module: check its name and the folder the app starts in."
        return f"{_add(name)} {own}"
    return _add(name)


def _nowhere(match: re.Match[str], before: Sequence[str]) -> str:
    """A part of a namespace that several packages share: Python knows no file that should have it."""
    name = f"{match['module']}.{match['name']}"
    own = f"If {name} is your own module: check its name and the folder the app starts in."
    return _add(name) if is_known(name) else own


def _as_imported(name: str, before: Sequence[str]) -> str:
    """The whole name of a module whose beginning is missing, as the line of code in the traceback has it: of
    `from google.cloud import storage` Python says only that there is no `google`."""
    for line in reversed(before[-_LINES_OF_A_FRAME:]):
        if found := _IMPORT.match(line):
            written = found["module"] or f"{found['source']}.{found['first']}".rstrip(".")
            return written if written.startswith(f"{name}.") and is_known(written) else name
    return name


def _circle(match: re.Match[str], before: Sequence[str]) -> str:
    file = match["file"] or f"{match['module']}.py"
    name = match["name"] or "what is missing"
    return (
        f"{file} imports itself through another module: in it, put that import below the line that makes "
        f"{name}, or into a function. If {match['module']} is also the name of a package, rename {file}."
    )


def _give(match: re.Match[str], before: Sequence[str]) -> str:
    """A variable that the app reads and that is not set."""
    name = next(filter(None, match.groups()))
    if name.endswith("PORT"):
        return f"The app reads its port from {name}: give it with --env {name}=%HTTP_PLATFORM_PORT%"
    return (
        f"The app reads the variable {name}: give it with --env {name}=… , or in a file with --env-file .env"
    )


_IMPORT = re.compile(r"\s+(?:from (?P<source>[\w.]+) import \(?\s*(?P<first>\w*)|import (?P<module>[\w.]+))")
_LINES_OF_A_FRAME = 3
"""Behind the line of code there may be one of `^^^^`."""

CAUSES: tuple[tuple[re.Pattern[str], Fix], ...] = tuple(
    (re.compile(pattern), fix)
    for pattern, fix in (
        (r"No module named '?(?P<module>[\w.]+)'?", _missing_module),
        (
            r"(?:cannot import name '(?P<name>[^']+)' from )?partially initialized module "
            r"'(?P<module>[\w.]+)'(?:.*\((?P<file>[^()]+\.py)\))?",
            _circle,
        ),
        (
            r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)' \(unknown location\)",
            _nowhere,
        ),
        (
            r"cannot import name '(?P<name>[^']+)' from '(?P<module>[^']+)'",
            lambda m, _: (
                f"{m['module']} has no {m['name']}: pin the version that has it in requirements.txt, or look "
                "for a circular import or a file of yours that has the package's name."
            ),
        ),
        (
            r"(?i)address (?:is )?already in use|EADDRINUSE|\[Errno 98\]",
            _always(
                "Let the app listen on the port in the PORT variable; a fixed port may be taken already."
            ),
        ),
        (
            r"(?P<kind>SyntaxError|IndentationError|TabError): ",
            _always("Correct the line that it names; or run the Python that the code is for."),
        ),
        (
            r"ALLOWED_HOSTS|DisallowedHost",
            _always("Add the host name to ALLOWED_HOSTS in the Django settings ('localhost', '127.0.0.1')."),
        ),
        (
            r"(?:The )?SECRET_KEY setting must not be empty",
            _always("Give the setting: --env SECRET_KEY=… , or --env-file .env"),
        ),
        (
            r"settings are not configured|DJANGO_SETTINGS_MODULE",
            _always("Give the settings module: --env DJANGO_SETTINGS_MODULE=<package>.settings"),
        ),
        (
            r"^KeyError: '(?P<name>[A-Z][A-Z0-9_]+)'$"
            r"|UndefinedValueError: (?P<decouple>[A-Z][A-Z0-9_]+) not found"
            r"|Set the (?P<environ>[A-Z][A-Z0-9_]+) environment variable"
            r"|Environment variable \"(?P<environs>[A-Z][A-Z0-9_]+)\" (?:not set|is not set)",
            _give,
        ),
        (
            r"(?i)(?:connection refused|could not connect to server|can't connect to mysql)",
            _always("Start the server that the app connects to (a database?), or correct its address."),
        ),
        (
            r"Error: Got unexpected extra argument|error: unrecognized arguments|No such option",
            _always("Correct the start command: the program does not know one of its words."),
        ),
        (
            r"Could not import module \"(?P<module>[^\"]+)\"|Error loading ASGI app",
            _always("Correct the module:object in the start command, or the folder it runs in."),
        ),
        (
            r"MemoryError|Cannot allocate memory",
            _always("Give the machine more memory, or start fewer instances."),
        ),
        (
            r"PermissionError: .*'(?P<path>[^']+)'|Permission denied",
            _always("Give the user who runs Webstead the right to use that file."),
        ),
        (
            r"(?P<library>lib[\w.+-]+): cannot open shared object file",
            lambda m, _: how_to_install(m["library"]),
        ),
        (
            r"can't open file '(?P<path>[^']+)'|No such file or directory(?:: '(?P<other>[^']+)')?",
            lambda m, _: (
                f"Put {m['path'] or m['other'] or 'the file'} where the app looks for it; a relative path "
                "starts at the folder the app runs in."
            ),
        ),
    )
)
"""(what the line has, the fix), the more telling first."""


def likely_cause(lines: Sequence[str], before: Sequence[str] = ()) -> Cause | None:
    """The cause that the output tells, or None when no line is known. before: what stood in front of the
    lines, such as the traceback of which they are the end."""
    for number in reversed(range(len(lines))):
        for pattern, fix in CAUSES:
            if match := pattern.search(lines[number]):
                return Cause(lines[number].strip(), fix(match, [*before, *lines[:number]]))
    return None
