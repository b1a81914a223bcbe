"""What `webstead --help` and `--version` load: a command line that is slow to start is not used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"asyncio", "cryptography", "fastapi", "httpx", "lxml", "pydantic", "sqlite3", "starlette", "uvicorn"}
"""Each takes 20 to 300 ms."""


@pytest.mark.parametrize("words", ["--help", "--version", "site --help", "deploy --help"])
def test_help_loads_nothing_heavy(words: str) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['webstead', *{words.split()!r}]\n"
        "from webstead.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('loaded', *sorted(name for name in sys.modules if '.' not in name))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    loaded = done.stdout.rpartition("\nloaded ")[2].split()
    assert "typer" in loaded
    assert HEAVY.isdisjoint(loaded)
