"""The management as a process: `python -m webstead.services --home DIR --port PORT`, which the supervisor
starts beside its sites. It listens on this machine alone; the front is before it.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn

from webstead.effects import SystemClock
from webstead.host.watched import watched
from webstead.services.application import make_app
from webstead.services.context import Context
from webstead.services.fronted import Fronted
from webstead.services.site_deployer import SiteDeployer
from webstead.services.surroundings import surroundings_of
from webstead.settings import Secret
from webstead.site.homes import ServerHome
from webstead.site.jobs.keeper import JobKeeper
from webstead.site.server.management import FRONT_VARIABLE, TOKEN_VARIABLE
from webstead.site.server.orders import NoHost, Supervision, SupervisorClient
from webstead.site.store import open_store

__all__ = ["context_of", "main"]


_LAST_SECONDS = 5
"""Requests may end so long after the end was asked for; deployments have their own time."""


def context_of(server: ServerHome, host: Supervision, token: str | None, sites_url: str = "") -> Context:
    """host: who runs the sites. sites_url: as Context says. Raises WebsteadError."""
    server.make()
    store, clock = open_store(server.database), SystemClock()
    deployer = SiteDeployer(server, store, host, clock)
    run_token = Secret(token) if token else None
    return Context(server, store, host, deployer, clock, run_token, sites_url)


def _with_jobs(context: Context) -> Context:
    """Of a process that serves: one that is called for a moment keeps no jobs."""
    surroundings = partial(surroundings_of, context)
    return replace(context, jobs=JobKeeper(context.server, context.store, context.clock, surroundings))


def main(words: Sequence[str] | None = None) -> None:
    """Serves until it is told to end by SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m webstead.services")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--domain", default="localhost")
    parser.add_argument("--sites-url", default="")
    asked = parser.parse_args(words)
    token = os.environ.pop(TOKEN_VARIABLE, None)  # what we start must have neither
    front = Secret(os.environ.pop(FRONT_VARIABLE, ""))
    server = ServerHome(asked.home, asked.domain)
    host: Supervision = SupervisorClient(server.orders) if server.orders.exists() else NoHost()
    app = make_app(_with_jobs(context_of(server, host, token, asked.sites_url)))
    config = uvicorn.Config(
        Fronted(app, front),
        proxy_headers=False,  # of any process of this machine, in place of the front alone
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=_LAST_SECONDS,
        ws_max_size=1 << 20,
    )
    signal.signal(signal.SIGTERM, _leave)
    with watched(), socket.create_server(("127.0.0.1", asked.port)) as listener:
        uvicorn.Server(config).run(sockets=[listener])


def _leave(number: int, frame: FrameType | None) -> None:
    """When uvicorn has ended it raises the signal anew: who dies of that leaves a warden that nobody waits
    for."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
