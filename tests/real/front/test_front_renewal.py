"""What the front says of instances that are to end, and of those that left; what it does while none runs."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from tests.real.front.stage import FASTCGI, Answered, FrontProcess, Stage, eventually, fastcgi, webconfig
from webstead.policies import Policies, Written
from webstead.site_table import PoolEntry

CONFIG = webconfig("fastcgi")
APP = """import os, pathlib, time
def app(environ, start_response):
    name = environ["QUERY_STRING"]
    if name:  # begins, and waits for leave
        pathlib.Path(name).touch()
        while not pathlib.Path(name + ".go").exists():
            time.sleep(0.01)
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
"""


def at(name: str, value: float) -> Written[float]:
    return Written(name, value, "web.config:7")


class Held:
    """A request that the app does not answer until it is let go."""

    def __init__(self, front: FrontProcess, path: Path) -> None:
        self.answer: Answered | None = None
        self._front = front
        self._path = path
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        self.answer = self._front.ask(f"/?{self._path}")

    def has_begun(self) -> bool:
        return self._path.exists()

    def finish(self) -> Answered:
        self._path.with_name(f"{self._path.name}.go").touch()
        self._thread.join(20)
        assert self.answer is not None
        return self.answer


def test_an_instance_that_left_with_a_request_is_busy_until_that_is_answered(stage: Stage) -> None:
    front = stage.front()
    (one, _), (two, process) = stage.gateway(APP), stage.gateway(APP)
    assert front.serve(stage.root, fastcgi(one), config=CONFIG) == []
    held = Held(front, stage.folder / "held")
    eventually(held.has_begun, "the request runs")
    assert front.serve(stage.root, fastcgi(two), config=CONFIG) == [one.address]
    assert front.ask("/").body == str(process.pid).encode()
    assert not [message for message in front.messages if message["type"] == "left"]
    assert held.finish().status == 200
    assert front.told("left")["address"] == one.address
    assert front.serve(stage.root, fastcgi(one), config=CONFIG) == []  # two has nothing to do


def test_so_is_one_whose_pool_left(stage: Stage) -> None:
    front = stage.front()
    one, _ = stage.gateway(APP)
    front.serve(stage.root, fastcgi(one), config=CONFIG)
    held = Held(front, stage.folder / "held")
    eventually(held.has_begun, "the request runs")
    assert front.serve(stage.root, config=CONFIG) == [one.address]
    assert front.serve(stage.root, config=CONFIG) == [one.address]
    assert held.finish().status == 200
    assert front.told("left")["address"] == one.address
    assert front.serve(stage.root, config=CONFIG) == []


def test_a_count_of_requests_is_told_each_time_it_is_full(stage: Stage) -> None:
    front = stage.front()
    instance, _ = stage.gateway(APP)
    policies = Policies(requests=at("instanceMaxRequests", 3))
    front.serve(stage.root, replace(fastcgi(instance), policies=policies), config=CONFIG)
    for _ in range(2):  # the second time it is still there: its successor did not start
        for _ in range(3):
            assert front.ask("/").status == 200
        told = front.told("retire")
        assert told == {
            "type": "retire",
            "site": "",
            "pool": FASTCGI,
            "address": instance.address,
            "why": "requests",
        }


def test_an_idle_instance_is_told_and_a_busy_one_is_not(stage: Stage) -> None:
    front = stage.front()
    (one, _), (two, _) = stage.gateway(APP), stage.gateway(APP)
    policies = Policies(idle=at("idleTimeout", 0.2))
    entry = replace(fastcgi(one), policies=policies)
    front.serve(stage.root, entry, config=CONFIG)
    held = Held(front, stage.folder / "held")
    eventually(held.has_begun, "the request runs")
    front.serve(stage.root, replace(entry, endpoints=(one, two)), config=CONFIG)
    assert front.told("retire")["address"] == two.address
    assert front.told("retire")["address"] == two.address  # said again while it is there
    assert held.finish().status == 200
    while front.told("retire")["address"] != one.address:
        pass


def test_a_request_to_a_resting_pool_wakes_it_up_and_waits(stage: Stage) -> None:
    front = stage.front()
    instance, process = stage.gateway(APP)
    resting = PoolEntry(FASTCGI, "fastcgi", "dormant", dormant=1, startup_seconds=20.0)
    front.serve(stage.root, resting, config=CONFIG)
    answers: list[Answered] = []
    asking = [threading.Thread(target=lambda: answers.append(front.ask("/"))) for _ in range(3)]
    for thread in asking:
        thread.start()
    assert front.told("wanted") == {"type": "wanted", "site": "", "pool": FASTCGI}
    front.serve(stage.root, replace(resting, dormant=0), config=CONFIG)  # it starts
    front.serve(stage.root, fastcgi(instance), config=CONFIG)
    for thread in asking:
        thread.join(20)
    assert {answer.body for answer in answers} == {str(process.pid).encode()}


def test_requests_that_have_to_wait_wake_up_another_instance(stage: Stage) -> None:
    front = stage.front()
    instance, _ = stage.gateway(APP)
    entry = replace(fastcgi(instance), at_once=1, dormant=1)
    front.serve(stage.root, entry, config=CONFIG)
    assert front.ask("/").status == 200
    first = Held(front, stage.folder / "first")
    eventually(first.has_begun, "the first runs")
    assert not [message for message in front.messages if message["type"] == "wanted"]
    second = Held(front, stage.folder / "second")
    assert front.told("wanted") == {"type": "wanted", "site": "", "pool": FASTCGI}
    assert first.finish().status == 200
    assert second.finish().status == 200


def test_a_request_that_hangs_in_the_only_place_leaves_it_to_nobody(stage: Stage) -> None:
    front = stage.front()
    (one, _), (two, process) = stage.gateway(APP), stage.gateway(APP)
    policies = Policies(silence=at("activityTimeout", 0.3))
    entry = replace(fastcgi(one), at_once=1, policies=policies)
    front.serve(stage.root, entry, config=CONFIG)
    answer = front.ask(f"/?{stage.folder / 'never'}", head="Host: localhost\r\n")
    assert answer.status == 500
    assert b'activityTimeout="0.3" (web.config:7)' in answer.body
    assert front.told("retire")["why"] == "silence"
    assert front.told("left")["address"] == one.address
    waiting: list[Answered] = []
    thread = threading.Thread(target=lambda: waiting.append(front.ask("/")))
    thread.start()
    front.serve(stage.root, replace(entry, endpoints=(two,)), config=CONFIG)
    thread.join(20)
    assert waiting[0].body == str(process.pid).encode()
