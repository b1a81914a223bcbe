"""The steps of the build, from the manifests and what the chosen start needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webstead.plan.commands import host_words
from webstead.plan.conda import conda_step
from webstead.plan.hooks import after_packages, before_packages, own_command, wants_pip
from webstead.plan.model import InstallStep, PlanWarning, PythonChoice, Start
from webstead.plan.own_metadata import own_metadata
from webstead.plan.scripts import script_start
from webstead.project import Candidate, Evidence, Project
from webstead.project.build_settings import BuildSettings
from webstead.project.distributions import distribution_of
from webstead.project.manifests import LOCK_KINDS, Kind, Manifests
from webstead.project.manifests.uv_lock import member_of
from webstead.project.modules import absolute_imports, imported_names
from webstead.project.paths import join
from webstead.project.self_serving import PRODUCTION_SERVERS

__all__ = ["install_steps", "manifest_warnings"]


def install_steps(
    project: Project, python: PythonChoice, start: Start | None, collect: InstallStep | None
) -> tuple[InstallStep, ...]:
    """In order: what the project asks for before all, the environment, the project's packages, those that
    only the server needs, static files, what it asks for after them, release."""
    settings = project.build
    steps = [
        *before_packages(settings),
        *_environment_with_packages(project, python, settings, start),
        *_overlay(project, start),
        *own_metadata(project),
        *([collect] if collect else []),
        *after_packages(settings),
        *_release(project),
    ]
    return tuple(steps)


def _environment_with_packages(
    project: Project, python: PythonChoice, settings: BuildSettings, start: Start | None
) -> Sequence[InstallStep]:
    """conda brings Python itself."""
    own, manifests = own_command(settings), project.manifests
    if not own and manifests.chosen and manifests.chosen.kind == "conda":
        return [conda_step(manifests.chosen, python)]
    return [_environment(python, settings), *(own or _packages(project, start))]


def _environment(python: PythonChoice, settings: BuildSettings) -> InstallStep:
    words = ("pip",) if wants_pip(settings) else ()
    summary = f"Python {python.version} environment"
    return InstallStep("environment", summary, words=words, evidence=python.evidence)


_SUMMARIES: dict[Kind, str] = {
    "lock": "packages locked in {path}",
    "poetry.lock": "packages locked in {path}",
    "pdm.lock": "packages locked in {path}",
    "pipfile.lock": "packages locked in {path}",
    "pylock": "packages locked in {path}",
    "requirements": "{count} of {path}",
    "pyproject": "dependencies of {path}",
    "poetry": "{count} of {path} (Poetry)",
    "pipfile": "{count} of {path}",
    "setup": "install_requires of {path}",
    "conda": "conda environment of {path}",
    "vendored": "{count} in {path}, as they are",
}


def _packages(project: Project, start: Start | None) -> Sequence[InstallStep]:
    """From the one manifest that is chosen."""
    chosen = project.manifests.chosen
    if chosen is None:
        return []
    number = len(chosen.listed)
    count = f"{number} package{'' if number == 1 else 's'}"
    summary = _SUMMARIES[chosen.kind].format(path=chosen.path, count=count)
    evidence = (Evidence(chosen.path, 0, chosen.why),)
    member = _member(project, chosen.path, start) if chosen.kind == "lock" and start else None
    words = (member,) if member else ()
    summary += f", for {member}" if member else ""
    return [InstallStep(chosen.kind, summary, chosen.path, words, chosen.files, evidence)]


def _member(project: Project, path: str, start: Start) -> str | None:
    """The member of uv's workspace that the start is in."""
    return member_of(path, project.code.tree.read(path), start.directory)


def _overlay(project: Project, start: Start | None) -> Sequence[InstallStep]:
    """What the start needs and the app does not bring, behind the app's own packages: uvicorn and its
    WebSocket part, or the server that a script runs its app by."""
    if start is None:
        return []
    if start.interface != "asgi" or "uvicorn" not in start.command:
        return _overlay_of_script(project, start)
    texts = [item.text.replace(" ", "").lower() for item in project.manifests.listed]
    standard = any(
        text.startswith(("uvicorn[standard]", "fastapi[standard]", "fastapi[all]")) for text in texts
    )
    wanted = {"uvicorn": ("uvicorn",), "websockets": ("websockets", "wsproto")}
    words = tuple(
        name for name, given in wanted.items() if not standard and not project.manifests.has(*given)
    )
    if not words:
        return []
    return [InstallStep("overlay", f"{' and '.join(words)}, behind the app's own packages", words=words)]


def _overlay_of_script(project: Project, start: Start) -> Sequence[InstallStep]:
    script = next((s for s in project.scripts if script_start(s).command == start.command), None)
    name = script.framework.distribution if script else ""
    if name not in PRODUCTION_SERVERS or not project.manifests.known or project.manifests.has(name):
        return []
    return [InstallStep("overlay", f"{name}, behind the app's own packages", words=(name,))]


def _release(project: Project) -> Sequence[InstallStep]:
    entry = project.process("release")
    if entry is None:
        return []
    words = host_words(entry.words, {})
    return [
        InstallStep("release", f"release command: {' '.join(words)}", words=words, evidence=(entry.evidence,))
    ]


def manifest_warnings(
    project: Project, chosen: Candidate | None, start: Start | None = None
) -> tuple[PlanWarning, ...]:
    """No manifest at all although the app imports packages, or the framework of the chosen app is not in
    it."""
    manifests = project.manifests
    name = chosen.framework.distribution if chosen else ""
    if not manifests.any:
        packages = sorted({*([name] if name else []), *_imported(project, chosen, start)})
        if not packages or manifests.findings:
            return ()
        text = f"Nothing states the app's packages: {_unstated(project)}."
        return (
            PlanWarning(
                text, f"printf '%s\\n' {' '.join(packages)} > requirements.txt", (), "package-not-listed"
            ),
        )
    if chosen is None or not name or not manifests.known or _has_framework(manifests, chosen):
        return ()
    where = _written_to(manifests)
    fix = _adding(manifests).format(name=name, where=where)
    return (
        PlanWarning(
            f"{chosen.where} uses {chosen.framework.name}, but {where} does not list {name}.",
            fix,
            chosen.evidence,
            "package-not-listed",
        ),
    )


def _unstated(project: Project) -> str:
    folder = project.manifests.folder
    if join(folder, "pyproject.toml") in project.files:
        return "pyproject.toml lists none, and there is no requirements.txt"
    if join(folder, "uv.lock") in project.files:
        return "uv.lock is for a pyproject.toml, which is not there"
    return "there is no requirements.txt or pyproject.toml"


def _imported(project: Project, chosen: Candidate | None, start: Start | None) -> Iterator[str]:
    """The packages that the app's own files import: neither the standard library's nor the project's."""
    script = next((word for word in start.command if word in project.files), None) if start else None
    path = chosen.path if chosen else script
    for file in (path, *sorted(project.code.reach(path))) if path and path.endswith(".py") else ():
        module = project.code.module(file)
        if module is not None:
            tops, _ = absolute_imports(module.source)
            root = module.name.directory
            foreign = {name for name in tops if not project.code.layout.has(root, name)}
            names = imported_names(module.source, module.name)
            yield from (distribution_of(name) for name in names if name.partition(".")[0] in foreign)


def _written_to(manifests: Manifests) -> str:
    """The file that a missing package belongs into: a lock's is the manifest beside it."""
    chosen = manifests.chosen
    if chosen and chosen.kind in LOCK_KINDS:
        return next((path for path in chosen.files if path != chosen.path), "pyproject.toml")
    own = ("requirements", "conda", "pipfile", "setup", "vendored")
    return chosen.path if chosen and chosen.kind in own else "pyproject.toml"


_ADDING: dict[Kind, str] = {
    "poetry.lock": "poetry add {name}",
    "pdm.lock": "pdm add {name}",
    "pipfile.lock": "pipenv install {name}",
    "poetry": "poetry add {name}",
    "pipfile": "pipenv install {name}",
    "setup": "Add to install_requires of {where}: {name}",
    "requirements": "Add a line to {where}: {name}",
    "conda": "Add a line to `dependencies` of {where}: - {name}",
    "vendored": "pip install {name} --target {where}",
}


def _adding(manifests: Manifests) -> str:
    """How a package gets into the manifest that is installed from."""
    chosen = manifests.chosen
    return _ADDING.get(chosen.kind, "uv add {name}") if chosen else "uv add {name}"


def _has_framework(manifests: Manifests, chosen: Candidate) -> bool:
    from webstead.project.frameworks import IMPORT_DISTRIBUTIONS

    name = chosen.framework.distribution
    return manifests.has(*IMPORT_DISTRIBUTIONS.get(name, {name}))
