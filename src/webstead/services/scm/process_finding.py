"""The process that a number of Kudu's API means: the system's number, 0 for the management itself, -1 for the
site's newest instance.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import TypeVar

import psutil

from webstead.services.context import SiteContext
from webstead.services.errors import ApiError
from webstead.site.processes.find import processes_of

__all__ = ["MANAGEMENT", "WORKER", "all_of", "missing", "process_of", "read_process"]

T = TypeVar("T")

MANAGEMENT, WORKER = 0, -1

_SUCCESSORS = 5
"""Instances that may end while they are read, one after the other, until it is said that none runs."""


def all_of(site: SiteContext) -> dict[int, psutil.Process]:
    """The site's processes, by their numbers."""
    return _all_of(site, _instances(site))


def process_of(site: SiteContext, number: int) -> psutil.Process:
    """Raises ApiError 404 for one that does not run, or that is not this site's."""
    if number == MANAGEMENT:
        return psutil.Process()
    instances = _instances(site)
    found = _all_of(site, instances)
    newest = [pid for pid in instances if pid in found][-1:]  # an older one may be about to end
    process = found.get(next(iter(newest), 0) if number == WORKER else number)
    if process is None:
        raise missing(number)
    return process


def read_process(site: SiteContext, number: int, read: Callable[[psutil.Process], T]) -> T:
    """What is read of it. An instance that ends meanwhile has a successor, which is read in its place. Raises
    ApiError: 404 as process_of, 403 for one that the server may not look at."""
    for _ in range(_SUCCESSORS if number == WORKER else 1):
        process = process_of(site, number)
        try:
            return read(process)
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            what = f"The server may not look at process {process.pid}: it runs as another user."
            raise ApiError(403, what) from None
    raise missing(number)


def missing(number: int) -> ApiError:
    return ApiError(404, f"Process with an Id of {number} is not running.")


def _instances(site: SiteContext) -> list[int]:
    """The oldest first."""
    return [each.pid for each in site.context.host.instances(site.name)]


def _all_of(site: SiteContext, instances: Collection[int]) -> dict[int, psutil.Process]:
    found = processes_of(site.name, str(site.home.root), instances)
    found.pop(os.getpid(), None)
    return found
