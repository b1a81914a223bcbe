"""`webstead explain` with words that say too little."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_a_folder_alone_is_no_url_and_the_command_to_type_is_told(tmp_path: Path) -> None:
    (tmp_path / "my shop").mkdir()
    command = [sys.executable, "-m", "webstead", "explain", "my shop"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: There is no URL",
        "found: my shop, which is a folder",
        "fix:   Write the URL behind it, as: webstead explain 'my shop' /",
    ]
