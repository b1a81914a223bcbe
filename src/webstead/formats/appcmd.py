"""IIS's list of FastCGI applications, as words for its tool appcmd. Pure.

A handler of a `web.config` runs only a program that this list names, by the very same `fullPath` and
`arguments`; the section is of the machine's configuration and ineffective in a `web.config`. The words are
those of wfastcgi-enable, so that who replaces it finds the same entries.

appcmd reads `%uXXXX` within a value as a character and ends a value at an apostrophe, so both are written in
that way. What was run where: these words against a stand-in for appcmd, never against IIS itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from webstead.errors import UsageError
from webstead.formats.webconfig.words import windows_join

__all__ = [
    "ALREADY_THERE",
    "SHUTDOWN_SECONDS",
    "Application",
    "add_words",
    "change_words",
    "command_text",
    "grant_words",
    "list_words",
    "make_application",
    "read_applications",
    "remove_words",
]

SHUTDOWN_SECONDS = 30
"""How long a process may take to end once IIS has told it to. Precedent: wfastcgi-enable."""

ALREADY_THERE = 183
"""appcmd's exit code for an entry that exists, as Windows documents it: ERROR_ALREADY_EXISTS. Not seen on
IIS.
"""

_SECTION = "/section:system.webServer/fastCGI"
_KEY = ("fullPath", "arguments")
_UNWRITABLE = re.compile('["\x00-\x1f]')
_ESCAPED = re.compile("['%]")
_SPECIAL = frozenset("&|<>^")
_WANTS_QUOTES = re.compile(r'[^"]*[&|<>^()][^"]*(?<!\\)')


@dataclass(frozen=True, slots=True)
class Application:
    """An entry of the list. full_path and arguments are its key, quoted as in a scriptProcessor. settings:
    attributes and their values, in the order in which they are written.
    """

    full_path: str
    arguments: str
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def script_processor(self) -> str:
        """What a handler says to mean this application."""
        return f"{self.full_path}|{self.arguments}"

    @property
    def key(self) -> tuple[str, str]:
        """Equal for entries that IIS takes for one: paths have no case on Windows."""
        return self.full_path.lower(), self.arguments.lower()


def make_application(
    python: str,
    gateway: str,
    words: Sequence[str] = (),
    *,
    max_instances: int | None = None,
    max_requests: int | None = None,
) -> Application:
    """The entry that runs the gateway (its folder or .pyz) in this python. words: options of the gateway.
    max_instances: processes in each application pool. max_requests: after so many IIS ends a process and
    starts another. None: as IIS has it, which is one process for each core, and 200. Raises UsageError for a
    path that no entry can hold.
    """
    settings = [("signalBeforeTerminateSeconds", str(SHUTDOWN_SECONDS))]
    if max_instances is not None:
        settings.append(("maxInstances", str(max_instances)))
    if max_requests is not None:
        settings.append(("instanceMaxRequests", str(max_requests)))
    arguments = " ".join([_quoted(gateway), *([windows_join(list(words))] if words else [])])
    return Application(_quoted(python), arguments, tuple(settings))


def _quoted(path: str) -> str:
    """A path with a space in quotes, as wfastcgi-enable writes it in both places."""
    if not path or _UNWRITABLE.search(path):
        fix = "Name a path without quotes and control characters: no Windows path has any."
        raise UsageError("The path cannot be registered.", found=repr(path), fix=fix)
    return f'"{path}"' if " " in path else path


def add_words(application: Application) -> tuple[str, ...]:
    settings = "".join(f", {name}='{_escaped(value)}'" for name, value in application.settings)
    return ("set", "config", _SECTION, f"/+[{_key(application)}{settings}]")


def change_words(application: Application, changes: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Give an entry that is there other values."""
    words = (f"/[{_key(application)}].{name}:{value}" for name, value in changes)
    return ("set", "config", _SECTION, *words)


def remove_words(application: Application) -> tuple[str, ...]:
    """By the key alone: an entry whose other values were changed is removed, too."""
    return ("set", "config", _SECTION, f"/-[{_key(application)}]")


def list_words() -> tuple[str, ...]:
    return ("list", "config", _SECTION)


def grant_words(path: str, account: str) -> tuple[str, ...]:
    """icacls: this account may read and run a `.pyz`, or all that is in a folder."""
    inherited = "" if path.lower().endswith(".pyz") else "(OI)(CI)"
    return ("icacls", path, "/grant", f"{account}:{inherited}(RX)")


def _key(application: Application) -> str:
    return f"fullPath='{_escaped(application.full_path)}', arguments='{_escaped(application.arguments)}'"


def _escaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: f"%u{ord(found[0]):04x}", value)


def read_applications(text: str) -> tuple[Application, ...]:
    """What `appcmd list config` printed; nothing when it is not the section's XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(text.strip().encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return ()
    return tuple(
        Application(
            found.get("fullPath", ""),
            found.get("arguments", ""),
            tuple((str(name), str(value)) for name, value in found.items() if name not in _KEY),
        )
        for found in root.iter("application")
    )


def command_text(words: Sequence[str]) -> str:
    """A command as one types it at the prompt of cmd.exe, which reads it before the program does.

    The program splits it by the rules of the C runtime (`windows_join`). cmd.exe knows no `\\"`: to it every
    quote opens or closes, and what it takes for unquoted has its special characters marked by `^`.
    """
    marked: list[str] = []
    inside = False
    for char in " ".join(map(_prompt_word, words)):
        inside ^= char == '"'
        marked.append(f"^{char}" if char in _SPECIAL and not inside else char)
    return "".join(marked)


def _prompt_word(word: str) -> str:
    return f'"{word}"' if _WANTS_QUOTES.fullmatch(word) else windows_join([word])
