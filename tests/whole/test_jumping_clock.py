"""The clock of a server jumps by hours, to and fro, between deployments and in the middle of one: nothing
takes longer or times out, what came later is later in every list, tokens and the lock hold."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from tests.clocks import JumpingClock
from tests.kills import phase_of
from tests.loads import eventually
from tests.numbered import answer_of, package
from tests.serving import Server, new_home, serving
from webstead.site.store.activations import activations

HOURS = (0, 5, -5, 0, 30, -30, -0.01)
"""From the true time, one after the other."""

IN_THE_MIDDLE = {"build": 6, "release": -6}


@pytest.mark.needs("gcc")
def test_a_clock_that_jumps_changes_no_order_and_ends_no_patience(tmp_path: Path) -> None:
    clock = JumpingClock(tmp_path)
    env = {"WEBSTEAD_CACHE_DIR": str(tmp_path / "cache"), **clock.env}
    with serving(new_home(tmp_path / "home"), env=env) as server:
        for number, hours in enumerate(HOURS):
            clock.jump(hours)
            _deploys(server, number)
            assert server.ask(f"?put={number}")[0] == 200
        jumping = threading.Thread(target=_jump_in_the_middle, args=(server, clock))
        jumping.start()
        _deploys(server, len(HOURS))
        jumping.join()
        _check_lists(server, len(HOURS) + 1)
        _check_application_log(server)
        clock.jump(48)
        assert server.ask() == (200, answer_of(len(HOURS), builds=True))
        assert server.manage("/api/lock").json() is None
        back = server.manage("/api/releases/rollback", "POST")
        assert back.status_code == 200, back.text
        assert server.ask() == (200, answer_of(len(HOURS) - 1, builds=True))


def _deploys(server: Server, number: int) -> None:
    answer = server.deploy(package(number, builds=True), build="true", message=f"number {number}")
    assert answer.status_code == 200, answer.text
    assert server.ask() == (200, answer_of(number, builds=True))


def _jump_in_the_middle(server: Server, clock: JumpingClock) -> None:
    with httpx.Client(timeout=20) as http:
        looking = Server(server.home, server.up, server.note, http)
        for phase, hours in IN_THE_MIDDLE.items():
            _wait_for(looking, phase)
            clock.jump(hours)
            held = looking.manage("/api/lock").json()
            assert held is None or held["what"]


def _wait_for(server: Server, phase: str) -> None:
    def has_come() -> bool:
        newest = server.manage("/api/deployments").json()[0]
        return not newest["complete"] and phase_of(newest["progress"]) == phase

    eventually(has_come)


def _check_lists(server: Server, count: int) -> None:
    found = server.manage("/api/deployments").json()
    numbers = [int(each["message"].removeprefix("number ")) for each in found]
    assert numbers == list(range(count - 1, count - 1 - len(found), -1))
    assert found[0]["active"]
    for each in found:
        assert each["received_time"] <= each["start_time"] <= each["end_time"]
    for later, earlier in pairwise(found):
        assert later["received_time"] > earlier["end_time"]
    log = server.manage(f"/api/deployments/{found[0]['id']}/log").json()
    assert [entry["log_time"] for entry in log] == sorted(entry["log_time"] for entry in log)
    assert log[-1]["message"] == "Deployment successful."
    assert activations(server.store, "shop")[0].release == server.site.release


def _check_application_log(server: Server) -> None:
    """Its files are in the order of writing, by their names."""

    def put() -> list[str]:
        files = sorted((server.site.log_files / "Application").glob("*-*.txt"))
        lines = [line for file in files for line in file.read_text().splitlines()]
        return [line.rpartition("put ")[2] for line in lines if "put " in line]

    eventually(lambda: len(put()) == len(HOURS))
    assert put() == [str(number) for number in range(len(HOURS))]
