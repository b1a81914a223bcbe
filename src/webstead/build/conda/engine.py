"""rattler: solves and installs conda packages. The only module that knows it; whoever imports this module
loads it, so do that late.

What rattler does runs in an event loop of its own; how far it has come is looked at from there, since rattler
calls from threads of its own.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import rattler
from rattler import exceptions

from webstead.build.conda.configuration import Configuration
from webstead.build.conda.counts import Counts
from webstead.build.conda.failure import CondaFailure, explain_conda, missing_names
from webstead.build.progress import Meter
from webstead.errors import BuildError
from webstead.project.manifests.conda import CondaSpec

__all__ = ["CondaJob", "Engine", "Locked"]

LOOK_SECONDS = 0.2
STILL_PAUSE_SECONDS, STILL_LOOKS, STILL_SAME = 0.05, 40, 4
PLATFORMS = ("linux-64", "linux-aarch64", "osx-64", "osx-arm64", "win-64")

Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class CondaJob:
    """path: the environment file, for messages. folder: what its relative channels are seen from. cache:
    where lists and packages are kept."""

    path: str
    folder: Path
    cache: Path
    configuration: Configuration
    channels: tuple[str, ...] = ()
    specs: tuple[CondaSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock fixes for one platform. pip: requirement lines with addresses and hashes."""

    records: Sequence[rattler.RepoDataRecord]
    pip: tuple[str, ...]


class Engine:
    """Does one job. Raises BuildError for all that can go wrong."""

    def __init__(self, job: CondaJob) -> None:
        self._job = job
        self._offline = job.configuration.offline
        self.subdir = job.configuration.subdir or str(rattler.Subdir.current())

    def solve(self) -> Sequence[rattler.RepoDataRecord]:
        """The packages, dependencies included, that fit all specs on this machine."""
        return _run(self._explained(self._solve()))

    def install(
        self, records: Sequence[rattler.RepoDataRecord], prefix: Path, downloaded: Meter, linked: Meter
    ) -> None:
        """Download what is not kept, and link all into the prefix. After a failure nothing writes there any
        more: rattler's threads finish what they have begun."""
        (self._job.cache / "packages").mkdir(parents=True, exist_ok=True)
        try:
            _run(self._explained(self._install(records, prefix, downloaded, linked)))
        except BaseException:
            _wait_until_still(prefix)
            raise

    def locked(self, file: Path) -> Locked:
        """Read a conda-lock.yml."""
        try:
            environment = rattler.LockFile.from_path(file).default_environment()
            records = environment.conda_repodata_records() if environment else {}
            pypi = environment.pypi_packages() if environment else {}
        except _ERRORS as error:
            raise _bad_lock(self._job.path, str(error)) from None
        if self.subdir not in records:
            raise _other_platform(self._job.path, self.subdir, sorted(records))
        lines = []
        for package in pypi.get(self.subdir, ()):
            sha256 = package.hashes.sha256 if package.hashes else None
            lines.append(
                f"{package.name} @ {package.location}" + (f" --hash=sha256:{sha256.hex()}" if sha256 else "")
            )
        return Locked(records[self.subdir], tuple(lines))

    async def _solve(self) -> Sequence[rattler.RepoDataRecord]:
        gateway, job = self._gateway(), self._job
        priority = rattler.ChannelPriority[job.configuration.priority.capitalize()]
        return await rattler.solve(
            self._sources(),
            [_match(spec) for spec in job.specs],
            gateway=gateway,
            platforms=[rattler.Subdir(self.subdir), "noarch"],
            virtual_packages=rattler.VirtualPackage.detect(rattler.VirtualPackageOverrides.from_env()),
            channel_priority=priority,
        )

    def _sources(self) -> Sequence[rattler.Channel]:
        job = self._job
        alias = {"channel_alias": job.configuration.alias + "/"} if job.configuration.alias else {}
        configuration = rattler.ChannelConfig(root_dir=str(job.folder), **alias)
        named = [spec.text.split("::")[0] for spec in job.specs if "::" in spec.text]
        words = job.configuration.resolve((*job.channels, *named) if job.channels else ())
        return [rattler.Channel(word, configuration) for word in words]

    def _gateway(self) -> rattler.Gateway:
        source = rattler.SourceConfig(cache_action="force-cache-only" if self._offline else "cache-or-fetch")
        return rattler.Gateway(cache_dir=self._job.cache / "lists", default_config=source)

    async def _install(
        self, records: Sequence[rattler.RepoDataRecord], prefix: Path, downloaded: Meter, linked: Meter
    ) -> None:
        packages = self._job.cache / "packages"
        if self._offline:
            await self._see_that_all_are_kept(records, packages)
        counts = Counts()
        work = asyncio.ensure_future(
            rattler.install(
                list(records),
                prefix,
                cache_dir=packages,
                show_progress=False,
                reporter=counts,
                execute_link_scripts=False,
            )
        )
        while not work.done():
            await asyncio.wait({work}, timeout=LOOK_SECONDS)
            if counts.totals:
                downloaded.at(sum(counts.done.values()), sum(counts.totals.values()))
            linked.at(counts.linked, len(records))
        work.result()
        linked.finish()

    async def _see_that_all_are_kept(self, records: Sequence[rattler.RepoDataRecord], packages: Path) -> None:
        kept = await rattler.PackageCache(packages).index()
        missing = [r.file_name for r in records if r.url.startswith("http") and not kept.contains_record(r)]
        if missing:
            raise BuildError(
                "A package has to be downloaded, and the network is switched off",
                found=", ".join(missing[:8]),
                fix="Unset CONDA_OFFLINE and UV_OFFLINE, or build once with the network on.",
            )

    async def _explained(self, work: Awaitable[Given]) -> Given:
        try:
            return await work
        except _ERRORS as error:
            kind, text = type(error).__name__, str(error)
        names = missing_names(text) if kind == "SolverError" else ()
        job = self._job
        raise explain_conda(
            CondaFailure(
                kind,
                text,
                job.path,
                job.specs,
                job.configuration.resolve(job.channels),
                self.subdir,
                self._offline,
                await self._elsewhere(names) if names else {},
            )
        )

    async def _elsewhere(self, names: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """The other platforms for which the channels have these packages."""
        others = [each for each in PLATFORMS if each != self.subdir]
        found: dict[str, list[str]] = {}
        for platform in others:
            try:
                answer = await self._gateway().query(
                    self._sources(), [rattler.Subdir(platform)], list(names), recursive=False
                )
            except _ERRORS:  # a channel without this platform
                continue
            for name in {record.name.normalized for records in answer for record in records}:
                found.setdefault(name, []).append(platform)
        return found


_ERRORS = tuple(
    kind
    for kind in vars(exceptions).values()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind.__name__.endswith("Error")
)


def _match(spec: CondaSpec) -> rattler.MatchSpec:
    try:
        return rattler.MatchSpec(spec.text)
    except exceptions.InvalidMatchSpecError as error:
        raise exceptions.InvalidMatchSpecError(f"{spec.text}: {error}") from None


def _wait_until_still(folder: Path) -> None:
    """Until nothing has come into it for four looks; bounded by two seconds."""
    seen, same = -1, 0
    for _ in range(STILL_LOOKS):
        now = sum(len(names) for _, _, names in os.walk(folder))
        same = same + 1 if now == seen else 0
        if same == STILL_SAME:
            return
        seen = now
        time.sleep(STILL_PAUSE_SECONDS)


def _run(work: Coroutine[object, object, Given]) -> Given:
    return asyncio.run(work)


def _bad_lock(path: str, text: str) -> BuildError:
    return BuildError(f"{path} cannot be read as a lock", found=text, fix="Write it anew: conda-lock")


def _other_platform(path: str, subdir: str, there: Sequence[str]) -> BuildError:
    return BuildError(
        f"{path} has no packages for {subdir}",
        found=f"it is locked for {', '.join(there) or 'no platform'}",
        fix=f"Lock it for this platform, too: conda-lock --platform {subdir}",
    )
