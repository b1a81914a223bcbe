"""The pages: a greeting and what the app was told about the request."""

from __future__ import annotations

import logging
from pathlib import Path

from bottle import Bottle, request, template

VIEWS = [str(Path(__file__).parent / "views")]
NAME_LIMIT = 60

# Of all that the server tells an app, what is safe to show to anyone.
SHOWN = (
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "HTTP_HOST",
    "REMOTE_ADDR",
    "wsgi.url_scheme",
    "wsgi.multithread",
    "wsgi.multiprocess",
)

app = Bottle()
log = logging.getLogger(__name__)


# The form only reads (GET), so it needs no protection against forged posts.
@app.get("/")
def greeting() -> str:
    name = request.query.getunicode("name", "").strip()[:NAME_LIMIT]
    log.info("greeted %r", name)
    return template("greeting", template_lookup=VIEWS, name=name, name_limit=NAME_LIMIT)


@app.get("/request")
@app.get("/request/<rest:path>")
def request_facts(rest: str = "") -> str:
    facts = [(name, repr(request.environ.get(name))) for name in SHOWN]
    return template("request", template_lookup=VIEWS, facts=facts)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
