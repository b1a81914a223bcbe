"""Django learns where its static files were collected: STATIC_ROOT, in the app as in collectstatic.

A storage with a manifest (whitenoise's, Django's own) reads it from STATIC_ROOT at run time, and answers
every page with 500 where it is not. Nothing is collected into the project, so the setting has to follow: it
is set when Django has read the settings, by a module of the environment that does nothing without
WEBSTEAD_STATIC_ROOT.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from webstead.build.environment import Environment, site_packages
from webstead.effects.files import write_atomically
from webstead.effects.plain_files import LARGEST_NOTE, read_plain

__all__ = ["VARIABLE", "follow_static_root"]

VARIABLE = "WEBSTEAD_STATIC_ROOT"

_MODULE = "webstead_static_root"

_HOOK = f'''"""Written by webstead: STATIC_ROOT is the folder named in {VARIABLE}."""
import os
import sys
from importlib.machinery import PathFinder


class Finder:
    """Finds django.conf once, as Python would, and follows its reading of the settings."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "django.conf":
            return None
        sys.meta_path.remove(Finder)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                follow(module.Settings)

            spec.loader.exec_module = exec_module
        return spec


def follow(settings):
    read = settings.__init__

    def read_and_set(self, *args, **options):
        read(self, *args, **options)
        self.STATIC_ROOT = os.environ.get("{VARIABLE}") or getattr(self, "STATIC_ROOT", None)

    settings.__init__ = read_and_set


if os.environ.get("{VARIABLE}"):
    sys.meta_path.insert(0, Finder)
'''


def follow_static_root(environment: Environment) -> None:
    """Put the module into the environment, if it is not there. Raises OSError."""
    for folder in site_packages(environment.prefix):
        _write(folder / f"{_MODULE}.py", _HOOK)
        _write(folder / f"{_MODULE}.pth", f"import {_MODULE}\n")


def _write(path: Path, text: str) -> None:
    data = text.encode()
    with suppress(OSError):
        if read_plain(path, LARGEST_NOTE) == data:
            return
    write_atomically(path, data)
