"""A process that deploys to a home until it is killed: `python killed.py HOME APP-TEXT`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.deployments import Home

if __name__ == "__main__":
    home = Home(Path(sys.argv[1]))
    print("begun", flush=True)
    home.deploy({"app.py": sys.argv[2], **{f"files/{n}.txt": str(n) for n in range(50)}})
