"""Fuzz what the client reads of servers: `python fuzz answers`.

Any bytes are a refusal in words, or values of their types, or an answer that is not understood.
"""

from __future__ import annotations

import json

from webstead.client.deployments import read_deployment
from webstead.client.failures import failure_of
from webstead.client.place import of_url
from webstead.client.reading import fields_of, items_of
from webstead.errors import RemoteError
from webstead.settings import Secret

__all__ = ["one"]

_PLACE = of_url("https://shop.scm.example.org", Secret("t0ken"))


def one(data: bytes) -> None:
    """data: the body of an answer."""
    for status in (302, 401, 404, 409, 422, 500):
        error = failure_of(status, data, _PLACE, "GET /")
        if not (error.what and error.found and error.fix):
            raise AssertionError(f"an error that helps nobody: {error!r}")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    for read in (read_deployment, lambda given: fields_of(given, "it"), lambda given: items_of(given, "it")):
        try:
            read(value)
        except RemoteError as error:
            if not (error.found and error.fix):
                raise AssertionError(f"an error that helps nobody: {error!r}") from error
