"""Requests that come through Azure's resource manager (reference 1.0): recognised by a header, not by the
address. Their bodies are in `properties`; answers are wrapped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["HEADER", "Envelope", "envelope_of", "unwrapped", "wrapped"]

HEADER = "x-ms-geo-location"


@dataclass(frozen=True, slots=True)
class Envelope:
    """location: the region. path: of the resource, as the client named it to the resource manager. base: the
    resource manager's own address, "" when it did not say."""

    location: str
    path: str
    base: str

    def location_of(self, last: str) -> str:
        """The address of a resource beside this one; `last` takes the place of its last segment."""
        return f"{self.base}{self.path.rpartition('/')[0]}/{last}"


def envelope_of(headers: Mapping[str, str], path: str) -> Envelope | None:
    """None for a plain request. headers: names in lower case. path: of the request itself."""
    location = headers.get(HEADER)
    if location is None:
        return None
    try:
        referer = urlsplit(headers.get("referer", ""))
    except ValueError:
        referer = urlsplit("")
    base = f"{referer.scheme}://{referer.netloc}" if referer.scheme and referer.netloc else ""
    return Envelope(location, (referer.path if base else path).rstrip("/"), base)


def unwrapped(body: object) -> object:
    """What stands in `properties`; the body itself when nothing does."""
    return body["properties"] if isinstance(body, dict) and "properties" in body else body


def wrapped(envelope: Envelope, body: bytes) -> bytes:
    """A JSON answer in its envelope; what is neither an object nor a list stays as it is."""
    value = json.loads(body)
    if isinstance(value, list):
        return json.dumps({"value": [_item(envelope, each, child=True) for each in value]}).encode()
    return json.dumps(_item(envelope, value, child=False)).encode() if isinstance(value, dict) else body


def _item(envelope: Envelope, value: object, *, child: bool) -> dict[str, object]:
    name = str(value.get("id") or value.get("name") or "") if isinstance(value, dict) else ""
    return {
        "id": f"{envelope.path}/{name}" if child else envelope.path,
        "name": name or envelope.path.rpartition("/")[2],
        "type": _type(envelope.path, child=child),
        "location": envelope.location,
        "properties": value,
    }


def _type(path: str, *, child: bool) -> str:
    """`Microsoft.Web/sites/deployments` of `…/providers/Microsoft.Web/sites/shop/deployments/5f`: every other
    segment after the provider's."""
    segments = path.partition("/providers/")[2].split("/")
    if not segments[0]:
        return ""
    kinds = segments[1::2]
    return "/".join([segments[0], *kinds])
