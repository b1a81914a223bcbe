"""The command line's defaults are those of the one declaration."""

from __future__ import annotations

import inspect

import pytest

from webstead.cli.main import VERBS
from webstead.settings import OPTIONS


@pytest.mark.parametrize(("name", "verb"), VERBS)
def test_each_default_is_the_declared_one(name: str, verb: object) -> None:
    assert callable(verb)
    parameters = inspect.signature(verb).parameters
    own = set(parameters) - set(OPTIONS)
    asked = {"words", "header", "remote", "failed"}  # no settings, but what is asked
    assert own == (asked if name == "explain" else {"folder"})
    for option, parameter in parameters.items():
        if option not in own:
            assert parameter.default == (OPTIONS[option].default or parameter.default), f"{name} --{option}"
            assert bool(parameter.default) == bool(OPTIONS[option].default), f"{name} --{option}"
