"""Django's own collectstatic, run for real: into the cache, once, and nothing into the project."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from webstead.build import Environment
from webstead.effects import RecordingRunner
from webstead.effects.files import remove_tree
from webstead.errors import BuildError
from webstead.events import Event, Note, StepOutput
from webstead.plan.model import InstallStep
from webstead.settings import Setting

REQUIREMENTS = InstallStep("requirements", "Install requirements.txt", path="requirements.txt")
COLLECT = InstallStep("collectstatic", "Collect static files", path="manage.py")

MANAGE = """
import os, sys
def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
if __name__ == "__main__":
    main()
"""
SETTINGS = """
import os
from pathlib import Path
BASE_DIR = Path(__file__).parent.parent
SECRET_KEY = os.environ["SHOP_KEY"]
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "collected"
STATICFILES_DIRS = [BASE_DIR / "assets"]
"""
MANIFEST = """
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
"""
KEY = (Setting("SHOP_KEY", "x", "test"),)


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    events: list[Event]
    runner: RecordingRunner
    environ: dict[str, str]

    @property
    def changed(self) -> list[tuple[str, bool]]: ...

    def build(
        self, *steps: InstallStep, allow_build: bool = True, settings: Sequence[Setting] = ()
    ) -> Environment: ...


@pytest.fixture
def shop(builder: Builds) -> Builds:
    for path, text in {
        "requirements.txt": "django>=5.2,<5.3\n",
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/settings.py": SETTINGS,
        "assets/site.css": "a { color: red }",
    }.items():
        target = builder.project / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
    return builder


ASK = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
sys.path.insert(0, os.getcwd())
django.setup()
from django.conf import settings
from django.templatetags.static import static
print(eval(sys.argv[1]))
"""


def asked(builder: Builds, environment: Environment, expression: str = "static('site.css')") -> str:
    """What an app that runs in the environment makes of an expression."""
    variables = environment.variables({**builder.environ, "SHOP_KEY": "x", "PYTHONDONTWRITEBYTECODE": "1"})
    words = [str(environment.python), "-c", ASK, expression]
    done = subprocess.run(
        words, cwd=builder.project, env=variables, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def collect(builder: Builds, *, allow_build: bool = True, settings: Sequence[Setting] = KEY) -> Path:
    environment = builder.build(REQUIREMENTS, COLLECT, allow_build=allow_build, settings=settings)
    assert environment.static is not None
    return environment.static


def test_files_are_collected_once_and_only_into_the_cache(shop: Builds) -> None:
    shop.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    before = sorted(shop.project.rglob("*"))
    static = collect(shop)
    assert (static / "site.css").read_text() == "a { color: red }"
    assert shop.changed[-1] == ("collectstatic", True)
    assert sorted(shop.project.rglob("*")) == before
    assert any(
        isinstance(event, StepOutput) and "1 static file copied" in event.line for event in shop.events
    )
    assert collect(shop) == static
    assert shop.runner.calls == []
    assert shop.changed[-1] == ("collectstatic", False)


def test_a_changed_file_is_collected_anew_and_the_old_folder_stays_for_who_serves_it(shop: Builds) -> None:
    first = collect(shop)
    (shop.project / "assets" / "site.css").unlink()
    (shop.project / "assets" / "new.css").write_text("b {}")
    second = collect(shop)
    assert os.listdir(second) == ["new.css"]
    assert os.listdir(first) == ["site.css"]
    assert len(shop.runner.calls) == 1


def test_what_the_app_writes_while_it_runs_changes_nothing(shop: Builds) -> None:
    static = collect(shop)
    (shop.project / "db.sqlite3").write_text("rows")
    assert collect(shop) == static
    assert shop.runner.calls == []


def test_only_a_few_collections_are_kept(shop: Builds) -> None:
    for number in range(5):
        (shop.project / "assets" / "site.css").write_text("a" * number)
        newest = collect(shop)
    folders = [path for path in newest.parent.iterdir() if path.is_dir()]
    assert len(folders) == 3
    assert newest in folders


def test_a_failure_shows_djangos_own_words(shop: Builds) -> None:
    with pytest.raises(BuildError) as caught:
        collect(shop, settings=())
    assert caught.value.what == "Django could not collect the static files"
    assert "KeyError: 'SHOP_KEY'" in caught.value.found
    assert "shop/settings.py" in caught.value.detail
    assert "--env" in caught.value.fix
    assert collect(shop).is_dir()


def test_without_building_an_earlier_collection_serves(shop: Builds) -> None:
    shop.build(REQUIREMENTS)
    with pytest.raises(BuildError, match="not collected yet"):
        collect(shop, allow_build=False)
    static = collect(shop)
    assert collect(shop, allow_build=False) == static
    (shop.project / "assets" / "site.css").write_text("b {}")
    assert collect(shop, allow_build=False) == static
    assert any(isinstance(event, Note) and event.level == "warning" for event in shop.events)


@pytest.mark.parametrize("root", ['STATIC_ROOT = BASE_DIR / "staticfiles"', "del STATIC_ROOT"])
def test_the_app_finds_the_manifest_where_it_was_collected(shop: Builds, root: str) -> None:
    (shop.project / "shop" / "settings.py").write_text(f"{SETTINGS}{MANIFEST}{root}\n")
    environment = shop.build(REQUIREMENTS, COLLECT, settings=KEY)
    assert environment.static is not None
    assert (environment.static / "staticfiles.json").is_file()
    url = asked(shop, environment)
    assert url.startswith("/static/site.")
    assert (environment.static / url.removeprefix("/static/")).is_file()
    assert not (shop.project / "staticfiles").exists()


def test_an_environment_that_is_built_anew_finds_it_too(shop: Builds) -> None:
    (shop.project / "shop" / "settings.py").write_text(SETTINGS + MANIFEST)
    remove_tree(shop.build(REQUIREMENTS, COLLECT, settings=KEY).prefix)
    assert asked(shop, shop.build(REQUIREMENTS, COLLECT, settings=KEY)) != "/static/site.css"


def test_without_collected_files_the_setting_is_the_apps_own(shop: Builds) -> None:
    environment = shop.build(REQUIREMENTS, COLLECT, settings=KEY)
    assert asked(shop, replace(environment, static=None), "settings.STATIC_ROOT") == str(
        shop.project / "collected"
    )


def test_django_that_is_not_installed_is_told_with_its_cure(shop: Builds) -> None:
    (shop.project / "requirements.txt").write_text("")
    with pytest.raises(BuildError) as caught:
        collect(shop)
    assert caught.value.fix == "echo django >> requirements.txt"
