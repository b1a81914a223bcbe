"""`webstead plan --diff`: words, exit codes, and what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
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
