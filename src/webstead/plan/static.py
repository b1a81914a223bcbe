"""Django's static files: collected by the build, served by the server and not by the app."""

from __future__ import annotations

from urllib.parse import urlsplit

from webstead.plan.model import InstallStep, PlanWarning, Start, VirtualDirectory
from webstead.project import Evidence, Project
from webstead.project.build_settings import BuildSettings
from webstead.project.django import DjangoProject
from webstead.project.paths import name_of

__all__ = ["collect_static", "django_of", "settings_warnings", "uncollected_warning"]

_DEFAULT_URL = (
    "static/"  # what startproject writes; without any STATIC_URL Django does not serve static files
)


_NO_SETTINGS = BuildSettings()

_DEVELOPMENT = ("dev", "develop", "development", "local")
_PRODUCTION = ("production", "prod", "live")
"""Names that people give to settings modules."""


def django_of(project: Project, start: Start | None) -> DjangoProject | None:
    """The Django project that a start belongs to: by its folder; for a command also by its words, which name
    manage.py or a module of the project."""
    found = next((django for django in project.django if start and django.directory == start.directory), None)
    if start is None or found is None or start.target is not None:
        return found
    packages = {c.module.partition(".")[0] for c in project.candidates if c.directory == found.directory}
    named = {word.partition(":")[0].partition(".")[0] for word in start.command}
    return found if packages & named or name_of(found.manage) in start.command else None


def collect_static(
    django: DjangoProject | None, settings: BuildSettings = _NO_SETTINGS
) -> tuple[InstallStep | None, tuple[VirtualDirectory, ...]]:
    """The step, and the URL path that is served from what it collects. None where the project does not use
    staticfiles, or is not to be collected."""
    if django is None or django.staticfiles is None or settings.skip_collectstatic:
        return None, ()
    may_fail = settings.may_fail_collectstatic
    step = InstallStep(
        "collectstatic",
        f"static files of {django.manage}, collected",
        django.manage,
        evidence=(django.staticfiles, *([may_fail] if may_fail else [])),
        may_fail=may_fail is not None,
    )
    path = url_path(django.static_url or _DEFAULT_URL)
    return step, (VirtualDirectory(path, "collectstatic"),) if path else ()


def url_path(static_url: str) -> str | None:
    """STATIC_URL as a path with `/` in front and none behind; None when another host serves it, or it is the
    whole site."""
    parts = urlsplit(static_url)
    path = parts.path.strip("/")
    return None if parts.netloc or not path or ".." in path.split("/") else f"/{path}"


def uncollected_warning(project: Project, django: DjangoProject | None, config: str) -> PlanWarning | None:
    """A site with its own web.config is served as that file says, so nothing is collected for it: said when
    the folder that its URLs would need is not there."""
    path = url_path(django.static_url or _DEFAULT_URL) if django and django.staticfiles else None
    if path is None or any(
        file.startswith(path.strip("/") + "/") for file in project.files if "web.config" not in file
    ):
        return None
    text = (
        f"{config} says how {path}/ is served, so static files are not collected; "
        f"the project has no folder {path[1:]}."
    )
    fix = (
        f'Set STATIC_ROOT = BASE_DIR / "{path[1:]}", run python manage.py collectstatic, commit {path[1:]}/; '
        f"or remove {config}: then webstead collects and serves them."
    )
    return PlanWarning(text, fix, (Evidence(config, 0, "the project's own"),), "static-not-collected")


def settings_warnings(project: Project) -> tuple[PlanWarning, ...]:
    """manage.py and wsgi.py that choose different settings modules: commands and requests would see different
    ones."""
    found = []
    for django in project.django:
        own = django.settings.module if django.settings else ""
        for module, places in _other_settings(project, django).items():
            files = " and ".join(place.path for place in places)
            text = (
                f"{django.manage} chooses the settings {own}, {files} "
                f"{module}: commands (collectstatic, migrate) and requests use different ones."
            )
            fix = f"To use one for both: --env DJANGO_SETTINGS_MODULE={module}"
            found.append(PlanWarning(text, fix, tuple(places), "settings-differ"))
        found += _better_settings(project, django)
    return tuple(found)


def _better_settings(project: Project, django: DjangoProject) -> list[PlanWarning]:
    """Settings for production that are there, and not chosen."""
    choices = [c for c in project.settings_choices if _same_project(c.evidence.path, django.directory)]
    doors = [c for c in choices if c.evidence.path != django.manage] or choices
    fix = "To use it here: --env DJANGO_SETTINGS_MODULE={0}"
    for choice in doors:
        text = f"{choice.evidence.where} chooses the settings {choice.module}"
        if choice.otherwise:
            text += f", and {choice.otherwise} where its condition holds."
            return [PlanWarning(text, fix.format(choice.otherwise), (choice.evidence,), "settings-chosen")]
        package, _, last = choice.module.rpartition(".")
        siblings = (f"{package}.{name}" for name in _PRODUCTION) if last in _DEVELOPMENT else ()
        layout = project.code.layout
        better = next((name for name in siblings if layout.path_of(django.directory, name)), "")
        if better:
            text += f", which by their name are for development; {better} is there, too."
            return [PlanWarning(text, fix.format(better), (choice.evidence,), "settings-chosen")]
    return []


def _other_settings(project: Project, django: DjangoProject) -> dict[str, list[Evidence]]:
    """The settings modules that other files of the project choose, with the files of each."""
    found: dict[str, list[Evidence]] = {}
    for other in project.settings_choices if django.settings else ():
        inside = other.evidence.path != django.manage and _same_project(other.evidence.path, django.directory)
        if inside and django.settings and other.module != django.settings.module:
            found.setdefault(other.module, []).append(other.evidence)
    return found


def _same_project(path: str, directory: str) -> bool:
    return directory == "." or path.startswith(directory + "/")
