"""How App Service for Linux finds the app.

Its start script looks, in this order, for a folder with a wsgi.py (Django), and for a file application.py,
app.py, run.py, index.py, server.py or wsgi.py, of which it runs the object `app` with gunicorn; it does not
read the file. From Python 3.14 on, it knows FastAPI by the imports of a few files. Else it serves a page of
its own. Source: Oryx, the start script of the image.
"""

from __future__ import annotations

from collections.abc import Iterator

from webstead.check.document import Place
from webstead.check.rule import Found
from webstead.check.subject import Subject
from webstead.plan.commands import program_of
from webstead.plan.model import Start
from webstead.plan.support import minor_of

__all__ = ["startup_command"]

_FILES = ("application.py", "app.py", "run.py", "index.py", "server.py", "wsgi.py")
_FASTAPI_FILES = (
    "main.py",
    "app.py",
    "application.py",
    "server.py",
    "asgi.py",
    "api.py",
    "index.py",
    "run.py",
)
_KNOWS_FASTAPI = (3, 14)


def startup_command(subject: Subject) -> Iterator[Found]:
    start = subject.plan.start
    if start is None:
        return
    guessed = _guess(subject)
    wanted = _wanted(start)
    if guessed == wanted or _says_the_same(start, guessed):
        return
    evidence = start.evidence[0] if start.evidence else None
    place = subject.place(evidence.path, evidence.line) if evidence else Place(".", 0, 0, 0, 0)
    runs = f"it would run {guessed}" if guessed else "it would find nothing and serve its own page"
    why = f"App Service for Linux does not find {wanted or ' '.join(start.command)} by itself: {runs}."
    yield Found(place, why, f"az webapp config set --startup-file '{_command(start)}'")


def _guess(subject: Subject) -> str:
    files = subject.project.files
    django = sorted(path for path in files if path.count("/") == 1 and path.endswith("/wsgi.py"))
    if django:
        return f"{django[0].removesuffix('/wsgi.py')}.wsgi:application"
    if _knows_fastapi(subject):
        for name in _FASTAPI_FILES:
            text = subject.project.code.tree.read(name) if name in files else b""
            if (b"from fastapi" in text or b"import fastapi" in text) and b"from flask" not in text:
                return f"{name.removesuffix('.py')}:app"
    found = next((name for name in _FILES if name in files), "")
    return f"{found.removesuffix('.py')}:app" if found else ""


def _knows_fastapi(subject: Subject) -> bool:
    minor = minor_of(subject.plan.python.version)
    return minor is not None and tuple(int(part) for part in minor.split(".")) >= _KNOWS_FASTAPI


def _says_the_same(start: Start, guessed: str) -> bool:
    """A command of gunicorn's for the app that is found: `gunicorn shop.wsgi`."""
    names = {guessed, guessed.removesuffix(":application")} if guessed else set()
    return program_of(start.command) == "gunicorn" and not names.isdisjoint(start.command)


def _wanted(start: Start) -> str:
    """The target as gunicorn is given it; empty for what no target names."""
    return start.target if start.target and start.directory == "." else ""


def _command(start: Start) -> str:
    folder = f" --chdir {start.directory}" if start.directory != "." else ""
    if start.target is None:
        return " ".join(start.command).replace("%HTTP_PLATFORM_PORT%", "$PORT")
    worker = " -k uvicorn.workers.UvicornWorker" if start.interface == "asgi" else ""
    return f"gunicorn --bind=0.0.0.0 --timeout 600{folder}{worker} {start.target}"
