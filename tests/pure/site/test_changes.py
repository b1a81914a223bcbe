from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import get_args

import pytest

from webstead.host.launch import Launch
from webstead.plan.model import Plan, Process, PythonChoice
from webstead.policies import Policies, Written
from webstead.settings import Setting
from webstead.site.changes import EFFECTS, STEPS, Asked, Effect, Kind, Watched, asked, effect_of
from webstead.site.prepare import Prepared
from webstead.site_table import SiteFiles

ROOT = Path("/srv/shop")
OUTSIDE = Path("/etc/shop/restart.txt")
WATCHED = Watched(
    ROOT,
    read=frozenset({"web.config", "settings/app.xml", "nested/deep/web.config"}),
    named={OUTSIDE: frozenset({"one", "two"}), ROOT / "tmp/restart.txt": frozenset({"one"})},
)
WITH_CODE = replace(WATCHED, code=True)

PROCESS = Process("fastcgi:a|b", "web", "fastcgi", ("python", "-m", "webstead.gateway", "app:app"), ".")
LAUNCH = Launch(PROCESS, PROCESS.command, ROOT, {"A": "1"}, (), None, Path("/env/bin/python"))
FILES = SiteFiles(str(ROOT), (("", "<configuration/>"),))
BEFORE = Prepared(Plan(PythonChoice("3.12", "cpython"), (), None), (LAUNCH,), FILES)
PLACED = replace(PROCESS, environment=(Setting.of("A", "1", "web.config:40"),), renewed_for=("x",))
EDITED = replace(FILES, configs=(("", "<configuration><a/></configuration>"),))


@pytest.mark.parametrize(
    ("path", "kind", "with_code"),
    [
        ("web.config", "configuration", "configuration"),
        ("static/Web.Config", "configuration", "configuration"),
        ("settings/app.xml", "configuration", "configuration"),
        ("settings/other.xml", "other", "other"),
        ("settings", "configuration", "configuration"),
        ("nested", "configuration", "configuration"),
        ("nested/deep", "configuration", "configuration"),
        ("nest", "other", "other"),
        ("app_offline.htm", "offline", "offline"),
        ("App_Offline.HTM", "offline", "offline"),
        ("sub/app_offline.htm", "other", "other"),
        ("tmp/restart.txt", "named", "named"),
        ("app.py", "other", "code"),
        ("pkg/views/page.py", "other", "code"),
        ("templates/index.html", "other", "code"),
        ("requirements.txt", "other", "code"),
        ("requirements-web.txt", "other", "code"),
        ("uv.lock", "other", "code"),
        ("pyproject.toml", "other", "code"),
        ("Procfile", "other", "code"),
        ("notes.txt", "other", "other"),
        ("db.sqlite3", "other", "other"),
        ("data/state.json", "other", "other"),
        ("static/site.css", "other", "other"),
        ("__pycache__/app.cpython-311.pyc", "other", "other"),
        (".venv/lib/python3.11/site-packages/flask/app.py", "other", "other"),
        (".venv/web.config", "other", "other"),
        ("node_modules/x/index.html", "other", "other"),
        (".git/config", "other", "other"),
    ],
)
def test_what_a_file_is(path: str, kind: Kind, with_code: Kind) -> None:
    assert WATCHED.kind(ROOT / PurePosixPath(path)) == kind
    assert WITH_CODE.kind(ROOT / PurePosixPath(path)) == with_code


def test_files_outside_matter_when_they_are_named() -> None:
    assert WATCHED.kind(OUTSIDE) == "named"
    assert WATCHED.kind(OUTSIDE.with_name("web.config")) == "other"


def test_each_kind_has_its_steps() -> None:
    assert set(STEPS) == set(get_args(Kind))


def test_changes_add_up() -> None:
    both = asked([ROOT / "web.config", OUTSIDE, ROOT / "notes.txt"], WATCHED)
    assert both == Asked(
        (str(OUTSIDE), "web.config"), frozenset({"plan_anew", "recycle"}), frozenset({"one", "two"})
    )
    assert asked([ROOT / "web.config"], WATCHED) | asked([OUTSIDE], WATCHED) == both
    assert asked([], WATCHED) == Asked()


@pytest.mark.parametrize(
    ("after", "effect"),
    [
        (BEFORE, "nothing"),
        (replace(BEFORE, launches=(replace(LAUNCH, process=PLACED, renewed_for=(OUTSIDE,)),)), "nothing"),
        (replace(BEFORE, files=EDITED), "publish"),
        (replace(BEFORE, files=replace(FILES, beside=(("a.xml", "<a/>"),))), "publish"),
        (replace(BEFORE, launches=(replace(LAUNCH, environment={"A": "2"}),)), "start"),
        (replace(BEFORE, launches=(replace(LAUNCH, words=("python", "x")),), files=EDITED), "start"),
        (replace(BEFORE, launches=(replace(LAUNCH, process=replace(PROCESS, threads=2)),)), "start"),
        (replace(BEFORE, launches=(replace(LAUNCH, python=Path("/other/bin/python")),)), "start"),
        (replace(BEFORE, launches=(LAUNCH, replace(LAUNCH, words=("y",)))), "start"),
        (replace(BEFORE, launches=()), "start"),
    ],
)
def test_what_a_new_plan_leads_to(after: Prepared, effect: Effect) -> None:
    assert effect_of(BEFORE, after) == effect
    assert set(EFFECTS.values()) == set(get_args(Effect))


def test_a_policy_that_has_moved_is_the_same_and_another_value_is_not() -> None:
    def held(value: float, origin: str) -> Prepared:
        policies = Policies(idle=Written("idleTimeout", value, origin))
        return replace(BEFORE, launches=(replace(LAUNCH, process=replace(PROCESS, policies=policies)),))

    assert effect_of(held(60.0, "web.config:4"), held(60.0, "web.config:5")) == "nothing"
    assert effect_of(held(60.0, "web.config:4"), held(61.0, "web.config:4")) == "start"
