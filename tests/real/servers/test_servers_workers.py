"""Two workers behind each web server, and a reload while requests come: nothing of it shows outside."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import quote

import psutil
import pytest

from webstead.formats.servers import GatewaySite

from .client import ask, connect
from .conftest import SERVERS, Gateway, Stage, make_site, short_folder
from .test_servers_bodies import (
    test_a_client_that_leaves_in_the_middle_ends_the_response_for_the_app,
    test_a_stream_reaches_the_client_part_by_part,
    test_clients_that_leave_early_do_not_stop_the_gateway,
)
from .test_servers_requests import test_connections_to_the_gateway_are_kept_where_the_server_can
from .webserver import KINDS, WebServer, eventually

__all__ = [
    "test_a_client_that_leaves_in_the_middle_ends_the_response_for_the_app",
    "test_a_stream_reaches_the_client_part_by_part",
    "test_clients_that_leave_early_do_not_stop_the_gateway",
    "test_connections_to_the_gateway_are_kept_where_the_server_can",
]

CLIENTS = 4
WORKERS = 2
RELOADS = 3
ANSWERS = 40  # from new workers alone, before a reload counts as seen


@contextlib.contextmanager
def site_of(kind: str, target: str) -> Iterator[tuple[GatewaySite, Gateway, WebServer]]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        place = stack.enter_context(short_folder())
        site = make_site(folder, target)
        threads = () if target.startswith("async") else ("--threads", "4")
        words = (*threads, "--workers", str(WORKERS))
        gateway = stack.enter_context(Gateway(site, folder, words))
        yield site, gateway, stack.enter_context(WebServer(KINDS[kind], place, [site]))


@pytest.fixture(scope="module", params=[param for param in SERVERS if param.values != ("apache-fcgid",)])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """In the place of the one with a single worker. mod_fcgid has processes of its own instead."""
    with site_of(request.param, "site_pages:app") as (site, gateway, server), short_folder() as files:
        path = site.upstream
        assert isinstance(path, str)
        yield Stage(request.param, server, site.server.port, 0, files, path, gateway)


@dataclass
class Load:
    """Clients that ask without a pause, each on a connection that it keeps. By POST, because a server may try
    a GET that failed once more. answers: the worker's number each time. failures: everything else."""

    port: int
    answers: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _over: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._threads = [Thread(target=self._ask) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        connection = connect(self.port)
        while not self._over.is_set():
            try:
                connection.request("POST", "/process", b"a body")
                response = connection.getresponse()
                body = response.read()
                assert response.status == 200, f"{response.status} {body[:200]!r}"
                self.answers.append(json.loads(body)["process"])
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.failures.append(repr(error))
                connection.close()
        connection.close()

    def await_answers(self) -> None:
        count = len(self.answers)
        eventually(
            lambda: len(self.answers) > count + ANSWERS, lambda: f"no more answers: {self.failures[-1:]}"
        )

    def await_answers_of_others(self, than: set[int]) -> None:
        """Only new workers answer now."""
        eventually(
            lambda: len(self.answers) > ANSWERS and than.isdisjoint(self.answers[-ANSWERS:]),
            lambda: f"{than} still answer: {self.answers[-ANSWERS:]}",
        )


@pytest.fixture(params=["site_pages:app", "async_pages:app"])
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(
    params=[
        pytest.param("nginx", marks=pytest.mark.needs("nginx")),
        pytest.param("apache", marks=pytest.mark.needs("apache2")),
        pytest.param("haproxy", marks=pytest.mark.needs("haproxy")),
    ]
)
def reloading(request: pytest.FixtureRequest, target: str) -> Iterator[tuple[GatewaySite, Gateway]]:
    """Behind the servers that keep many connections, which a worker that leaves has to part with."""
    with site_of(request.param, target) as (site, gateway, _):
        yield site, gateway


def workers_of(gateway: Gateway) -> set[int]:
    return {child.pid for child in psutil.Process(gateway.process.pid).children()}


def reload(gateway: Gateway, load: Load) -> set[int]:
    """Returns when none of the old workers, which it returns, answers any more."""
    eventually(lambda: len(workers_of(gateway)) == WORKERS, lambda: gateway.log)
    old = workers_of(gateway)
    gateway.process.send_signal(signal.SIGHUP)
    load.await_answers_of_others(old)
    eventually(lambda: len(workers_of(gateway) - old) == WORKERS, lambda: gateway.log)
    return old


def test_no_request_fails_when_the_app_is_reloaded_under_load(
    reloading: tuple[GatewaySite, Gateway],
) -> None:
    site, gateway = reloading
    with Load(site.server.port) as load:
        for _ in range(RELOADS):
            load.await_answers()
            reload(gateway, load)
    assert load.failures == []


def test_a_stream_goes_on_through_a_reload(reloading: tuple[GatewaySite, Gateway], pipe: str) -> None:
    site, gateway = reloading
    with contextlib.closing(connect(site.server.port)) as connection:
        connection.request("GET", f"/stream?{quote(pipe)}")
        with open(pipe, "r+b", buffering=0) as gate:
            response = connection.getresponse()
            assert response.read1(100) == b"one "
            with Load(site.server.port) as load:
                load.await_answers()
                old = reload(gateway, load)
            gate.write(b".")
            assert response.read1(100) == b"two "
            gate.write(b".")
            assert response.read1(100) == b"three"
            gate.write(b".")
        assert response.read() == b""
    assert load.failures == []
    eventually(lambda: old.isdisjoint(workers_of(gateway)), lambda: gateway.log)


def test_a_worker_that_dies_is_replaced(reloading: tuple[GatewaySite, Gateway]) -> None:
    site, gateway = reloading
    first = json.loads(ask(site.server.port, "/process").text)["process"]
    os.kill(first, signal.SIGKILL)
    with Load(site.server.port) as load:
        load.await_answers_of_others({first})
    assert gateway.process.poll() is None
