"""Our modules, hidden from the app."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

import pytest

from webstead.gateway import hiding


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """What stands for `sys.modules`: two modules of ours among all others."""
    ours = {name: ModuleType(name) for name in ("webstead", "webstead.gateway")}
    other = {name: module for name, module in sys.modules.items() if name.partition(".")[0] != "webstead"}
    changed = {**other, **ours}
    monkeypatch.setattr(hiding, "_ours", {})
    monkeypatch.setattr(sys, "modules", changed)
    return changed


def websteads(modules: dict[str, ModuleType]) -> dict[str, ModuleType]:
    return {name: module for name, module in modules.items() if name.partition(".")[0] == "webstead"}


def test_hidden_modules_are_gone_and_come_back_for_a_while(modules: dict[str, ModuleType]) -> None:
    ours = websteads(modules)
    hiding.hide()
    assert websteads(modules) == {}
    with hiding.unhidden():
        assert websteads(modules) == ours
    assert websteads(modules) == {}


def test_the_apps_modules_of_the_same_name_stand_aside_and_return(modules: dict[str, ModuleType]) -> None:
    ours = websteads(modules)
    hiding.hide()
    theirs = {"webstead": ModuleType("theirs"), "webstead.shop": ModuleType("theirs")}
    modules.update(theirs)
    modules["websteads"] = ModuleType("another name")
    with hiding.unhidden():
        assert websteads(modules) == ours
    assert websteads(modules) == theirs
    with pytest.raises(ModuleNotFoundError), hiding.unhidden():
        import_module("webstead.gateway.there_is_no_such_module")
    assert websteads(modules) == theirs
    assert "websteads" in modules


def test_what_is_imported_late_is_hidden_and_found_the_next_time(modules: dict[str, ModuleType]) -> None:
    hiding.hide()
    late = ModuleType("late")
    with hiding.unhidden():
        modules["webstead.gateway.late"] = late
    assert websteads(modules) == {}
    with hiding.unhidden():
        assert modules["webstead.gateway.late"] is late


def test_what_was_never_hidden_stays(modules: dict[str, ModuleType]) -> None:
    ours = websteads(modules)
    with hiding.unhidden():
        assert websteads(modules) == ours
    assert websteads(modules) == ours
