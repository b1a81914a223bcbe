"""After a loss of power the disk has any part of what was not flushed, in any order: what says that something
is whole comes after it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.build.test_collectstatic import MANAGE, SETTINGS

pytestmark = pytest.mark.needs("strace")

WSGI = """\
import os
from django.core.wsgi import get_wsgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_wsgi_application()
"""


def test_what_is_built_is_on_the_disk_before_its_marker_says_that_it_is_whole(tmp_path: Path) -> None:
    project, trace = tmp_path / "project", tmp_path / "trace"
    for path, text in {
        "requirements.txt": "django>=5.2,<5.3\n",
        "manage.py": MANAGE,
        "shop/__init__.py": "",
        "shop/settings.py": SETTINGS.replace('os.environ["SHOP_KEY"]', "'x'"),
        "shop/wsgi.py": WSGI,
        "assets/site.css": "a { color: red }",
    }.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    strace = ["strace", "-f", "-o", str(trace), "-s", "500", "-e", "trace=syncfs,rename,renameat,renameat2"]
    built = subprocess.run(
        [*strace, sys.executable, "-m", "webstead", "build", str(project)],
        env={**os.environ, "WEBSTEAD_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    calls = re.findall(
        r"(syncfs)\(|rename.*/((?:environments/\w+/webstead)|static/.*)\.json\"", trace.read_text()
    )
    assert [flushed or marked.partition("/")[0] for flushed, marked in calls] == [
        *("syncfs", "environments"),
        *("syncfs", "static"),
    ]
