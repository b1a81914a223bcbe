"""Packages that an output needs besides the app's: a server, a decoder. Installed once, into the cache."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from webstead.build.environment import OVERLAY, Environment, site_packages
from webstead.build.interpreter import Interpreter
from webstead.build.output.items import Item, folder_items
from webstead.build.steps import Steps
from webstead.build.uv import Uv, UvFailed
from webstead.build.uv.failure import Failure, explain
from webstead.effects.files import remove_tree
from webstead.effects.lock import locked
from webstead.effects.processes import Runner

__all__ = ["Beside", "decoder_items", "server_items"]

_FORMAT = 1
_LEFT = ("bin", ".lock")  # programs that name the cache's Python
_ZSTD_IN_PYTHON = (3, 14)


@dataclass(frozen=True, slots=True)
class _Step:
    summary: str
    kind: str = "server"


@dataclass(frozen=True, slots=True)
class Beside:
    """Where packages are installed from and to. project: uv runs in it, with the settings it has there."""

    cache: Path
    project: Path
    environment: Environment
    interpreter: Interpreter
    steps: Steps
    runner: Runner
    environ: Mapping[str, str]

    def uv(self, step: _Step) -> Uv:
        return Uv(self.runner, self.environ, self.project, lambda line: self.steps.output(step, line))


def server_items(beside: Beside, packages: Sequence[str], into: str) -> tuple[Item, ...]:
    """Those of these packages that the environment has not, with what they need, in versions that agree with
    what it holds. Raises BuildError."""
    if not packages:
        return ()
    step = _Step(f"{' and '.join(packages)} for the start")
    has = dict(_installed_versions(beside.environment))
    missing = tuple(name for name in packages if name not in has)
    constraints = "".join(f"{name}=={version}\n" for name, version in sorted(has.items()))
    return _items(beside, step, missing, constraints, into)


def _installed_versions(environment: Environment) -> Iterator[tuple[str, str]]:
    """Name and version of each distribution, as its folder is called; asking uv takes ten times as long."""
    for folder in (*site_packages(environment.prefix), environment.prefix / OVERLAY):
        for found in folder.glob("*.dist-info"):
            name, _, version = found.name.removesuffix(".dist-info").rpartition("-")
            yield canonicalize_name(name), version


def decoder_items(beside: Beside, into: str) -> tuple[Item, ...]:
    """What unpacks zstd in the app's Python; nothing where its standard library does. Raises BuildError."""
    if beside.interpreter.release >= _ZSTD_IN_PYTHON:
        return ()
    return _items(beside, _Step("a decoder of zstd for the start"), ("backports.zstd",), "", into)


def _items(
    beside: Beside, step: _Step, words: Sequence[str], constraints: str, into: str
) -> tuple[Item, ...]:
    if not words:
        return ()
    folder = _installed(beside, step, words, constraints)
    return tuple(
        folder_items(folder, into + "/", lambda path, entry: path in _LEFT or entry.name == "__pycache__")
    )


def _installed(beside: Beside, step: _Step, words: Sequence[str], constraints: str) -> Path:
    """Built under another name and renamed: what stands at its address is whole."""
    pieces = [_FORMAT, beside.interpreter.as_json(), list(words), constraints]
    key = hashlib.sha256(json.dumps(pieces).encode()).hexdigest()[:32]
    home = beside.cache / "servers"
    folder = home / key
    with locked(home / f"{key}.lock", beside.steps.waiting):
        if folder.is_dir():
            os.utime(folder)
            beside.steps.unchanged(step)
            return folder
        part = home / f"{key}.part"
        remove_tree(part)
        part.mkdir(parents=True)
        limits = home / f"{key}.txt"
        limits.write_text(constraints)
        try:
            with beside.steps.doing(step):
                beside.uv(step).install_overlay(beside.environment.python, part, limits, words)
            part.rename(folder)
        except UvFailed as error:
            named = ", ".join(words)
            raise explain(
                Failure(error.output, named, beside.interpreter.version, str(beside.project))
            ) from None
        finally:
            limits.unlink(missing_ok=True)
            remove_tree(part)
    return folder
