"""The Python of an environment that was built elsewhere, on the machine where it runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from webstead.cli.oryx.pythons import finder
from webstead.effects.files import write_atomically
from webstead.errors import RuntimeMissing
from webstead.formats.oryx import Manifest

__all__ = ["with_interpreter"]

_HOME = re.compile(r"^home[ \t]*=[ \t]*(.*)$", re.MULTILINE)


def with_interpreter(
    folder: Path, manifest: Manifest, environ: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """Where the environment's Python leads nowhere, lead it to one of the same version on this machine.
    Raises RuntimeMissing when there is none."""
    python = folder / "bin" / "python"
    if python.exists() or not python.is_symlink():
        return
    version = _minor(manifest, folder)
    try:
        found = finder(folder, environ, say).find(version)
    except RuntimeMissing as error:
        raise RuntimeMissing(
            f"The environment's Python is not on this machine: {python} leads to {os.readlink(python)}",
            found=f"{error.what}; {error.found}",
            fix=f"Install Python {version}, or build the app on this machine.",
        ) from None
    python.unlink()
    python.symlink_to(found.base)
    settings = folder / "pyvenv.cfg"
    if settings.is_file():
        home = f"home = {os.path.dirname(found.base)}"
        text = _HOME.sub(lambda match: home, settings.read_text("utf-8", "surrogateescape"))
        write_atomically(settings, text.encode("utf-8", "surrogateescape"))
    say(f"The environment runs on {found.base} now, the Python {found.version} of this machine.")


def _minor(manifest: Manifest, folder: Path) -> str:
    """Of another patch version the packages run as well; of another minor one they do not."""
    named = re.match(r"\d+\.\d+", manifest.python_version, re.ASCII)
    if named:
        return named[0]
    libraries = sorted(path.name for path in folder.glob("lib/python3.*"))
    return libraries[-1].removeprefix("python") if libraries else ""
