"""A built environment: where its programs are, and the marker that says that it is whole.

The marker is written last, by rename. A folder without one is what a crash left behind, and is built anew.
Nothing is ever moved: an environment is used at the path where it was built, and a marker from elsewhere does
not count.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from webstead.build.interpreter import Interpreter, parse_probe
from webstead.effects.files import write_atomically
from webstead.effects.flushing import flush_file_system
from webstead.effects.plain_files import LARGEST_NOTE, read_plain
from webstead.errors import RuntimeMissing

__all__ = [
    "BELOW",
    "Environment",
    "environment_at",
    "mark",
    "marker_of",
    "program_path",
    "read_marker",
    "recorded_interpreter",
    "site_packages",
]

MARKER = "webstead.json"
MARKER_VERSION = 1
CONDA_VARIABLES = "webstead-conda.json"
"""In a conda environment: the variables that its activation sets. Its Python is conda's own."""
OVERLAY = "overlay"
BELOW = "WEBSTEAD_PACKAGES_BELOW"
"""Tells a layer's Python where the packages of its environment are."""

_SCRIPTS, _EXE = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
_CONDA_FOLDERS = ("", "Library/bin", "Scripts", "bin") if os.name == "nt" else ("bin",)
_PYTHON_WORDS = frozenset({"python", "python3", "python.exe", "pythonw.exe", "py"})


@dataclass(frozen=True, slots=True)
class Environment:
    """python: its interpreter. prefix: its folder. static: the collected static files, when the plan has that
    step. conda: the variables of an activated conda environment; None for a virtual environment. layer: a
    virtual environment of one site, of packages that come before it; python is the layer's then.
    """

    python: Path
    prefix: Path
    static: Path | None = None
    conda: Mapping[str, str] | None = None
    layer: Path | None = None

    @property
    def programs(self) -> tuple[Path, ...]:
        """The folders of its programs: the app's own, then those that Webstead added behind."""
        own = _CONDA_FOLDERS if self.conda is not None else (_SCRIPTS,)
        first = () if self.layer is None else (self.layer / _SCRIPTS,)
        return (*first, *(self.prefix / folder for folder in own), self.prefix / OVERLAY / "bin")

    def variables(self, base: Mapping[str, str]) -> dict[str, str]:
        """The variables of a process that runs in it: base, with its programs first on PATH.

        WEBSTEAD_STATIC_ROOT is where the static files are collected (static_root.py).
        """
        folders = [*(str(folder) for folder in self.programs), *filter(None, [base.get("PATH")])]
        kept = {name: value for name, value in base.items() if name not in ("PYTHONHOME", "CONDA_PREFIX")}
        static = {"WEBSTEAD_STATIC_ROOT": str(self.static)} if self.static else {}
        kind = {"VIRTUAL_ENV": str(self.prefix)} if self.conda is None else self._of_conda(base)
        return {**kept, **kind, **static, **self._of_layer(), "PATH": os.pathsep.join(folders)}

    def _of_layer(self) -> dict[str, str]:
        """BELOW says which packages come after the layer's: another release has others."""
        if self.layer is None:
            return {}
        stands_alone = self.layer == self.prefix  # over an interpreter, for a site without an environment
        folders = () if stands_alone else site_packages(self.prefix)
        below = os.pathsep.join(str(folder) for folder in folders)
        return {"VIRTUAL_ENV": str(self.layer), BELOW: below}

    def _of_conda(self, base: Mapping[str, str]) -> dict[str, str]:
        """As `conda activate` leaves them; what the site sets itself stays."""
        activated = {name: value for name, value in (self.conda or {}).items() if name not in base}
        return {**activated, "CONDA_PREFIX": str(self.prefix), "CONDA_DEFAULT_ENV": str(self.prefix)}

    def with_static(self, folder: Path) -> Environment:
        return replace(self, static=folder)

    def with_layer(self, layer: Path) -> Environment:
        return replace(self, layer=layer, python=layer / _SCRIPTS / f"python{_EXE}")


def environment_at(prefix: Path) -> Environment:
    """A conda environment is known by its variables, once it is built."""
    conda = _conda_variables(prefix)
    at_root = conda is not None and os.name == "nt"
    python = prefix / f"python{_EXE}" if at_root else prefix / _SCRIPTS / f"python{_EXE}"
    return Environment(python, prefix, conda=conda)


def _conda_variables(prefix: Path) -> dict[str, str] | None:
    try:
        data = json.loads(read_plain(prefix / CONDA_VARIABLES, LARGEST_NOTE))
    except (OSError, ValueError, RecursionError):
        return None
    return {str(name): str(value) for name, value in data.items()} if isinstance(data, dict) else {}


def site_packages(prefix: Path) -> list[Path]:
    """Where the environment's packages are: `lib/python3.12/site-packages`, `Lib/site-packages` on
    Windows.
    """
    return [*prefix.glob("lib/*/site-packages"), *prefix.glob("Lib/site-packages")]


def marker_of(prefix: Path) -> Path:
    return prefix / MARKER


def read_marker(prefix: Path) -> bool:
    """Whether a whole environment stands here. Its marker's time is set to now: when it was used last."""
    marker = marker_of(prefix)
    try:
        data = json.loads(read_plain(marker, LARGEST_NOTE))
        whole = (
            isinstance(data, dict)
            and data.get("version") == MARKER_VERSION
            and data.get("prefix") == str(prefix)
            and environment_at(prefix).python.exists()
        )
        if whole:
            os.utime(marker)
    except (OSError, ValueError, RecursionError):  # missing, cut off, or in a cache that is not ours to write
        return False
    return whole


def mark(prefix: Path, interpreter: Interpreter, files: Mapping[str, bytes], created: datetime) -> None:
    """Say that this environment is whole, and have it on the disk first: after a loss of power, too, there is
    no marker of one that is not. Raises OSError."""
    record = {
        "version": MARKER_VERSION,
        "prefix": str(prefix),
        "python": interpreter.as_json(),
        "inputs": {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())},
        "created": created.isoformat(timespec="seconds"),
    }
    flush_file_system(prefix)
    write_atomically(marker_of(prefix), json.dumps(record, indent=1).encode())


def recorded_interpreter(prefix: Path) -> Interpreter | None:
    """The interpreter that the environment was made with; None where no whole one stands."""
    try:
        data = json.loads(read_plain(marker_of(prefix), LARGEST_NOTE))
        return parse_probe(json.dumps(data["python"]))
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None


def program_path(environment: Environment, word: str, environ: Mapping[str, str] = os.environ) -> str:
    """The program that the first word of a start command means.

    `python` is the environment's own; a bare name is looked for among the environment's programs, then on
    PATH; a path stays. Raises RuntimeMissing.
    """
    if word.lower() in _PYTHON_WORDS:
        return str(environment.python)
    if os.path.dirname(word):
        return word
    folders = [*(str(folder) for folder in environment.programs), environ.get("PATH", os.defpath)]
    if found := shutil.which(word, path=os.pathsep.join(folders)):
        return found
    raise RuntimeMissing(
        f"The program `{word}` is not there",
        found=f"neither among the site's packages ({environment.programs[0]}) nor on PATH",
        fix=f"Add the package that brings `{word}` to the requirements, or install it on this machine.",
    )
