from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.front.address import split_address
from webstead.front.control import Certify, Drain, Forget, Measure, Replace, Route, read_order
from webstead.site_table import Certificate, Endpoint, PoolEntry, SiteTable

TABLE = SiteTable(
    3,
    "/srv",
    (("", "<configuration/>"),),
    (PoolEntry("fastcgi:x", "fastcgi", "ready", (Endpoint("app/1", "unix:/run/a"),)),),
    (("/static", "/srv/collected"),),
)


def test_a_table() -> None:
    line = json.dumps({"type": "table", "site": "shop", "table": json.loads(TABLE.to_json())}).encode()
    assert read_order(line) == Replace("shop", TABLE)


def test_routes() -> None:
    line = b'{"type":"routes","view":"sites","routes":{"shop.localhost":"shop","*":"blog"}}'
    assert read_order(line) == Route("sites", {"shop.localhost": "shop", "*": "blog"})


def test_certificates() -> None:
    line = b'{"type":"certificates","hosts":{"*.shop":["/c.pem","/k.pem"]}}'
    assert read_order(line) == Certify({"*.shop": Certificate("/c.pem", "/k.pem")})


def test_a_site_that_goes_cold() -> None:
    assert read_order(b'{"type":"forget","site":"shop","revision":4}') == Forget("shop", 4)


def test_a_question() -> None:
    assert read_order(b'{"type":"measure","number":7}') == Measure(7)


def test_drain() -> None:
    assert read_order(b'{"type":"drain"}') == Drain()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"3",
        b'{"type":"other"}',
        b'{"type":"table"}',
        b'{"type":"table","table":{}}',
        b'{"type":"table","site":"shop","table":{}}',
        b'{"type":"routes","view":"sites","routes":[]}',
        b'{"type":"routes","view":"other","routes":{}}',
        b'{"type":"certificates","hosts":{"*":["/c.pem"]}}',
        b'{"type":"forget","site":"shop"}',
        b'{"type":"measure"}',
        b"\xff",
    ],
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  of any kind: the front ends with it
        read_order(line)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_order_or_refused(line: bytes) -> None:
    try:
        read_order(line)
    except ValueError:
        return


def test_addresses() -> None:
    assert split_address("unix:/run/a:b") == "/run/a:b"
    assert split_address("127.0.0.1:80") == ("127.0.0.1", 80)
    assert split_address("[::1]:80") == ("::1", 80)
    with pytest.raises(ValueError, match="not an address"):
        split_address("nowhere")
