"""Requests through Azure's resource manager."""

from __future__ import annotations

import json

from webstead.services.arm import Envelope, envelope_of, unwrapped, wrapped

RESOURCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/shop"
HEADERS = {
    "x-ms-geo-location": "West Europe",
    "referer": f"https://management.azure.com{RESOURCE}/deployments/?api-version=2025-05-01",
}


def test_a_request_without_the_header_is_a_plain_one() -> None:
    assert envelope_of({"referer": HEADERS["referer"]}, "/api/deployments") is None


def test_the_resource_is_what_the_referer_names() -> None:
    envelope = envelope_of(HEADERS, "/api/deployments")
    assert envelope == Envelope("West Europe", f"{RESOURCE}/deployments", "https://management.azure.com")
    assert envelope.location_of("operations") == f"https://management.azure.com{RESOURCE}/operations"


def test_without_a_referer_it_is_the_path_of_the_request() -> None:
    for headers in ({"x-ms-geo-location": "x"}, {"x-ms-geo-location": "x", "referer": "http://[bad"}):
        assert envelope_of(headers, "/api/deployments/") == Envelope("x", "/api/deployments", "")


def test_an_item_is_wrapped() -> None:
    envelope = Envelope("West Europe", f"{RESOURCE}/deployments/5f", "")
    assert json.loads(wrapped(envelope, b'{"id":"5f","status":4}')) == {
        "id": f"{RESOURCE}/deployments/5f",
        "name": "5f",
        "type": "Microsoft.Web/sites/deployments",
        "location": "West Europe",
        "properties": {"id": "5f", "status": 4},
    }


def test_a_list_is_wrapped_with_each_of_its_items() -> None:
    (item,) = json.loads(wrapped(Envelope("w", f"{RESOURCE}/deployments", ""), b'[{"id":"5f"}]'))["value"]
    assert item["id"] == f"{RESOURCE}/deployments/5f"
    assert item["name"] == "5f"
    assert item["type"] == "Microsoft.Web/sites/deployments"


def test_what_is_neither_stays() -> None:
    assert wrapped(Envelope("w", "/api/x", ""), b'"text"') == b'"text"'


def test_a_body_is_what_stands_in_its_properties() -> None:
    assert unwrapped({"properties": {"a": 1}}) == {"a": 1}
    assert unwrapped({"a": 1}) == {"a": 1}
    assert unwrapped([1]) == [1]
