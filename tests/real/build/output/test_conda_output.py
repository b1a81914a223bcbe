"""An output with a conda environment: its path, also in binary files, follows it to each new place."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conda_channel import PLACEHOLDER, PYTHON, Channel
from webstead.build import perform
from webstead.build.output import Options, write_output
from webstead.effects.files import DiskTree
from webstead.errors import UsageError
from webstead.plan import Overrides, Plan, make_plan

SERVER = "import os, tool\nprint(tool.PLACE, open(os.environ['TOOL_HOME'] + '/lib.so', 'rb').read())\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    channel = Channel(tmp_path / "channel")
    channel.add_python()
    channel.add(
        "tool",
        depends=["python"],
        files={
            f"lib/python{PYTHON}/site-packages/tool.py": f"PLACE = '{PLACEHOLDER}/share'\n",
            "share/lib.so": b"\x7fELF\0" + PLACEHOLDER.encode() + b"/share\0next\0",
            "etc/conda/activate.d/tool.sh": 'export TOOL_HOME="$CONDA_PREFIX/share"\n',
        },
    )
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "environment.yml").write_text(
        f"channels: [{channel.url}]\ndependencies: [python={PYTHON}, tool]\n"
    )
    (folder / "show.py").write_text(SERVER)
    return folder


def test_it_follows_its_path_to_each_new_place(project: Path, tmp_path: Path) -> None:
    plan = plan_of(project)
    environment = perform(plan, project, tmp_path / "cache", lambda event: None, allow_build=True)
    made = write_output(
        plan, project, environment, tmp_path / "out", Options(), tmp_path / "cache", lambda event: None
    )
    assert made.start is not None
    for name in ("first", "a second place that is longer", "3"):
        moved = (tmp_path / "out").rename(tmp_path / name)
        shown = run(str(moved / "start"), "run", "python", "show.py")
        prefix = f"{moved}/antenv"
        room = len(PLACEHOLDER) - len(prefix)
        binary = b"\x7fELF\0" + prefix.encode() + b"/share\0" + b"\0" * room + b"next\0"
        assert shown == f"{prefix}/share {binary!r}\n"
        active = f". '{moved}/antenv/bin/activate' && python '{moved}/show.py'"
        assert run("sh", "-c", active) == shown
        moved.rename(tmp_path / "out")
    packed = Options(compress="zstd")
    with pytest.raises(UsageError, match="cannot start out of an archive"):
        write_output(plan, project, environment, tmp_path / "z", packed, tmp_path, lambda event: None)


def plan_of(project: Path) -> Plan:
    return make_plan(DiskTree(project), Overrides(running=PYTHON, command="python show.py $PORT"))


def run(*words: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout
