"""Reading a project: everything that a plan needs to know of a folder of code, in one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from webstead.project.app_json import AppJson, read_app_json
from webstead.project.build_settings import BuildSettings, read_build_settings
from webstead.project.candidates import Candidate, Found, NearMiss, find_candidates, is_aside
from webstead.project.code import Code
from webstead.project.django import DjangoProject, SettingsChoice, manage_files, read_django, settings_choice
from webstead.project.django_faults import django_faults
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.frameworks import WSGI_BEFORE
from webstead.project.git_files import absent_submodules, is_lfs_pointer, lfs_finding
from webstead.project.manifests import Manifests, read_manifests
from webstead.project.manifests.requirement_names import REQUIREMENT_NAMES
from webstead.project.mentions import Mention, read_mentions
from webstead.project.named_apps import named_apps
from webstead.project.paths import folder_of
from webstead.project.procfile import (
    ProcfileEntry,
    read_procfile,
    read_run,
    read_startup_file,
    through_script,
)
from webstead.project.program_mentions import read_program_mentions
from webstead.project.pyproject_faults import pyproject_faults
from webstead.project.python_version import PythonStatement, read_python_statements
from webstead.project.requirement_faults import requirement_faults
from webstead.project.scripts import Script
from webstead.project.shadowing import shadowing
from webstead.project.start_file_faults import start_file_faults
from webstead.project.stated import Stated
from webstead.project.tree import Tree
from webstead.project.uv_lock_faults import uv_lock_faults
from webstead.project.values import Place
from webstead.project.vendored_python import vendored_python

__all__ = ["Project", "read_project"]


_NO_BUILD_SETTINGS = BuildSettings()
_NO_APP_JSON = AppJson()


@dataclass(frozen=True, slots=True)
class Project:
    """A project read. mentions: targets that its start files and its code name. settings_choices: by file,
    the Django settings module that each wsgi.py, asgi.py and manage.py chooses. code: the modules, for
    further questions. build: what it says about its own build. startup: what `run` of appsvc.yaml starts,
    else startup.txt or startup.sh. programs: scripts that its start files run. app_json: what Heroku is told
    of it. adding: files that give routes
    or the like to an app which another module makes, with its place. elsewhere: code that no web server
    serves, and commands that have to be named. asking: files that may ask for what is installed."""

    files: tuple[str, ...]
    manifests: Manifests
    python: tuple[PythonStatement, ...]
    procfile: tuple[ProcfileEntry, ...]
    candidates: tuple[Candidate, ...]
    near: tuple[NearMiss, ...]
    scripts: tuple[Script, ...]
    django: tuple[DjangoProject, ...]
    settings_choices: tuple[SettingsChoice, ...]
    mentions: tuple[Mention, ...]
    python_files: int
    findings: tuple[Finding, ...]
    code: Code
    build: BuildSettings = _NO_BUILD_SETTINGS
    startup: ProcfileEntry | None = None
    programs: tuple[tuple[str, Evidence], ...] = ()
    adding: Mapping[Place, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: tuple[NearMiss, ...] = ()
    app_json: AppJson = _NO_APP_JSON
    asking: tuple[str, ...] = ()

    def process(self, name: str) -> ProcfileEntry | None:
        """Of two lines with one name the later counts, as for Heroku."""
        return next((entry for entry in reversed(self.procfile) if entry.name == name), None)


class _Readable:
    """A tree whose unreadable files, and pointers of Git LFS, are empty and become findings; so do names that
    are no text, which no plan can hold. What is listed is asked for once."""

    def __init__(self, tree: Tree) -> None:
        listed = tree.files()
        odd = [path for path in listed if not _is_text(path)]
        self._tree = tree
        self._files = tuple(path for path in listed if path not in odd)
        self.findings: dict[str, Finding] = {path: _odd_name(path) for path in odd}

    def files(self) -> tuple[str, ...]:
        return self._files

    def read(self, path: str) -> bytes:
        try:
            data = self._tree.read(path)
        except OSError as error:
            self.findings[path] = _unreadable(path, error)
            return b""
        if is_lfs_pointer(data):
            self.findings[path] = lfs_finding(path)
            return b""
        return data


def _unreadable(path: str, error: OSError) -> Finding:
    right = "Give the user that runs webstead the right to read it."
    fix = right if isinstance(error, PermissionError) else ""
    text = f"{path} cannot be read: {error.strerror or 'it is no longer there'}."
    return Finding(text, fix, (Evidence(path, 0, "unreadable"),))


def _is_text(path: str) -> bool:
    """Bytes of a name that are not UTF-8 come from the system as lone surrogates (PEP 383)."""
    return not any("\ud800" <= char <= "\udfff" for char in path)


def _odd_name(path: str) -> Finding:
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return Finding(f"The file name {shown} is not UTF-8; the file is left out.", "Rename it.")


def read_project(tree: Tree, given: Sequence[Stated] = ()) -> Project:
    """All that is in the tree. given: build settings that the user gives. Raises nothing for what a project
    may hold; what is wrong with it becomes a finding."""
    readable = _Readable(tree)
    files = readable.files()
    code = Code(readable)
    build = read_build_settings(readable, given)
    manifests = _manifests(readable, files, build.requirements)
    brought = vendored_python(readable, manifests)
    python, python_findings = read_python_statements(readable, manifests.folder, brought)
    procfile, procfile_findings = _procfile(readable, files)
    run, run_findings = _run(readable, files, build)
    found = find_candidates(code, files)
    manage = [path for path in manage_files(files) if not is_aside(path)]
    django = tuple(project for path in manage for project in (read_django(code, path),) if project)
    mentions = read_mentions(readable, files)
    found.candidates += list(named_apps(code, mentions, found.candidates))
    choices, startup = _choices(code, found, django), read_startup_file(readable, files)
    return Project(
        files,
        manifests,
        python,
        procfile,
        tuple(_by_version(candidate, manifests) for candidate in found.candidates),
        tuple(found.near),
        tuple(found.scripts),
        django,
        choices,
        _once([*found.mentions, *mentions]),
        found.python_files,
        (
            *manifests.findings,
            *requirement_faults(readable, manifests),
            *pyproject_faults(readable, manifests),
            *uv_lock_faults(readable, manifests),
            *build.findings,
            *python_findings,
            *procfile_findings,
            *run_findings,
            *start_file_faults(readable, files, procfile, startup, found.candidates),
            *found.findings,
            *django_faults(code, choices),
            *shadowing(files, {c.directory for c in found.candidates if not c.aside}, manifests),
            *absent_submodules(readable, files),
            *readable.findings.values(),
        ),
        code,
        build,
        run or startup,
        tuple(read_program_mentions(readable, files)),
        _by_place(found.adding),
        tuple(found.elsewhere),
        read_app_json(readable),
        tuple(found.asking),
    )


_STATING = frozenset(
    {"requirements.txt", "pyproject.toml", "pipfile", "environment.yml", "environment.yaml"}
    | {"pipfile.lock", "pylock.toml"}  # the other locks have a pyproject.toml beside them
    | set(REQUIREMENT_NAMES)
)


def _stating_folder(path: str) -> str:
    """The folder that a manifest is of: `api` for `api/requirements/prod.txt`; "" for another file."""
    folder, _, name = path.lower().rpartition("/")
    if name in _STATING:
        return folder_of(path)
    return folder_of(folder_of(path)) if f"{folder.rpartition('/')[2]}/{name}" in _STATING else ""


def _manifests(tree: Tree, files: tuple[str, ...], named: Stated | None) -> Manifests:
    """Those of the root; where it has none, those of the only sub-folder that has some. named: the
    requirements file that the user names."""
    root = read_manifests(tree, ".", named)
    if root.any:
        return root
    folders = {_stating_folder(path) for path in files if not is_aside(path)} - {"", "."}
    inner = sorted(folders, key=lambda folder: (folder.count("/"), folder))
    shallow = [folder for folder in inner if folder.count("/") == inner[0].count("/")]
    if len(shallow) != 1:
        return root
    only = read_manifests(tree, shallow[0])
    return replace(only, findings=(*root.findings, *only.findings))


def _procfile(tree: Tree, files: tuple[str, ...]) -> tuple[tuple[ProcfileEntry, ...], tuple[Finding, ...]]:
    path = next((path for path in files if path.lower() == "procfile"), None)
    entries, findings = read_procfile(tree.read(path), path) if path else ((), ())
    return tuple(through_script(entry, tree, files) for entry in entries), findings


def _run(
    tree: Tree, files: tuple[str, ...], build: BuildSettings
) -> tuple[ProcfileEntry | None, tuple[Finding, ...]]:
    entry = read_run(build.run) if build.run else None
    if isinstance(entry, Finding):
        return None, (entry,)
    return (through_script(entry, tree, files) if entry else None), ()


def _choices(code: Code, found: Found, django: tuple[DjangoProject, ...]) -> tuple[SettingsChoice, ...]:
    choices = {project.manage: project.settings for project in django if project.settings}
    for candidate in found.candidates:
        module = code.module(candidate.path) if candidate.framework.distribution == "django" else None
        choice = settings_choice(module) if module else None
        if choice:
            choices[candidate.path] = choice
    return tuple(choices.values())


def _by_place(adding: Sequence[tuple[Place, str]]) -> Mapping[Place, tuple[str, ...]]:
    found: dict[Place, list[str]] = {}
    for place, path in adding:
        found.setdefault(place, []).append(path)
    return {place: tuple(paths) for place, paths in found.items()}


def _once(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Those that weigh most first; what is said again of one app says nothing more."""
    ordered = sorted(mentions, key=lambda mention: mention.weight)
    return tuple({(m.target, m.weight, m.folder): m for m in reversed(ordered)}.values())[::-1]


def _by_version(candidate: Candidate, manifests: Manifests) -> Candidate:
    """With the interface that its framework has in the version that the manifests ask for."""
    distribution = candidate.framework.distribution
    first = WSGI_BEFORE.get(distribution)
    asked = [] if first is None else [item.text for item in manifests.listed if item.name == distribution]
    if first is None or not any(_is_below(text, Version(first)) for text in asked):
        return candidate
    return replace(candidate, framework=replace(candidate.framework, interface="wsgi"))


def _is_below(requirement: str, first: Version) -> bool:
    """Whether it keeps to versions below first: `connexion<3`, `connexion==2.14`."""
    try:
        specifiers = Requirement(requirement).specifier
        highest = [
            (each.operator, Version(each.version.removesuffix(".*")))
            for each in specifiers
            if each.operator in ("<", "<=", "==", "~=")
        ]
    except (InvalidRequirement, InvalidVersion):
        return False
    return any(version < first or (operator, version) == ("<", first) for operator, version in highest)
