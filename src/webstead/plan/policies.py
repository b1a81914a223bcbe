"""From what the files say of a program to the policies of its pool. Only what a file writes counts: IIS's
defaults would end here what runs well (a silence of 70 s, an instance after 200 requests)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from webstead.formats.webconfig import FastCgiApplication, HttpPlatform, Origin
from webstead.plan.configured import MADE_PATH
from webstead.policies import NO_POLICIES, Policies, Written

__all__ = ["MOST_INSTANCES", "fastcgi_instances", "fastcgi_policies", "platform_policies"]

MOST_INSTANCES = 16
"""Of maxInstances, which IIS starts as they are needed; here all of them start with the site."""


class _Said:
    """The attributes that the site's own files write."""

    def __init__(self, said: Mapping[str, Origin]) -> None:
        self._said = {name: str(origin) for name, origin in said.items() if origin.path != MADE_PATH}

    def number(self, name: str, value: float) -> Written[float] | None:
        origin = self._said.get(name)
        return None if origin is None else Written(name, float(value), origin)

    def above_zero(self, name: str, value: float) -> Written[float] | None:
        """0 stands for no bound."""
        return self.number(name, value) if value else None

    def word(self, name: str, value: str) -> Written[str] | None:
        origin = self._said.get(name)
        return None if origin is None else Written(name, value, origin)


def fastcgi_policies(application: FastCgiApplication | None, at_once: int) -> Policies:
    """at_once: the requests that one instance runs at a time, 0 where it takes any number."""
    if application is None:
        return NO_POLICIES
    said = _Said(application.said)
    made = Policies(
        instances=said.above_zero("maxInstances", application.max_instances),
        rapid_fails=said.number("rapidFailsPerMinute", application.rapid_fails_per_minute),
        idle=said.number("idleTimeout", application.idle_seconds),
        silence=said.number("activityTimeout", application.activity_seconds),
        request=said.number("requestTimeout", application.request_seconds),
        requests=said.number("instanceMaxRequests", application.instance_max_requests),
        queue=said.number("queueLength", application.queue_length),
        grace=said.above_zero("signalBeforeTerminateSeconds", application.signal_before_terminate_seconds),
        stderr=said.word("stderrMode", application.stderr_mode),
    )
    counts = any((made.idle, made.silence, made.request, made.queue))  # needs waiting told from work
    return replace(made, at_once=at_once) if counts else made


def fastcgi_instances(policies: Policies) -> int | None:
    """How many are started; None where no file says it."""
    return None if policies.instances is None else min(MOST_INSTANCES, int(policies.instances.value))


def platform_policies(platform: HttpPlatform) -> Policies:
    said = _Said(platform.said)
    return Policies(
        instances=said.number("processesPerApplication", platform.processes),
        startup=said.above_zero("startupTimeLimit", platform.startup_seconds),
        start_retries=said.number("startupRetryCount", platform.startup_retries),
        rapid_fails=said.number("rapidFailsPerMinute", platform.rapid_fails_per_minute),
        answer=said.above_zero("requestTimeout", platform.request_seconds),
        grace=said.number("shutdownTimeLimit", platform.shutdown_seconds),
        startup_page=None if platform.startup_page else said.word("disableStartUpErrorPage", "true"),
    )
