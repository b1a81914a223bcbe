"""The health and the figures of a server."""

from __future__ import annotations

import httpx
import pytest

from tests.management import RUN, Management, bearer
from tests.prometheus_text import read
from webstead.errors import HostError

ZIP = b"PK\x05\x06" + b"\0" * 18


def ask(management: Management, path: str) -> httpx.Response:
    return management.ask("GET", path, host="scm.localhost", as_user=bearer(RUN.reveal()))


def test_a_server_that_is_well_says_so(management: Management) -> None:
    answer = ask(management, "/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["problems"]) == (200, "ok", [])


def test_one_whose_supervisor_does_not_answer_is_failing(
    management: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise HostError("The supervisor does not answer.")

    monkeypatch.setattr(type(management.context.host), "instances", gone)
    answer = ask(management, "/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "failing")
    assert answer.json()["problems"] == ["The supervisor does not answer."]


def test_figures_are_prometheus_text(management: Management) -> None:
    management.ask("POST", "/zipdeploy", content=ZIP)
    answer = ask(management, "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = read(answer.text)
    assert found["webstead_sites"].samples == [("webstead_sites", (), 1.0)]
    deployments = {labels: value for _, labels, value in found["webstead_site_deployments"].samples}
    assert deployments[(("site", "shop"), ("status", "success"))] == 1
    assert deployments[(("site", "shop"), ("status", "failed"))] == 0
    assert found["webstead_site_instances"].samples == [("webstead_site_instances", (("site", "shop"),), 0.0)]
