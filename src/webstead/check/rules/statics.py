"""Static files that the app's handler takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote

from webstead.check.rule import Found
from webstead.check.subject import Subject
from webstead.formats.webconfig import FileKind, Handler, Request, Site

__all__ = ["swallowed"]

_FOLDERS = ("assets", "media", "public", "static", "staticfiles", "wwwroot")
_ENDINGS = (".css", ".js", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".woff", ".woff2")
_SERVES_ITSELF = (b"StaticFiles(", b"whitenoise", b"send_from_directory", b"add_static", b"static_folder")


def swallowed(subject: Subject) -> Iterator[Found]:
    """Asked of the compiled site itself, so that rules, nested files and handlers in front are all seen."""
    if subject.site is None:
        return
    for folder in _FOLDERS:
        file = next(
            (f for f in subject.project.files if f.startswith(folder + "/") and f.endswith(_ENDINGS)), None
        )
        handler = _taken_by(subject.site, file, _kind(subject)) if file else None
        if file and handler and "*" in handler.path:
            place = subject.place(handler.origin.path, handler.origin.line)
            itself = _serves_itself(subject)
            why = f"The handler {handler.name} (path=*) takes /{file}: static files go through Python"
            why += (
                ", and the app serves them itself."
                if itself
                else "; an app that does not serve them answers 404."
            )
            fix = (
                f'Put a web.config into {folder}/ with <handlers><remove name="{handler.name}" /></handlers>,'
                " or a StaticFile handler for it in front."
            )
            yield Found(place, why, fix, severity="note" if itself else "warning")
            return


def _taken_by(site: Site, file: str, kind: FileKind) -> Handler | None:
    path = f"/{file}"
    request = Request("GET", quote(path), path, "", "http", "localhost", 80, "127.0.0.1")
    found = site.route(request, kind).handler
    return found if found is not None and found.kind in ("fastcgi", "platform") else None


def _kind(subject: Subject) -> FileKind:
    files = {path.lower() for path in subject.project.files}

    def kind(path: str) -> Literal["file", "folder", "none"]:
        name = path.strip("/").lower()
        return "file" if name in files else "folder" if name in subject.names or not name else "none"

    return kind


def _serves_itself(subject: Subject) -> bool:
    """Flask serves its folder `static`; others do when the code says so."""
    if subject.project.manifests.has("whitenoise", "flask", "dash", "streamlit", "nicegui"):
        return True
    python = (path for path in subject.project.files if path.endswith(".py"))
    sources = (subject.project.code.tree.read(path) for path in python)
    return any(word in source for source in sources for word in _SERVES_ITSELF)
