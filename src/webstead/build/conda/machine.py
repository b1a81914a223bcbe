"""What conda is told on this machine, and what an environment follows from besides its file."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from webstead.build.conda.configuration import Configuration, configuration_files, read_configuration
from webstead.build.interpreter import Interpreter
from webstead.errors import ConfigError
from webstead.plan.model import InstallStep
from webstead.project.manifests.conda import parse_conda

__all__ = ["conda_facts", "conda_python", "machine_configuration"]


def machine_configuration(environ: Mapping[str, str]) -> Configuration:
    """Raises ConfigError for a `.condarc` that is none."""
    files = []
    for path in configuration_files(environ):
        try:
            files.append((path, Path(path).read_bytes()))
        except OSError:
            continue  # most are not there
    try:
        return read_configuration(environ, files)
    except ValueError as error:
        path, _, found = str(error).partition(": ")
        raise ConfigError(
            "conda's configuration cannot be read", path=path, found=found, fix="Correct it, or remove it."
        ) from None


def conda_facts(
    steps: Sequence[InstallStep], files: Mapping[str, bytes], environ: Mapping[str, str]
) -> Iterator[str]:
    """Of an environment with a conda step; nothing for others. Loads nothing of conda."""
    for step in steps:
        if step.kind == "conda":
            channels = parse_conda(step.path, files[step.path]).channels
            yield from machine_configuration(environ).facts(channels)


def conda_python(version: str) -> Interpreter:
    """The interpreter of an environment that conda has still to make: all that is known is what was asked."""
    return Interpreter("conda", version, sysconfig.get_platform(), "")
