"""Projects that are wrong in one way each, as text files: tests/wrong/<topic>/<name>.tree.

    wrong: A bracket is not closed.       the one thing, in a sentence
    set: PYTHON_VERSION=latest            a setting; also `app:`, `command:` and `runtime:`, as the options
    bytes: requirements.txt utf-16        a file that is not in UTF-8
    === requirements.txt
    flask
    …

What Webstead says of it is kept beside it, in <name>.txt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from webstead.cli.report.text import error_text
from webstead.effects.listing import listed
from webstead.errors import WebsteadError
from webstead.plan import Overrides, Plan, make_plan, start_or_error
from webstead.plan.model import PlanWarning
from webstead.project import MemoryTree
from webstead.project.tree import IGNORED_FOLDERS
from webstead.settings import Setting

__all__ = ["WRONG", "WrongTree", "read_wrong_trees"]

WRONG = Path(__file__).parent / "wrong"

_FILE = re.compile(r"^=== (\S.*)\n", re.MULTILINE)
_HEADS = frozenset({"wrong", "app", "command", "runtime", "set", "bytes"})


@dataclass(frozen=True, slots=True)
class WrongTree:
    name: str
    wrong: str
    files: dict[str, bytes]
    overrides: Overrides

    @property
    def snapshot(self) -> Path:
        return WRONG / f"{self.name}.txt"

    def told(self) -> str:
        """The start or the error, and each warning, as a user reads them."""
        kept = listed(self.files, {}, IGNORED_FOLDERS)
        try:
            plan = make_plan(MemoryTree({path: self.files[path] for path in kept}), self.overrides)
        except WebsteadError as error:
            return error_text(error)
        return "".join([_start(plan), *map(_warning, plan.warnings)])


def _start(plan: Plan) -> str:
    try:
        start = start_or_error(plan)
    except WebsteadError as error:
        return error_text(error)
    words = start.target or " ".join(start.command)
    return f"start: {start.interface} {words}" + (
        f" in {start.directory}\n" if start.directory != "." else "\n"
    )


def _warning(warning: PlanWarning) -> str:
    lines = [f"warning: {warning.text}", *(f"at:    {e.where}  {e.why}" for e in warning.evidence)]
    lines += [f"fix:   {line}" for line in warning.fix.splitlines()]
    return "\n".join([*lines, ""])


def read_wrong_trees() -> list[WrongTree]:
    paths = sorted(WRONG.glob("*/*.tree"))
    return [_read(f"{path.parent.name}/{path.stem}", path.read_text(encoding="utf-8")) for path in paths]


def _read(name: str, text: str) -> WrongTree:
    """Raises ValueError for a tree that does not say what is wrong."""
    header, *parts = _FILE.split(text)
    heads = dict(line.split(": ", 1) for line in header.splitlines())
    if "wrong" not in heads or not heads.keys() <= _HEADS:
        raise ValueError(f"{name}: wrong is needed; the others are {sorted(_HEADS)}")
    files = {path: body.encode() for path, body in zip(parts[::2], parts[1::2], strict=True)}
    if "bytes" in heads:
        path, encoding = heads["bytes"].split()
        files[path] = files[path].decode().encode(encoding)
    key, _, value = heads.get("set", "").partition("=")
    setting = (Setting.of(key, value, "--env"),) if key else ()
    given = Overrides(
        heads.get("app"), heads.get("command"), heads.get("runtime"), settings=setting, running="3.12"
    )
    return WrongTree(name, heads["wrong"], files, given)
