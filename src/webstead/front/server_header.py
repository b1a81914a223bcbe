"""requestFiltering removeServerHeader: responses do not say what serves them."""

from __future__ import annotations

from collections.abc import Mapping

from webstead.formats.webconfig import Site
from webstead.formats.webconfig.schema.filtering import REQUEST_FILTERING
from webstead.front.asgi import Headers, Send
from webstead.front.exchange import Exchange
from webstead.front.files import Files
from webstead.front.filter import Filter

__all__ = ["server_header"]


def server_header(site: Site, path: str, files: Files) -> Filter | None:
    """The maker of these filters."""
    if not site.of(REQUEST_FILTERING, path).removes_server:
        return None

    def wrap(exchange: Exchange, send: Send) -> Send:
        async def unnamed(message: Mapping[str, object]) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                headers: Headers = given if isinstance(given, list) else []
                message = {**message, "headers": [h for h in headers if h[0] != b"server"]}
            await send(message)

        return unnamed

    return wrap
