"""What goes into an output: the project's files, its packages, and what Django collected."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from webstead.build import Environment
from webstead.build.environment import OVERLAY, site_packages
from webstead.build.output import Item, folder_items, relocated_items
from webstead.build.steps import step_environment
from webstead.effects.processes import TimedOut, run
from webstead.plan import Plan

__all__ = [
    "COLLECTED",
    "Collected",
    "collected_files",
    "environment_items",
    "package_items",
    "project_items",
    "union",
]

COLLECTED = ".webstead/static"
"""Where collected files go when Django's settings name no place within the project."""

_ASK_SECONDS = 60.0
_MARK = "webstead-static-root="
_BESIDE = b'"$(dirname -- "$(realpath -- "$0")")"/python'
_ABOVE = b'"$(dirname -- "$(realpath -- "$0")")"/../../bin/python'
_PTH = "webstead-overlay.pth"  # read in an environment's own folder only
_NOT_COPIED = frozenset({".git", "__pycache__"})
_NOTES = frozenset({".webstead", "oryx-manifest.toml", ".ostype"})


def project_items(project: Path, without: Collection[str]) -> list[Item]:
    """The project's files, but for version control, byte code, environments, and without: names at the
    root."""
    left = frozenset({*without, *_NOTES})

    def skip(path: str, entry: os.DirEntry[str]) -> bool:
        if entry.name in _NOT_COPIED or ("/" not in path and path in left):
            return True
        return entry.is_dir(follow_symlinks=False) and os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))

    return list(folder_items(project, skip=skip))


def package_items(environment: Environment, folder: str, project: Path) -> list[Item]:
    """The environment's packages as one folder for PYTHONPATH: what --target of pip makes, with programs, and
    the Python that runs them, in bin/. What Webstead adds stays behind them, in overlay/."""
    moved = environment_items(environment, "", project)
    sites = [
        f"{site.relative_to(environment.prefix).as_posix()}/" for site in site_packages(environment.prefix)
    ]
    found = []
    for item in moved:
        site = next((site for site in sites if item.path.startswith(site)), None)
        if site is not None and not item.path.endswith(_PTH):
            found.append(_at(item, f"{folder}/{item.path.removeprefix(site)}"))
        elif item.path.startswith(f"{OVERLAY}/") or (item.path.startswith("bin/") and _is_program(item)):
            found.append(_at(item, f"{folder}/{item.path}"))
    return found


def _is_program(item: Item) -> bool:
    """Not what activates an environment."""
    return item.link is not None or (item.executable and "activate" not in PurePosixPath(item.path).name)


def environment_items(environment: Environment, folder: str, project: Path) -> list[Item]:
    """The whole environment, in folder; "" for an archive of its own."""
    bare = f"{folder}/{OVERLAY}/bin/".removeprefix("/")
    items = relocated_items(environment, folder, project)
    return [_led_to_python(item) if item.path.startswith(bare) else item for item in items]


def _led_to_python(item: Item) -> Item:
    """The Python of the programs that Webstead adds is not beside them, but the environment's."""
    if item.data is None or _BESIDE not in item.data:
        return item
    return Item.of(item.path, item.data.replace(_BESIDE, _ABOVE, 1), executable=item.executable)


@dataclass(frozen=True, slots=True)
class Collected:
    """path: of the collected files in the output. named: the app's own settings name it."""

    path: str
    named: bool


def collected_files(
    plan: Plan, project: Path, environment: Environment, environ: Mapping[str, str]
) -> Collected | None:
    """Where the files that Django collected go: to STATIC_ROOT, where that is within the project. None when
    nothing was collected."""
    step = next((step for step in plan.install if step.kind == "collectstatic"), None)
    if step is None or environment.static is None or not environment.static.is_dir():
        return None
    root = _static_root(project / step.path, plan, environment, environ)
    if root is not None and root != project and root.is_relative_to(project):
        return Collected(root.relative_to(project).as_posix(), named=True)
    return Collected(COLLECTED, named=False)


def _static_root(
    manage: Path, plan: Plan, environment: Environment, environ: Mapping[str, str]
) -> Path | None:
    """STATIC_ROOT as the project's own settings have it; None when they do not say."""
    code = f"from django.conf import settings; print('{_MARK}' + str(settings.STATIC_ROOT or ''))"
    variables = step_environment(environment, plan.settings, environ)
    variables.pop("WEBSTEAD_STATIC_ROOT", None)
    words = [str(environment.python), "-B", manage.name, "shell", "-c", code]
    try:
        done = run(words, cwd=manage.parent, env=variables, timeout=_ASK_SECONDS)
    except TimedOut:
        return None
    lines = [line for line in done.tail if line.startswith(_MARK)]
    text = lines[-1].removeprefix(_MARK) if lines and done.code == 0 else ""
    return Path(os.path.realpath(manage.parent / text)) if text else None


def _at(item: Item, path: str) -> Item:
    return Item(path, item.size, item.executable, item.data, item.source, item.link)


def union(*parts: Iterable[Item]) -> Sequence[Item]:
    """All items, sorted by path; where two have one path, the later part's."""
    found = {item.path: item for part in parts for item in part}
    return [found[path] for path in sorted(found)]
