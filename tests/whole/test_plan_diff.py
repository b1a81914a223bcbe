"""`webstead plan --diff`, `--ref` and zips: words, exit codes, and what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

FLASK = "from flask import Flask\napp = Flask(__name__)\n"


def plan(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "webstead", "plan", str(folder), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_changed_is_told_and_the_exit_code_says_whether(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(FLASK)
    (project / "requirements.txt").write_text("flask\n")
    old = tmp_path / "old.json"
    old.write_text(plan(project, "--json").stdout)
    same = plan(project, "--diff", str(old))
    assert (same.returncode, same.stdout) == (0, "Nothing changed.\n")
    other = plan(project, "--workers", "3", "--diff", str(old))
    assert (other.returncode, other.stdout) == (1, "Processes\n  ~ web: instances: 1 → 3\n")
    data = json.loads(plan(project, "--workers", "3", "--diff", str(old), "--json").stdout)
    assert [each["subject"] for each in data["differences"]] == ["web: instances"]
    for wrong in (str(project / "app.py"), str(tmp_path / "absent.json")):
        refused = plan(project, "--diff", wrong)
        assert refused.returncode == 2
        assert "fix:   " in refused.stderr


def test_a_zip_and_a_revision_are_planned_and_compared(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    (project / "app.py").write_text(FLASK)
    (project / "requirements.txt").write_text("flask\n")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "one")):
        subprocess.run(["git", "-C", str(project), *words], check=True, timeout=60)
    packed = tmp_path / "shop.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("app.py", "requirements.txt"):
            archive.write(project / name, f"shop-main/{name}")
    here = plan(project)
    assert plan(project, "--ref", "HEAD").stdout == here.stdout
    zipped = plan(packed)
    assert zipped.stdout == here.stdout
    assert zipped.stderr == f"{packed} holds one folder, shop-main: the plan is of what is in it.\n"
    (project / "app.py").rename(project / "main.py")
    for old in ("HEAD", str(packed)):
        changed = plan(project, "--diff", old)
        assert changed.returncode == 1
        assert "app:app → main:app" in changed.stdout


def test_a_build_wants_a_folder(tmp_path: Path) -> None:
    packed = tmp_path / "shop.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", FLASK)
    for verb in ("build", "up"):
        refused = subprocess.run(
            [sys.executable, "-m", "webstead", verb, str(packed)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert refused.returncode == 2
        assert f"unzip {packed} -d shop" in refused.stderr
