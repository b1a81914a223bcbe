"""A guestbook: one page, one form, one SQLite table."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

NAME_LIMIT = 40
TEXT_LIMIT = 500
PAGE_LIMIT = 100

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    written REAL NOT NULL
)
"""

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 16 * 1024


def database_path() -> Path:
    """`GUESTBOOK_DB`, or a file in Flask's instance folder, which Flask never serves."""
    default = Path(app.instance_path) / "guestbook.sqlite3"
    return Path(os.environ.get("GUESTBOOK_DB") or default)


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """A connection with its table in place: commits on success, rolls back on an error, always closes."""
    path = database_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        with connection:
            connection.execute(SCHEMA)
            yield connection
    finally:
        connection.close()


def from_another_site() -> bool:
    """True when a browser says that another site's page sent this request.

    There is no login, so a forged post could only write an entry in the visitor's name; it is refused
    all the same. Browsers send `Sec-Fetch-Site`, older ones only `Origin`; what sends neither is no browser.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


@app.template_filter("when")
def when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y, %H:%M UTC")


@app.get("/")
def index() -> str:
    with database() as db:
        entries = db.execute("SELECT * FROM entry ORDER BY id DESC LIMIT ?", (PAGE_LIMIT,)).fetchall()
    return render_template(
        "guestbook.html", entries=entries, name_limit=NAME_LIMIT, text_limit=TEXT_LIMIT, error=None
    )


@app.post("/")
def add() -> Response | tuple[str, int]:
    if from_another_site():
        abort(403)
    name = request.form.get("name", "").strip()
    text = request.form.get("text", "").strip()
    if not name or not text or len(name) > NAME_LIMIT or len(text) > TEXT_LIMIT:
        return refuse(name, text)
    with database() as db:
        db.execute("INSERT INTO entry (name, text, written) VALUES (?, ?, ?)", (name, text, time.time()))
    return redirect(url_for("index"), 303)


def refuse(name: str, text: str) -> tuple[str, int]:
    """The form again, with what was typed."""
    error = f"Please give a name (up to {NAME_LIMIT} letters) and a message (up to {TEXT_LIMIT})."
    page = render_template(
        "guestbook.html",
        entries=[],
        name_limit=NAME_LIMIT,
        text_limit=TEXT_LIMIT,
        error=error,
        name=name,
        text=text,
    )
    return page, 400


@app.get("/health")
def health() -> dict[str, str]:
    with database() as db:
        db.execute("SELECT 1 FROM entry LIMIT 1").fetchall()
    return {"status": "ok"}
