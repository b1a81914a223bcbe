"""What `webstead gateway enable` and `disable` register, and the words in which they tell of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from webstead.attach.bundle import GATEWAY
from webstead.attach.interpreter import python_folders
from webstead.cli.gateway.paths import there_or_on_windows
from webstead.errors import UsageError
from webstead.formats.appcmd import command_text, grant_words
from webstead.formats.servers import GatewaySite, configuration

__all__ = ["Paths", "Report", "grants", "web_config"]

ACCOUNT = "IIS_IUSRS"
"""The group that the identity of every application pool is in."""

_DONE = {
    "to register": "Would be registered",
    "to remove": "Would be taken out",
    "registered": "Registered",
    "changed": "Was registered with other values, which are changed now",
    "removed": "No longer registered",
    "unchanged": "Nothing to do, it is so already",
}


@dataclass(frozen=True, slots=True)
class Paths:
    """Absolute, as the machine with IIS has them."""

    python: str
    gateway: str

    @classmethod
    def of(cls, python: str, gateway: str) -> Paths:
        """What the user names, or what runs now. Raises UsageError for a path that is not there."""
        return cls(
            there_or_on_windows("--python", python or sys.executable),
            there_or_on_windows("--gateway", gateway or str(GATEWAY)),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """done: a word of the table above. command: what appcmd is told. grants: commands for permissions."""

    done: str
    script_processor: str
    command: tuple[str, ...]
    grants: tuple[tuple[str, ...], ...] = ()
    web_config: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "done": self.done,
            "script_processor": self.script_processor,
            "command": list(self.command),
            "grants": [list(words) for words in self.grants],
            "web_config": self.web_config,
        }

    def as_text(self) -> str:
        lines = [f"{_DONE[self.done]}: {self.script_processor}", f"  {command_text(self.command)}"]
        if self.grants:
            attribute = self.script_processor.replace("&", "&amp;").replace('"', "&quot;")
            lines += ["In the handler of a web.config:", f'  scriptProcessor="{attribute}"']
            lines += ["The application pool must be able to read these; as administrator:"]
            lines += [f"  {command_text(words)}" for words in self.grants]
        return "\n".join([*lines, *(["", self.web_config.rstrip()] if self.web_config else [])])


def grants(paths: Paths) -> tuple[tuple[str, ...], ...]:
    """The commands that let application pools read the Python and the gateway."""
    folders = dict.fromkeys([*python_folders(paths.python), paths.gateway])
    return tuple(grant_words(folder, ACCOUNT) for folder in folders)


def web_config(paths: Paths, target: str, words: Sequence[str] | None) -> str:
    """A whole file for a site in the working directory; "" without a target. IIS starts the gateway: where it
    listens is its own affair. Raises UsageError for options of the gateway, which no such file is made with.
    """
    if not target:
        return ""
    if words:
        fix = "Leave --site-config out, and write the scriptProcessor that is printed into your file."
        raise UsageError(
            "A web.config is written without options of the gateway.", found=" ".join(words), fix=fix
        )
    here = os.getcwd()
    return configuration("iis", GatewaySite(target, "tcp:127.0.0.1:9000", here, paths.python, paths.gateway))
