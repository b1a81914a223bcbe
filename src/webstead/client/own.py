"""Routes that Webstead has besides Kudu's: a server that is App Service, or Kudu, does not know them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from webstead.client.api import Api
from webstead.client.failures import of_kudu
from webstead.errors import RemoteError

__all__ = ["is_own", "own"]


@contextmanager
def own(what: str, fix: str = "") -> Iterator[None]:
    """Within it a 404 in other words than ours is told as what is missing. what: it would have been, as
    `releases`. fix: what a Kudu has in its place."""
    try:
        yield
    except RemoteError as error:
        raise of_kudu(error, what, fix) from None


def is_own(site: Api) -> bool:
    """Whether the management is a Webstead's. Raises what asking raises."""
    try:
        site.get("/api/site")
    except RemoteError as error:
        if error.status in (404, 405) and not error.ours:
            return False
        raise
    return True
