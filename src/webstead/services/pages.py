"""What there is, as a machine reads it (`/openapi.json`) and as a person does (`/docs`): a plain page, made
of the same document, without scripts.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from webstead.services.routes import Route
from webstead.site.store.model import INCLUDED

__all__ = ["ROUTES", "document", "page"]

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
details { border-top: 1px solid #8884; padding: .4rem 0; }
summary { cursor: pointer; } summary code { font-weight: 600; }
td { padding: 0 1rem 0 0; vertical-align: top; } pre { overflow: auto; background: #8881; padding: .5rem; }
"""

_SCOPES = " ".join(
    (
        "A token needs the scope that an operation names.",
        *(f"The scope {scope} includes {', '.join(sorted(own))}." for scope, own in INCLUDED.items()),
    )
)


def document(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with what the guard does: credentials everywhere, and 400 where FastAPI says
    422."""
    made: dict[str, Any] = {**app.openapi()}
    paths = made["paths"]
    for operation in (each for methods in paths.values() for each in methods.values()):
        operation["responses"].pop("422", None)
    components = made.setdefault("components", {})
    components["securitySchemes"] = {
        "basic": {"type": "http", "scheme": "basic"},
        "bearer": {"type": "http", "scheme": "bearer", "description": _SCOPES},
    }
    for unused in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(unused, None)
    made["security"] = [{"basic": []}, {"bearer": []}]
    return made


def page(made: Mapping[str, Any]) -> str:
    """made: as `document` gives it."""
    info, paths = made["info"], made["paths"]
    operations = "\n".join(
        _operation(path, method, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    )
    title = html.escape(f"{info['title']} {info['version']}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>"
        "<p>Each path holds with and without <code>/api</code> where Kudu's does. Every request needs "
        "credentials: Basic with the publishing user, or a bearer token. "
        f"{html.escape(_SCOPES)} The same as "
        f'<a href="/openapi.json">OpenAPI</a>.</p>{operations}</html>'
    )


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    words = html.escape(str(operation.get("description", "")))
    return (
        f"<details><summary><code>{method.upper()} {html.escape(path)}</code> "
        f"{html.escape(str(operation.get('summary', '')))}</summary><p>{words}</p>"
        f"<table>{''.join(_rows(operation))}</table></details>"
    )


def _rows(operation: Mapping[str, Any]) -> Iterator[str]:
    parameters, responses = operation.get("parameters", []), operation.get("responses", {})
    for scope in (each for way in operation.get("security", []) for each in way.get("bearer", [])):
        yield f"<tr><td>scope<td>{html.escape(scope)}"
    for each in parameters:
        kind = each["schema"].get("type", "")
        yield f"<tr><td>{each['in']} <code>{html.escape(each['name'])}</code><td>{html.escape(str(kind))}"
    for status, told in responses.items():
        yield f"<tr><td>{status}<td>{html.escape(told.get('description', ''))}"


def show_document(request: Request) -> Response:
    """The OpenAPI document of this management."""
    return JSONResponse(document(request.app))


def show_page(request: Request) -> Response:
    """The same for a person."""
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return HTMLResponse(page(document(request.app)), headers=policy)


ROUTES = (
    Route(
        "GET",
        "/openapi.json",
        show_document,
        scope="read",
        summary="The OpenAPI document",
        media="application/json",
        at="root",
    ),
    Route("GET", "/docs", show_page, scope="read", summary="This page", media="text/html", at="root"),
)
