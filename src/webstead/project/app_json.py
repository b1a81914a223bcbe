"""app.json: what Heroku is told of an app. The settings that it needs, and what runs after it is deployed.

Source: Heroku's "app.json Schema". Other tools have a file of that name, too: only one with keys of Heroku's
is its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from webstead.project.evidence import Evidence
from webstead.project.manifests.toml import Table, table, text
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["AppJson", "NeededSetting", "read_app_json"]

FILE = "app.json"
MAX_BYTES = 1 << 20
MAX_SETTINGS = 500

_OF_HEROKU = frozenset(
    {"addons", "buildpacks", "env", "environments", "formation", "scripts", "stack", "success_url"}
)


@dataclass(frozen=True, slots=True)
class NeededSetting:
    """value: what it is where nothing else is said; "" for none. made: Heroku makes one up (`generator`)."""

    name: str
    value: str
    made: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class AppJson:
    """needed: settings that the app does not run without. postdeploy: a command, with where it is said."""

    needed: tuple[NeededSetting, ...] = ()
    postdeploy: tuple[str, Evidence] | None = None


def read_app_json(tree: Tree) -> AppJson:
    """Empty for a file that is none of Heroku's, or no JSON."""
    data = tree.read(FILE) if FILE in tree.files() else b""
    content = decode(data).text
    try:
        root = json.loads(content) if 0 < len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        return AppJson()
    if not isinstance(root, dict) or not _OF_HEROKU & root.keys() or "expo" in root:
        return AppJson()
    lines = content.splitlines()
    command = text(table(root, "scripts"), "postdeploy").strip()
    evidence = Evidence(FILE, _line(lines, "postdeploy"), f"runs {command} after a deployment")
    return AppJson(_needed(table(root, "env"), lines), (command, evidence) if command else None)


def _needed(env: Table, lines: list[str]) -> tuple[NeededSetting, ...]:
    """All but those that are said not to be required."""
    found = []
    for name, value in list(env.items())[:MAX_SETTINGS]:
        told = value if isinstance(value, dict) else {"value": value}
        if told.get("required") is not False:
            given = told.get("value")
            evidence = Evidence(FILE, _line(lines, name), f"the app needs {name}")
            made = "generator" in told
            found.append(NeededSetting(name, given if isinstance(given, str) else "", made, evidence))
    return tuple(found)


def _line(lines: list[str], key: str) -> int:
    return next((number for number, line in enumerate(lines, 1) if f'"{key}"' in line), 0)
