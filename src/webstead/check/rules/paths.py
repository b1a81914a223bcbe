"""Paths of another machine or another system."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webstead.check.document import Document
from webstead.check.finding import Severity
from webstead.check.rule import Found
from webstead.check.rules.planned import of_kinds
from webstead.check.subject import Subject
from webstead.formats.webconfig import split_script_processor, windows_words
from webstead.formats.webconfig.document import Element
from webstead.plan.windows_paths import looks_like_path

__all__ = ["elsewhere", "missing_in_site", "of_a_user", "of_app_service", "posix"]

_HOME = re.compile(r"(?i)(?:[a-z]:)?[\\/]home[\\/]site[\\/]wwwroot\b")
_ON_APP_SERVICE = re.compile(
    r"(?i)[cd]:[\\/](?:home|local|windows|program files(?: \(x86\))?|devtools|python27|python34)(?:[\\/]|$)"
)
"""Drives and folders that App Service for Windows has (Kudu's wiki, "Azure App Service sandbox")."""
_USERS = re.compile(r"(?i)[a-z]:[\\/]users[\\/](?!public[\\/])")
_POSIX = re.compile(r"/(?:usr|opt|home|var|bin|srv|root|Users)/")
_NOT_DEPLOYED = re.compile(r"(?i)[\\/](?:\.?v?env\d*|antenv|site-packages|scripts|bin|lib)(?:[\\/]|$)")
_VALUES = frozenset({"PYTHONPATH", "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS", "WSGI_LOG"})
_FILE = re.compile(r"\.[A-Za-z0-9]{1,5}$")

_MOST = 200
"""Of the words of a command, or the folders of a path, that are looked at."""

Written = tuple[Element, str, str]
"""(element, attribute, path) of a path that stands in a file."""


def elsewhere(subject: Subject) -> Iterator[Found]:
    """What Webstead could not map, as the plan says."""
    return of_kinds("path-elsewhere")(subject)


def of_app_service(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for element, attribute, path in _paths(document):
            if _HOME.match(path):
                why = f"{path} is a path of Azure App Service; this server has its own."
                fix = "Write the path on the server, or one relative to the site where IIS takes that."
                yield Found(document.part(element, attribute, path), why, fix)


def missing_in_site(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for element, attribute, path in _paths(document):
            why = _why(subject, path)
            if why:
                program = attribute in ("processPath", "scriptProcessor") and not _HOME.match(path)
                place = document.part(element, attribute, path)
                severity: Severity = "error" if program else "warning"
                yield Found(place, why, "Correct it, or deploy what it names.", severity=severity)


def _why(subject: Subject, path: str) -> str:
    home = _HOME.match(path)
    if home is not None:
        rest = re.sub(r"[\\/]+", "/", path[home.end() :]).strip("/").lower()
        there = not rest or rest in subject.names or _NOT_DEPLOYED.search(path)
        named = _FILE.search(rest) and not rest.endswith((".log", ".txt"))
        return (
            f"{path} lies in the site's folder, and the project does not have it."
            if named and not there
            else ""
        )
    if re.match(r"(?i)[a-z]:[\\/]", path) and not _ON_APP_SERVICE.match(path):
        return f"{path} is not on App Service, where the site and its Python are below the folder home."
    return ""


def of_a_user(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for element, attribute, path in _paths(document):
            if _USERS.match(path):
                why = f"{path} belongs to one user: the account of the application pool may not read it."
                yield Found(document.part(element, attribute, path), why, "Install Python for all users.")


def posix(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for element, attribute, path in _paths(document):
            if _POSIX.match(path) and not _HOME.match(path):
                yield Found(
                    document.part(element, attribute, path),
                    f"{path} is no path of Windows.",
                    "Write that of the server.",
                )


def _paths(document: Document) -> Iterator[Written]:
    """Each place of a file once."""
    once = {(found[0].line, found[0].column, *found[1:]): found for found in _all(document)}
    yield from once.values()


def _all(document: Document) -> Iterator[Written]:
    for path, element in document.walked:
        for name in ("processPath", "fullPath"):
            if name in element.attributes:
                yield from _if_path(element, name, element.attributes[name].value)
        if path == "system.webServer/handlers/add" and "scriptProcessor" in element.attributes:
            program, arguments = split_script_processor(element.attributes["scriptProcessor"].value)
            spaced = arguments.strip('"') if re.match(r'"?[A-Za-z]:', arguments) else ""
            for word in (program, *([spaced] if spaced else windows_words(arguments)[:_MOST])):
                yield from _if_path(element, "scriptProcessor", word)
        if element.name in ("httpPlatform", "aspNetCore") and "arguments" in element.attributes:
            for word in windows_words(element.attributes["arguments"].value)[:_MOST]:
                yield from _if_path(element, "arguments", word.rpartition("=")[2])
    for element, key in document.settings():
        if element.attributes[key].value.strip().upper() in _VALUES and "value" in element.attributes:
            for part in element.attributes["value"].value.split(";")[:_MOST]:
                yield from _if_path(element, "value", part)


def _if_path(element: Element, attribute: str, text: str) -> Iterator[Written]:
    bare = text.strip().strip('"').strip()
    if looks_like_path(bare) or _POSIX.match(bare):
        yield element, attribute, bare
