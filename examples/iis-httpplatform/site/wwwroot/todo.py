"""A list of things to do. Several processes serve it, so the list is in SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

TITLE = os.environ.get("TODO_TITLE", "To do")
TEXT_LIMIT = 120

SCHEMA = """
CREATE TABLE IF NOT EXISTS item (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0
)
"""

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 16 * 1024


def database_path() -> Path:
    """`TODO_DB`, or `data` in the site's home, beside `site` as on App Service: no URL reaches it."""
    home = Path(__file__).resolve().parents[2]
    return Path(os.environ.get("TODO_DB") or home / "data" / "todo.sqlite3")


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


@app.before_request
def refuse_other_sites() -> None:
    """No login guards the list, but another site's page must not change it through a visitor's browser.

    Browsers send `Sec-Fetch-Site`, older ones only `Origin`; a client that sends neither is no browser.
    """
    if request.method != "POST":
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        abort(403)
    if site is None and origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


@app.get("/")
def index() -> str:
    with database() as db:
        items = db.execute("SELECT * FROM item ORDER BY done, id").fetchall()
    return render_template("todo.html", title=TITLE, items=items, text_limit=TEXT_LIMIT, process=os.getpid())


@app.post("/items")
def add() -> Response:
    text = request.form.get("text", "").strip()[:TEXT_LIMIT]
    if text:
        with database() as db:
            db.execute("INSERT INTO item (text) VALUES (?)", (text,))
    return redirect(url_for("index"), 303)


@app.post("/items/<int:item>/toggle")
def toggle(item: int) -> Response:
    with database() as db:
        db.execute("UPDATE item SET done = NOT done WHERE id = ?", (item,))
    return redirect(url_for("index"), 303)


@app.post("/items/<int:item>/delete")
def delete(item: int) -> Response:
    with database() as db:
        db.execute("DELETE FROM item WHERE id = ?", (item,))
    return redirect(url_for("index"), 303)


@app.get("/health")
def health() -> dict[str, str]:
    with database() as db:
        db.execute("SELECT 1 FROM item LIMIT 1").fetchall()
    return {"status": "ok"}
