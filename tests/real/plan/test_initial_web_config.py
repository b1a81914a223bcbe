"""The file that `webstead init web.config` writes: read back, it starts what the plan starts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import REPOSITORY
from webstead.effects.files import DiskTree
from webstead.errors import PlanError
from webstead.formats.webconfig import compile_site, parse
from webstead.plan import Overrides, Plan, make_plan
from webstead.plan.init import FOR, For, initial_web_config
from webstead.project.tree import IGNORED_FOLDERS

PROJECTS = REPOSITORY / "tests" / "fixtures" / "projects"
EXAMPLES = REPOSITORY / "examples"


def plan_of(folder: Path, app: str | None = None, command: str | None = None) -> Plan:
    return make_plan(DiskTree(folder, IGNORED_FOLDERS), Overrides(app, command))


@pytest.mark.parametrize("wanted", FOR)
@pytest.mark.parametrize("example", ["flask-guestbook", "django-notes", "fastapi-chat"])
def test_it_starts_what_the_plan_starts(tmp_path: Path, wanted: For, example: str) -> None:
    site = tmp_path / "site"
    shutil.copytree(EXAMPLES / example, site, ignore=shutil.ignore_patterns("plan.json"))
    before = plan_of(site)
    initial = initial_web_config(before, wanted)
    (site / "web.config").write_text(initial.text)
    after = plan_of(site)
    assert before.start is not None
    assert after.start is not None
    assert after.webconfig is not None
    assert after.webconfig.source == "file"
    assert (before.start.target or "").removesuffix("()") in " ".join(after.start.command)
    (process,) = after.processes
    assert process.protocol == ("fastcgi" if wanted == "fastcgi" else "http")
    assert initial.needs == ("waitress" if wanted != "fastcgi" and before.start.interface == "wsgi" else "")


def test_the_port_has_the_modules_own_name() -> None:
    plan = plan_of(EXAMPLES / "flask-guestbook")
    ports: dict[For, str] = {"httpplatform": "HTTP_PLATFORM_PORT", "aspnetcore": "ASPNETCORE_PORT"}
    for wanted, name in ports.items():
        site = compile_site([("", parse(initial_web_config(plan, wanted).text.encode(), "web.config"))])
        platform = site.http_platform()
        assert platform is not None
        assert platform.port_variable == name
        assert f"%{name}%" in platform.arguments
        assert not [note for note in site.notes if note.matters]


def test_a_factory_is_called() -> None:
    plan = plan_of(PROJECTS / "only_a_factory")
    assert plan.start is not None
    assert (plan.start.target or "").endswith("()")
    text = initial_web_config(plan, "httpplatform").text
    assert f"--call {(plan.start.target or '').removesuffix('()')}" in text


def test_what_has_no_start_and_what_is_no_object_is_refused() -> None:
    with pytest.raises(PlanError) as refused:
        initial_web_config(plan_of(PROJECTS / "no_python"), "fastcgi")
    assert "--app" in refused.value.fix
    with pytest.raises(PlanError) as refused:
        initial_web_config(plan_of(EXAMPLES / "flask-guestbook", command="gunicorn app:app"), "fastcgi")
    assert "--for httpplatform" in refused.value.fix


def init(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "webstead", "init", "web.config", str(folder), *words]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_overwrites_nothing_unasked(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    (tmp_path / "requirements.txt").write_text("flask\n")
    printed = init(tmp_path, "--print")
    assert not (tmp_path / "web.config").exists()
    first = init(tmp_path)
    assert first.stdout.startswith(f"Written: {tmp_path}/web.config\n")
    assert (tmp_path / "web.config").read_text() == printed.stdout
    (tmp_path / "web.config").rename(tmp_path / "Web.Config")
    again = init(tmp_path, "--for", "httpplatform")
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    forced = init(tmp_path, "--for", "httpplatform", "--force")
    assert "add it to the app's requirements" in forced.stdout
    assert [path.name for path in tmp_path.glob("*.[cC]onfig")] == ["Web.Config"]
    assert "httpPlatform" in (tmp_path / "Web.Config").read_text()
    assert init(tmp_path, "--for", "nginx").returncode == 2
