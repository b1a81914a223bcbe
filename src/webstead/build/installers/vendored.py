"""Packages that the project brings, installed in a folder of its own: they stay there, and the environment
finds them.

The commands of such packages begin with the path of a Python of the machine where they were installed; the
environment gets commands of its own for them.
"""

from __future__ import annotations

import os
import sys

from webstead.build.environment import site_packages
from webstead.build.installers.work import Work
from webstead.effects.files import write_atomically
from webstead.errors import BuildError
from webstead.project.manifests.vendored import Script, Tag, scripts_of, tags_of

__all__ = ["use_vendored"]

_PTH = "_webstead-vendored.pth"
"""Read before the overlay's, by its name: the project's packages win."""

_SYSTEMS = {"linux": ("linux", "manylinux", "musllinux"), "win32": ("win",), "darwin": ("macosx",)}
MAX_NAMED = 8


def use_vendored(work: Work) -> None:
    """Raises BuildError when the packages are for another Python or system."""
    files = work.inputs.files
    version = ".".join(map(str, work.interpreter.release[:2]))
    others = {
        path: tags
        for path, tags in tags_of(files).items()
        if tags and not any(_fits(tag, version) for tag in tags)
    }
    if others:
        raise _built_for_another(work, others, version)
    prefix = work.environment.prefix
    for folder in site_packages(prefix):
        write_atomically(folder / _PTH, f"{work.project / work.step.path}\n".encode())
    for script in scripts_of(files) if os.name == "posix" else ():
        path = work.environment.programs[0] / script.name
        if not path.exists():  # python and pip stay the environment's own
            write_atomically(path, _text(script, str(work.environment.python)).encode(), 0o755)
    work.say(f"Using {len(work.inputs.listed)} packages in {work.step.path}")


def _fits(tag: Tag, version: str) -> bool:
    families = _SYSTEMS.get(sys.platform, ())
    return tag.version in ("", version) and (tag.platform == "any" or tag.platform.startswith(families))


def _text(script: Script, python: str) -> str:
    top = script.object.partition(".")[0]
    return (
        f"#!{python}\nimport sys\n\nfrom {script.module} import {top}\n\n"
        f'if __name__ == "__main__":\n    sys.exit({script.object}())\n'
    )


def _built_for_another(work: Work, others: dict[str, tuple[Tag, ...]], version: str) -> BuildError:
    found = [
        f"{os.path.basename(os.path.dirname(path)).removesuffix('.dist-info')} is built for "
        f"{tags[0].python} on {tags[0].platform}"
        for path, tags in sorted(others.items())
    ]
    more = [f"and {len(found) - MAX_NAMED} more"] if len(found) > MAX_NAMED else []
    return BuildError(
        f"The packages in {work.step.path} are not for Python {version} on this system",
        found="\n".join(found[:MAX_NAMED] + more),
        fix=f"Choose their Python with --runtime, or install them here: list them in a requirements.txt and "
        f"delete {work.step.path}.",
    )
