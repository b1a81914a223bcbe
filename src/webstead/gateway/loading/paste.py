"""Apps that a Paste Deploy file names (iiswsgi's `-c app.ini`, Pyramid's and Pylons' way), loaded by the
PasteDeploy of the app's own environment.

The file's `[server:…]` sections say how another server would serve the app; they are not used.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Any, NamedTuple

from webstead.gateway.failure import BAD_APP, StartFailure

__all__ = ["PasteTarget", "find_app", "parse_paste"]

_FILE_ENDING = re.compile(r"\.ini$", re.IGNORECASE)
_CONFIG_ENDING = re.compile(r"\.(ini|cfg|conf|config)$", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_SEPARATOR = re.compile(r"[\\/]")
_SECTION = re.compile(
    r"^\[(?:app|application|composite|composit|pipeline|filter-app):\s*([^\]]+?)\s*\]", re.MULTILINE
)
_URI_SCHEMES = re.compile(r"egg:|call:[^:]+:")


class PasteTarget(NamedTuple):
    """file: as it was named; "" for an `egg:` or `call:` URI, which text then is. name: of the app."""

    text: str
    file: str
    name: str


def parse_paste(text: str, *, is_file: bool = False) -> PasteTarget | None:
    """What text names in Paste Deploy's words: `app.ini`, `app.ini#name`, `config:app.ini#name`,
    `egg:package#name`; None when it is a Python name. is_file: it names a file, whatever its ending.
    """
    text = text.strip()
    if _URI_SCHEMES.match(text) and not is_file:
        return PasteTarget(text, "", "")
    file, name = _split(text, is_file)
    bare = file.removeprefix("config:")
    marked = bare != file and bool(_CONFIG_ENDING.search(bare))
    plain = bool(_FILE_ENDING.search(file)) and (":" not in file or bool(_DRIVE.match(file)))
    return PasteTarget(text, bare, name) if marked or plain or is_file else None


def _split(text: str, is_file: bool) -> tuple[str, str]:
    """File and name; a `#` of a folder's name is the file's."""
    file, hash_sign, name = text.rpartition("#")
    named = hash_sign and not _SEPARATOR.search(name) and (is_file or _CONFIG_ENDING.search(file))
    return (file, name) if named else (text, "")


def find_app(target: PasteTarget) -> Any:
    """The app. Raises StartFailure (BAD_APP) for a file or package that is not there; what the app's own code
    raises passes through.
    """
    if not target.file:
        return _deploy(target).loadapp(target.text, relative_to=os.getcwd())
    path = os.path.abspath(target.file)
    source = _read(path, target)
    names = _SECTION.findall(source)
    if (target.name or "main") not in names:
        raise _no_section(target, path, names)
    deploy = _deploy(target)
    _set_up_logging(path, source)
    escaped = path.replace("%", "%25").replace("#", "%23")  # they are not those of the URI
    return deploy.loadapp(f"config:{escaped}", name=target.name or None)


def _deploy(target: PasteTarget) -> Any:
    try:
        return importlib.import_module("paste.deploy")
    except ModuleNotFoundError as error:
        if error.name not in ("paste", "paste.deploy"):
            raise
    raise StartFailure(
        BAD_APP,
        f"{target.text!r} needs the package PasteDeploy.",
        f"the app's Python, {sys.executable}, does not have it",
        f"{sys.executable} -m pip install PasteDeploy",
    )


def _read(path: str, target: PasteTarget) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError as error:
        fix = "Name the file as seen from the app's folder (--directory), or with its whole path."
        raise StartFailure(BAD_APP, f"The file {target.file!r} cannot be read.", str(error), fix) from None


def _no_section(target: PasteTarget, path: str, names: list[str]) -> StartFailure:
    name = target.name or "main"
    known = ", ".join(f"{target.file}#{each}" for each in names)
    fix = f"Name one of its apps: {known}." if names else f"Add a section [app:{name}] to the file."
    return StartFailure(BAD_APP, f"{path} has no app {name!r}.", f"no section [app:{name}]", fix)


def _set_up_logging(path: str, source: str) -> None:
    """As `paster serve` and `pserve` do: apps that are started with such a file count on it."""
    if re.search(r"^\[loggers\]", source, re.MULTILINE):
        config = importlib.import_module("logging.config")
        values = {"__file__": path, "here": os.path.dirname(path)}
        config.fileConfig(path, values, disable_existing_loggers=False)
