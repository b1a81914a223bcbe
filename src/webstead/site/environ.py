"""The settings that the user gives on the command line: `--env KEY=VALUE` and `--env-file FILE`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from webstead.errors import UsageError
from webstead.settings import Setting

__all__ = ["read_settings"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def read_settings(pairs: Iterable[str], files: Iterable[Path]) -> tuple[Setting, ...]:
    """The settings in the order given, later ones winning: those of the files first, then the pairs.

    Raises UsageError for a pair without `=`, a name that no variable can have, or a file that is not there.
    """
    found = {setting.name: setting for file in files for setting in _from_file(file)}
    found.update((setting.name, setting) for setting in map(_from_pair, pairs))
    return tuple(found.values())


def _from_pair(pair: str) -> Setting:
    name, equals, value = pair.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise UsageError(
            "A setting is written as KEY=VALUE.",
            found=name if equals else pair,
            fix="Write it as DEBUG=1; quote values with spaces: 'TITLE=My site'.",
        )
    return Setting.of(name, value, "--env")


def _from_file(file: Path) -> Iterator[Setting]:
    from dotenv import dotenv_values

    try:
        with file.open(encoding="utf-8-sig") as lines:
            values = dotenv_values(stream=lines, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(
            f"The settings file {file} cannot be read.",
            found=str(reason),
            fix="Give --env-file the path of a text file with one KEY=VALUE a line.",
        ) from None
    for name, value in values.items():
        yield Setting.of(name, value or "", str(file))
