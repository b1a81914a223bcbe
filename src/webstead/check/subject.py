"""What the rules look at: a project read, its web.config files, and what they come to. Made once; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal

from webstead.check.document import Document, Place, read
from webstead.check.target import READS_CONFIG, Target
from webstead.errors import ConfigError
from webstead.formats.webconfig import Site
from webstead.plan import Overrides
from webstead.plan.configured import MADE_PATH, Configured, config_paths, lay_over, read_one
from webstead.plan.machine import Machine
from webstead.plan.make import plan_project
from webstead.plan.model import Plan, PlanWarning
from webstead.plan.own_file import notes_as_warnings
from webstead.plan.processes import Derived, derive_processes
from webstead.project import Project, read_project
from webstead.project.tree import Tree

__all__ = ["Imported", "Refused", "Subject", "read_subject"]

_NO_MACHINE = Machine()
_SETTINGS = frozenset({"add", "environmentVariable"})
"""Elements of which the value is meant."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of importing an app in the site's environment. failure: empty when it was imported. path,
    line: the last of the project's own lines that it came to; "" when it was none."""

    target: str
    failure: str = ""
    fix: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """web.config files that cannot be used. kind: what does not hold: the XML, or what it says. The error may
    be in a file that they take a section from."""

    kind: Literal["xml", "says"]
    error: ConfigError
    configs: frozenset[str]


@dataclass(frozen=True)
class Subject:
    """today: for what runs out. documents: the web.config files that are XML. site: of the files that can be
    used, None without any. derived: the processes that they ask for. imported: by target, where the site's
    environment was there to import in; empty otherwise. unresolved: (package, uv's words) for which the
    target has no wheel; asked for with --online only."""

    target: Target
    today: date
    tree: Tree
    project: Project
    plan: Plan
    documents: tuple[Document, ...] = ()
    refused: tuple[Refused, ...] = ()
    site: Site | None = None
    derived: Derived = field(default_factory=Derived)
    imported: Mapping[str, Imported] = field(default_factory=dict)
    unresolved: tuple[tuple[str, str], ...] = ()

    @cached_property
    def warnings(self) -> tuple[PlanWarning, ...]:
        """What the plan found, and what its files come to by themselves; each once."""
        problems = self.derived.problems
        others = [
            warning
            for warning in (*self.derived.warnings, *self._notes(), *self.plan.warnings)
            if not any(warning.text.startswith(problem.text) for problem in problems)
            and not any(evidence.path == MADE_PATH for evidence in warning.evidence)
        ]
        return tuple({warning.text: warning for warning in (*problems, *others)}.values())

    def _notes(self) -> tuple[PlanWarning, ...]:
        """Of the files alone. A platform section without a handler is given one here, and by no other."""
        notes = notes_as_warnings(self.site) if self.site else ()
        here = self.target == "webstead"
        return tuple(note for note in notes if not (here and note.kind == "platform-without-handler"))

    @cached_property
    def names(self) -> frozenset[str]:
        """All files and folders in lower case: Windows does not mind."""
        found: set[str] = set()
        for path in self.project.files:
            parts = path.lower().split("/")
            found.update("/".join(parts[:count]) for count in range(1, len(parts) + 1))
        return frozenset(found)

    @property
    def root(self) -> Document | None:
        return next((document for document in self.documents if not document.folder), None)

    def document(self, path: str) -> Document | None:
        return next((document for document in self.documents if document.path == path), None)

    def place(self, path: str, line: int) -> Place:
        """The first element that begins in a line of a web.config, or just the line."""
        document = self.document(path)
        element = document.first.get(line) if document else None
        if document and element:
            return document.place(element, "value" if element.name in _SETTINGS else "")
        return Place(path, line, 0, 0, 0)


def read_subject(tree: Tree, target: Target, today: date, machine: Machine = _NO_MACHINE) -> Subject:
    """Raises nothing for what a project may hold."""
    project = read_project(tree)
    if target not in READS_CONFIG:
        without = _Without(tree, config_paths(project.files))
        bare = read_project(without)
        return Subject(target, today, tree, project, plan_project(bare, without, Overrides(), machine))
    documents, refused = _documents(tree, project)
    files, more = _configured(tree, documents)
    site, failure = _laid(files)
    refused += (*more, *failure)
    bad = frozenset[str]().union(*(each.configs for each in refused))
    readable = _Without(tree, bad) if bad else tree
    whole = read_project(readable) if bad else project
    return Subject(
        target=target,
        today=today,
        tree=tree,
        project=project,
        plan=plan_project(whole, readable, Overrides(), machine),
        documents=documents,
        refused=refused,
        site=site,
        derived=derive_processes(site, project, Overrides(), machine) if site else Derived(),
    )


def _documents(tree: Tree, project: Project) -> tuple[tuple[Document, ...], tuple[Refused, ...]]:
    documents, refused = [], []
    for path in config_paths(project.files):
        try:
            documents.append(read(_bytes(tree, path), path))
        except ConfigError as error:
            refused.append(Refused("xml", error, frozenset({path})))
    return tuple(documents), tuple(refused)


def _bytes(tree: Tree, path: str) -> bytes:
    try:
        return tree.read(path)
    except OSError as error:
        found = error.strerror or "it is no longer there"
        raise ConfigError(f"{path} cannot be read", path=path, found=found) from None


def _configured(tree: Tree, documents: Sequence[Document]) -> tuple[list[Configured], tuple[Refused, ...]]:
    files, refused = [], []
    for document in documents:
        try:
            files.append(read_one(tree, document.path))
        except ConfigError as error:
            refused.append(Refused("says", error, frozenset({document.path})))
    return files, tuple(refused)


def _laid(files: Sequence[Configured]) -> tuple[Site | None, tuple[Refused, ...]]:
    """The site of all files; of those that fit together, when one does not fit (a lock, say)."""
    refused: list[Refused] = []
    left = list(files)
    while left:
        try:
            return lay_over(left), tuple(refused)
        except ConfigError as error:
            paths = [file.config.path for file in left]
            out = [error.path] if error.path in paths else paths
            refused.append(Refused("says", error, frozenset(out)))
            left = [file for file in left if file.config.path not in out]
    return None, tuple(refused)


class _Without:
    """A tree without some of its files."""

    def __init__(self, tree: Tree, paths: Collection[str]) -> None:
        self._tree = tree
        self._paths = frozenset(paths)

    def files(self) -> Sequence[str]:
        return [path for path in self._tree.files() if path not in self._paths]

    def read(self, path: str) -> bytes:
        if path in self._paths:
            raise FileNotFoundError(path)
        return self._tree.read(path)
