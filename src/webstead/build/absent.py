"""What an install lacks that may not ask the network: all of it at once, where uv stops at the first."""

from __future__ import annotations

from collections.abc import Iterator

from webstead.build.installers import Work
from webstead.build.installers.locked import LOCKED_FILE

__all__ = ["absent_packages"]

MOST = 200  # requirements that are tried, at some 20 ms each


def absent_packages(work: Work) -> tuple[str, ...]:
    """The requirements of the step that cannot be installed with what is here, as written."""
    asked = [words for words in _asked(work) if words and words[0] not in "-./" and "://" not in words]
    python, folder = work.environment.python, work.environment.prefix / "webstead-tried"
    return tuple(words for words in asked[:MOST] if not work.uv.is_here(python, folder, words))


def _asked(work: Work) -> Iterator[str]:
    locked = work.environment.prefix / LOCKED_FILE
    if locked.is_file():
        yield from (line.partition(" --hash=")[0] for line in locked.read_text().splitlines())
    elif work.step.kind == "lock":
        member = work.step.words[0] if work.step.words else None
        yield from work.uv.locked((work.project / work.step.path).parent, member)
    elif work.step.kind == "overlay":
        yield from work.step.words
    else:
        manifest = work.inputs.manifest
        stated = manifest.lines if manifest else None
        yield from stated if stated is not None else (item.text for item in work.inputs.listed)
