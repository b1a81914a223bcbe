"""The command line's defaults are those of the one declaration."""

from __future__ import annotations

import inspect

import pytest

from webstead.cli.main import VERBS
from webstead.settings import OPTIONS

OWN = {
    "check": {
        "folder",
        "target",
        "format_",
        "strict",
        "fix",
        "dry_run",
        "select",
        "ignore",
        "online",
        "import_",
    },
    "explain": {"words", "header", "remote", "failed"},
    "plan": {"project", "ref", "diff"},
    "serve": set(),
    "deploy": {
        "source",
        "message",
        "clean",
        "server_build",
        "asynchronous",
        "kind",
        "path",
        "whole",
        "cancel",
    },
    "deployments": set(),
    "releases": set(),
    "rollback": {"release"},
    "logs": {"follow", "lines", "deployment", "path"},
    "shell": {"line", "directory"},
    "init": {"what", "folder", "module", "force", "print_"},
}
"""What is asked of a verb alone, and is no setting."""


@pytest.mark.parametrize(("name", "verb"), VERBS)
def test_each_default_is_the_declared_one(name: str, verb: object) -> None:
    assert callable(verb)
    parameters = inspect.signature(verb).parameters
    own = set(parameters) - set(OPTIONS) - {"context"}  # typer's own
    assert own == OWN.get(name, {"folder"})
    for option, parameter in parameters.items():
        if option in OPTIONS:
            assert parameter.default == (OPTIONS[option].default or parameter.default), f"{name} --{option}"
            assert bool(parameter.default) == bool(OPTIONS[option].default), f"{name} --{option}"
