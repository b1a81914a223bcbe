"""The README's two commands as a newcomer types them: in a fresh clone, without environment or caches."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.live import REPOSITORY, fetch

pytestmark = pytest.mark.needs("git")


def clone(folder: Path) -> Path:
    """What is committed, plus what is not yet: a clone of the work tree as git would see it."""
    target = folder / "webstead"
    target.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        timeout=60,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((REPOSITORY / name).read_bytes())
            (target / name).chmod((REPOSITORY / name).stat().st_mode)
    return target


def newcomer(folder: Path) -> dict[str, str]:
    """The environment of somebody who has never used Webstead: an empty home, a Python, no uv on PATH."""
    home, programs = folder / "home", folder / "bin"
    home.mkdir()
    programs.mkdir()
    (programs / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("WEBSTEAD_", "VIRTUAL_ENV", "UV_", "PYTEST_"))
    }
    system = [path for path in ("/usr/sbin", "/usr/bin", "/sbin", "/bin") if not (Path(path) / "uv").exists()]
    path = os.pathsep.join([str(programs), *system])
    assert shutil.which("uv", path=path) is None
    return {**kept, "HOME": str(home), "PATH": path, "WEBSTEAD_PORT": "0"}


def test_the_first_command_ends_at_ready_and_the_second_finds_the_tests(tmp_path: Path) -> None:
    folder = clone(tmp_path)
    environment = newcomer(tmp_path)
    demo = subprocess.Popen(
        ["scripts/demo"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    too_long = threading.Timer(100, demo.kill)
    too_long.start()
    try:
        lines = []
        assert demo.stdout is not None
        with demo.stdout as stream:
            for line in stream:
                lines.append(line)
                if ready := re.match(r"Ready: (\S+)", line):
                    assert "Guestbook" in fetch(ready[1]).text
                    demo.send_signal(signal.SIGINT)
        assert demo.wait(10) == 0, "".join(lines)
        assert any(line.startswith("Ready: ") for line in lines), "".join(lines)
    finally:
        too_long.cancel()
        demo.kill()
    found = subprocess.run(
        ["scripts/test", "--collect-only", "-qq", "tests"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert "test_fresh_clone.py: 2" in found.stdout


def test_at_a_prompt_the_environment_leaves_the_shell_as_it_was() -> None:
    """The tutorial's first line. Some of its later commands fail on purpose."""
    typed = ". ../scripts/env; false; pwd; command -v webstead"
    shell = subprocess.run(
        ["bash", "--norc", "-i", "-c", typed],
        cwd=REPOSITORY / "docs",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # without a terminal to take from whoever runs the tests
        timeout=60,
    )
    assert shell.stdout.split() == [str(REPOSITORY / "docs"), str(REPOSITORY / ".venv/bin/webstead")]
