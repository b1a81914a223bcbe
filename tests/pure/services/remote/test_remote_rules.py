"""What decides a session, as values."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.management import NOW, site_record
from webstead.services.remote.debugging import debug_port
from webstead.services.remote.sessions import over
from webstead.services.remote.shell import size_of
from webstead.services.remote.tunnel import Reach, status_of
from webstead.site.commands.interactive import MOST_CELLS, Size


@pytest.mark.parametrize(
    ("reach", "state", "port", "why"),
    [
        (Reach(stopped=False), "STARTED", 2222, ""),
        (Reach(stopped=True), "STOPPED", 2222, "stopped"),
        (Reach(stopped=True, port=5678, listening=True), "STOPPED", 5678, "stopped"),
        (Reach(stopped=False, ssh=False), "STARTED", 2222, 'pip install "webstead[ssh]"'),
        (Reach(stopped=False, port=0), "STARTED", 0, "APPSVC_TUNNEL_PORT"),
        (Reach(stopped=False, port=5678), "STARTING", 5678, "does not run yet"),
        (Reach(stopped=False, port=5678, instances=True), "STARTED", 5678, "listens at the port 5678"),
        (Reach(stopped=False, port=5678, ssh=False, listening=True), "STARTED", 5678, ""),
    ],
)
def test_a_tunnel_leads_where_the_site_says(reach: Reach, state: str, port: int, why: str) -> None:
    status = status_of(reach)
    assert (status.state, status.port, status.canReachPort) == (state, port, not why)
    assert why in status.msg


@pytest.mark.parametrize(
    ("settings", "port"),
    [
        ({}, None),
        ({"APPSVC_TUNNEL_PORT": "5678"}, None),
        ({"APPSVC_REMOTE_DEBUGGING": "false", "APPSVC_TUNNEL_PORT": "5678"}, None),
        ({"APPSVC_REMOTE_DEBUGGING": "TRUE", "APPSVC_TUNNEL_PORT": "5678"}, 5678),
        ({"APPSVC_REMOTE_DEBUGGING": "1", "APPSVC_TUNNEL_PORT": " 5678 "}, 5678),
        ({"APPSVC_REMOTE_DEBUGGING": "true"}, 0),
        ({"APPSVC_REMOTE_DEBUGGING": "true", "APPSVC_TUNNEL_PORT": "65536"}, 0),
        ({"APPSVC_REMOTE_DEBUGGING": "true", "APPSVC_TUNNEL_PORT": "-1"}, 0),
        ({"APPSVC_REMOTE_DEBUGGING": "true", "APPSVC_TUNNEL_PORT": "\u0665"}, 0),
    ],
)
def test_the_port_of_a_debugger_is_said_by_settings(settings: dict[str, str], port: int | None) -> None:
    assert debug_port(settings) == port


def test_a_session_is_over_with_its_site() -> None:
    record = site_record()
    assert over(record, record) == ""
    assert over(record, None) == "The site was deleted."
    assert over(record, replace(record, created=NOW + timedelta(days=1))) == "The site was deleted."
    assert over(record, replace(record, stopped=True)) == "The site was stopped."


@given(st.text() | st.recursive(st.none() | st.floats() | st.integers(), st.lists).map(json.dumps))
@example('{"width": Infinity, "height": 1}')
@example('{"width": "x", "height": 1}')
@example("[" * 100_000)
def test_any_text_is_a_size_within_bounds_or_none(text: str) -> None:
    size = size_of(text)
    assert size is None or (1 <= size.columns <= MOST_CELLS and 1 <= size.rows <= MOST_CELLS)


@given(st.integers(), st.integers())
def test_a_size_is_brought_into_its_bounds(width: int, height: int) -> None:
    size = size_of(json.dumps({"width": width, "height": height}))
    assert size == Size(min(max(width, 1), MOST_CELLS), min(max(height, 1), MOST_CELLS))
