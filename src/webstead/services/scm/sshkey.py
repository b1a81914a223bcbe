"""`/api/sshkey`: the key with which the site's repository is fetched (reference 1.14)."""

from __future__ import annotations

import json

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from webstead.services.bodies import read_body
from webstead.services.context import OfSite
from webstead.services.errors import ApiError
from webstead.services.routes import Route
from webstead.settings import Secret
from webstead.site.ssh_key import LONGEST, delete_key, ensure_key, public_key, set_key

__all__ = ["ROUTES"]


def show(site: OfSite, ensurePublicKey: str = "") -> str:
    """The public key, "" when there is none. ensurePublicKey=1 makes one then."""
    wanted = ensurePublicKey.lower() in ("1", "true")
    return ensure_key(site.home) if wanted else public_key(site.home)


async def put(site: OfSite, request: Request) -> None:
    """A private key: `{"key": "-----BEGIN …"}`, or its text alone."""
    body = await read_body(request, 2 * LONGEST)
    await run_in_threadpool(set_key, site.home, _key(body))


def delete(site: OfSite) -> None:
    """Both halves."""
    delete_key(site.home)


def _key(body: bytes) -> Secret:
    try:
        text = body.decode("utf-8")
    except ValueError:
        raise ApiError(400, "The body is no key.") from None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Secret(text)
    key = value.get("key") if isinstance(value, dict) else value
    if not isinstance(key, str) or not key.strip():
        raise ApiError(400, "The body has no key.", fix='Send {"key": "-----BEGIN …"}.')
    return Secret(key)


ROUTES = (
    Route("GET", "/sshkey", show, "deploy", "The public key", gives=str),
    Route(
        "PUT",
        "/sshkey",
        put,
        "deploy",
        "Set the private key",
        status=204,
        takes="application/json",
        example={"key": "-----BEGIN OPENSSH PRIVATE KEY-----\n…"},
    ),
    Route("DELETE", "/sshkey", delete, "deploy", "Delete the key", status=204),
)
