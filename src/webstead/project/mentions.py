"""Where a project's own start files name a target: Dockerfile, compose files, a host's settings, scripts,
uwsgi.ini, .flaskenv, README.

A mention decides between the apps that the code has. Only where it gives a server a name that the code has
and does not explain does it make one (named_apps.py).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from webstead.project.evidence import Evidence
from webstead.project.frameworks import AppInterface
from webstead.project.paths import folder_of
from webstead.project.servers import ServerCommand, read_server
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["DEPLOYED", "DEVELOPED", "TOLD", "Mention", "folder_before", "read_mentions", "start_lines"]

MAX_BYTES = 1 << 18  # a start file is short; this keeps a large README or lock file out

DEPLOYED, DEVELOPED, TOLD = 0, 1, 2
"""How much a file's word counts: what deploys the app, what its developers start, what they tell others."""

_KINDS = (
    (
        re.compile(
            r"(?:.*/)?(?:dockerfile(?:\..*)?|containerfile|.*\.dockerfile|(?:docker-)?compose.*\.ya?ml|procfile|.*\.sh|startup\.txt"
            r"|supervisord?.*\.(?:conf|ini)|uwsgi.*\.ini|.*\.uwsgi|.*\.service|render\.yaml|fly\.toml|app\.ya?ml"
            r"|railway\.(?:toml|json)|nixpacks\.toml|app\.json|vercel\.json|zappa_settings\.json|serverless\.ya?ml"
            r"|heroku\.ya?ml|apprunner\.ya?ml|gunicorn\.conf\.py|(?:docker[-_])?(?:entrypoint|server|start|serve|web))"
            r"|(?:.*/)?\.ebextensions/[^/]+\.config|(?:.*/)?(?:k8s|kubernetes)/[^/]+\.ya?ml",
            re.IGNORECASE,
        ),
        DEPLOYED,
    ),
    (
        re.compile(
            r"(?:.*/)?(?:\.flaskenv|\.env\.example|makefile|justfile|taskfile\.ya?ml|pyproject\.toml|pipfile"
            r"|package\.json)|(?:.*/)?\.vscode/launch\.json",
            re.IGNORECASE,
        ),
        DEVELOPED,
    ),
    (re.compile(r"(?:.*/)?readme(?:\..*)?", re.IGNORECASE), TOLD),
)
_TARGET = re.compile(r"(?<![\w./:-])([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_][\w.]*(?:\(\))?)(?![\w/])")
_FLASK = re.compile(r"FLASK_APP\s*[=:]\s*[\"']?([\w./]+?)(?:\.py)?(?::(\w+))?(?:[\"'\s(]|$)")
_FLASK_OPTION = re.compile(
    r"\bflask[\s\"',]+(?:--app|-A)[\s\"',=]+([\w./]+?)(?:\.py)?(?::(\w+))?(?:[\"',\s(]|$)"
)
_WSGI_PATH = re.compile(r"\bWSGIPath[\"']?\s*[:=]\s*[\"']?([\w./]+)\.py\b")
"""Elastic Beanstalk's: a file, whose object is called application."""
_FILE = re.compile(
    r"\b(?:fastapi[\s\"',]+(?:run|dev)|python[\d.]*|wsgi-file\s*=)[\s\"',]+(?:-u[\s\"',]+)?((?:[\w-]+/)*[A-Za-z_]\w*)\.py\b"
)
_SERVER = re.compile(
    r"(?:python[\d.]*[\s\"',]+-m[\s\"',]+)?\b(?:gunicorn|uvicorn|hypercorn|daphne|waitress-serve|granian)\b.*"
)
_FOLDER = re.compile(
    r"^\s*(?:WORKDIR\s+|directory\s*=\s*|chdir\s*=\s*|(?:rootDir|working_dir|root_directory)\s*[:=]\s*[\"']?"
    r"|WorkingDirectory=|cd\s+)([\w./~-]+)"
)
_CHANGE = re.compile(r"(?<![\w./-])cd[ \t]+([\w./-]+)[ \t]*(?:&&|;)")
_UWSGI = re.compile(r"^\s*(module|wsgi|callable)\s*=\s*([\w.]+)\s*$")
_EXEC_FORM = str.maketrans(dict.fromkeys("[],\"'`", " "))


@dataclass(frozen=True, slots=True)
class Mention:
    """target: `pkg.main:app`, or `pkg.main` alone. weight: DEPLOYED, DEVELOPED or TOLD. folder: where it is
    started, as far as the file says: a folder of the project; "" when it does not. served: the whole target,
    where the words are those of a server, and interface: the one that it calls apps by."""

    target: str
    evidence: Evidence
    weight: int = DEPLOYED
    folder: str = ""
    served: str = ""
    interface: AppInterface | Literal[""] = ""


def read_mentions(tree: Tree, files: Sequence[str]) -> list[Mention]:
    """In the order of the files; each line's once."""
    folders = {folder for path in files if path.endswith(".py") for folder in _ways_to(path)}
    found: list[Mention] = []
    for path in files:
        weight = _weight(path) if path.count("/") <= 2 else None
        if weight is None:
            continue
        data = tree.read(path)
        if len(data) <= MAX_BYTES:
            found += _read(path, decode(data).lines, weight, folders)
    return found


def start_lines(tree: Tree, files: Sequence[str]) -> Iterator[tuple[str, int, str, int]]:
    """(path, number, line, weight) of the start files, without comments."""
    for path in files:
        weight = _weight(path) if path.count("/") <= 2 else None
        data = b"" if weight is None else tree.read(path)
        for number, line in enumerate(decode(data).lines if len(data) <= MAX_BYTES else (), 1):
            if weight is not None and (weight == TOLD or not line.lstrip().startswith("#")):
                yield path, number, line, weight


def _weight(path: str) -> int | None:
    return next((weight for pattern, weight in _KINDS if pattern.fullmatch(path)), None)


def _read(path: str, lines: Sequence[str], weight: int, folders: set[str]) -> Iterator[Mention]:
    own = folder_of(path)
    said = [(number, _project_folder(match[1], own, folders)) for number, match in _folders(lines)]
    pairs: dict[str, tuple[str, int]] = {}
    entry = ""
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("#") and weight != TOLD:
            continue
        line, entry = _with_entry(line, entry)
        before = [folder for at, folder in said if at <= number] or [folder for _, folder in said[:1]]
        folder = (before[-1] if before else "") or ("" if own == "." else own)
        command = _command(line)
        for target, inner in dict.fromkeys(_targets(line)):
            evidence = Evidence(path, number, f"starts {target}")
            mention = Mention(target, evidence, weight, _inside(folder, inner, folders))
            yield _by_server(mention, command) if command and command.target == target else mention
        pair = _UWSGI.match(line)
        if pair:
            pairs[pair[1]] = (pair[2], number)
    yield from _uwsgi(path, pairs, weight, next((folder for _, folder in said), ""))


def _by_server(mention: Mention, command: ServerCommand) -> Mention:
    served = f"{command.module}:{command.attribute}"
    return replace(mention, served=served, interface=command.interface or "")


def _command(line: str) -> ServerCommand | None:
    server = _SERVER.search(line)
    return read_server(server[0].translate(_EXEC_FORM).split()) if server else None


def _with_entry(line: str, entry: str) -> tuple[str, str]:
    """A Dockerfile's `ENTRYPOINT ["gunicorn"]` goes before the words of its CMD. Gives the line as it counts,
    and the entry point for those that follow."""
    words = line.lstrip()
    if words.startswith("ENTRYPOINT"):
        return line, words
    if words.startswith("CMD") and _SERVER.search(entry):
        return f"{entry} {words.removeprefix('CMD')}", entry
    return line, entry


def _folders(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    for number, line in enumerate(lines, 1):
        match = _FOLDER.match(line)
        if match:
            yield number, match


def _targets(line: str) -> Iterator[tuple[str, str]]:
    """(target, the folder that the command itself names)."""
    for match in _TARGET.finditer(line):
        yield match[1], _server_folder(line)
    for match in _WSGI_PATH.finditer(line):
        yield f"{match[1].strip('./').replace('/', '.')}:application", ""
    for match in (*_FLASK.finditer(line), *_FLASK_OPTION.finditer(line)):
        module = match[1].strip("./").replace("/", ".")
        yield (f"{module}:{match[2]}" if match[2] else module), ""
    for match in _FILE.finditer(line):
        yield match[1].replace("/", "."), ""
    command = _command(line)
    if command and ":" not in command.target and command.server.name == "gunicorn" and "." in command.target:
        yield command.target, command.folder


def _server_folder(line: str) -> str:
    """`cd backend && gunicorn …`, and gunicorn's own --chdir."""
    command = _command(line)
    inner = command.folder if command else ""
    return posixpath.normpath(posixpath.join(folder_before(line), inner)).strip("./")


def folder_before(line: str) -> str:
    """The folder that a line changes to before it starts something: `cd backend && …`."""
    return "/".join(match[1].strip("/") for match in _CHANGE.finditer(line))


def _uwsgi(path: str, pairs: dict[str, tuple[str, int]], weight: int, folder: str) -> Iterator[Mention]:
    """`module = x` with `callable = y`."""
    module = pairs.get("module") or pairs.get("wsgi")
    if module is None:
        return
    name = pairs.get("callable", ("", 0))[0]
    target = f"{module[0]}:{name}" if name else module[0]
    yield Mention(target, Evidence(path, module[1], f"starts {target}"), weight, folder)


def _project_folder(written: str, own: str, folders: set[str]) -> str:
    """A folder as an image or a host names it (/app/backend), as one of the project: its longest end that is
    one; "" when none is."""
    parts = [part for part in written.strip("/~").split("/") if part not in (".", "")]
    ends = ["/".join(parts[at:]) for at in range(len(parts))]
    prefix = "" if own == "." else f"{own}/"
    return next((known for end in ends for known in (prefix + end, end) if known in folders), "")


def _inside(folder: str, inner: str, folders: set[str]) -> str:
    joined = f"{folder}/{inner}".strip("/") if inner else folder
    return joined if joined in folders else folder


def _ways_to(path: str) -> Iterator[str]:
    folder = folder_of(path)
    while folder != ".":
        yield folder
        folder = folder_of(folder)
