"""The folder for what is on its way is emptied by the first that uses it, never while another does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from webstead.site.homes import ServerHome
from webstead.site.temporary import temporary_files

USING = """
import sys
from pathlib import Path
from webstead.site.homes import ServerHome
from webstead.site.temporary import temporary_files
with temporary_files(ServerHome(Path(sys.argv[1]))):
    print("used", flush=True)
    sys.stdin.read()
"""


def home_with_leftovers(root: Path) -> ServerHome:
    home = ServerHome(root)
    home.make()
    (home.temporary / "upload-1").write_text("half")
    (home.temporary / "deploy-2").mkdir()
    return home


def test_what_a_crash_left_goes(tmp_path: Path) -> None:
    home = home_with_leftovers(tmp_path)
    with temporary_files(home):
        assert list(home.temporary.iterdir()) == []


def test_what_another_process_uses_stays(tmp_path: Path) -> None:
    home = ServerHome(tmp_path)
    home.make()
    words = [sys.executable, "-c", USING, str(tmp_path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "used\n"
        (home.temporary / "upload-1").write_text("on its way")
        with temporary_files(home):
            assert (home.temporary / "upload-1").exists()
        other.kill()
    with temporary_files(home):
        assert list(home.temporary.iterdir()) == []
