"""Reading Django's settings without running them."""

from __future__ import annotations

import pytest

from webstead.project import MemoryTree, read_project
from webstead.project.django import DjangoProject

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


def django(settings: str, **others: str) -> DjangoProject:
    files = {f"shop/{name}.py": text for name, text in others.items()}
    tree = MemoryTree({"manage.py": MANAGE, "shop/__init__.py": "", "shop/settings.py": settings, **files})
    (project,) = read_project(tree).django
    return project


@pytest.mark.parametrize(
    "apps",
    [
        'INSTALLED_APPS = ["django.contrib.staticfiles"]',
        'INSTALLED_APPS = ("django.contrib.staticfiles",)',
        'CORE = ["django.contrib.staticfiles"]\nINSTALLED_APPS = CORE + ["shop"]',
        'INSTALLED_APPS = ["shop"]\nINSTALLED_APPS += ["django.contrib.staticfiles"]',
        'INSTALLED_APPS = ["shop"]\nINSTALLED_APPS.append("django.contrib.staticfiles")',
        'INSTALLED_APPS: list[str] = [*[], "django.contrib.staticfiles"]',
        'if True:\n    INSTALLED_APPS = ["django.contrib.staticfiles"]',
    ],
)
def test_staticfiles_is_found_however_the_list_is_made(apps: str) -> None:
    assert django(apps).staticfiles is not None


def test_a_list_assigned_anew_counts_as_it_ends() -> None:
    assert (
        django('INSTALLED_APPS = ["django.contrib.staticfiles"]\nINSTALLED_APPS = ["shop"]').staticfiles
        is None
    )


def test_star_imports_are_followed() -> None:
    found = django(
        "from .base import *\nSTATIC_URL = '/assets/'\n",
        base='INSTALLED_APPS = ["daphne"]\nSTATIC_URL = "s/"\n',
    )
    assert found.static_url == "/assets/"
    assert found.asgi is not None
    assert found.asgi.where == "shop/base.py:1"


def test_settings_that_import_themselves_end() -> None:
    assert django("from .settings import *\nSTATIC_URL = 'x/'\n").static_url == "x/"


def test_asgi_is_needed_when_it_is_the_only_application() -> None:
    assert django('ASGI_APPLICATION = "shop.asgi.application"').asgi is not None
    both = 'ASGI_APPLICATION = "shop.asgi.application"\nWSGI_APPLICATION = "shop.wsgi.application"'
    assert django(both).asgi is None


def test_computed_settings_are_unknown() -> None:
    assert django('STATIC_URL = os.environ["STATIC_URL"]').static_url is None


def test_a_manage_py_of_something_else_is_no_django() -> None:
    assert read_project(MemoryTree({"manage.py": "print('Flask-Script')\n"})).django == ()
