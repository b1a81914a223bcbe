"""No name breaks out of its place in a configuration: each server reads what was meant, or we refuse."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webstead.errors import UsageError

from .client import ask
from .conftest import SERVERS, make_site, short_folder
from .webserver import KINDS, SECONDS, WebServer, write_files

NASTY = "ab \"'\\;{}$#%|<>&`~!*?[]()=,:éß\u3042"
"""What means something to one of the grammars, and some letters."""

FOLDERS = [
    "a b",
    'a"b',
    "a'b",
    "a;b",
    "a{b}",
    "a$b",
    "a${b}",
    "a#b",
    "a\\b",
    "a%b",
    "a\\",
    "a<b>&c",
    "aé",
    "a*b",
]

REFUSED = {
    "apache": {"a${b}"},
    "apache-fcgid": {"a${b}"},
    "lighttpd": {"a\\b", "a\\"},
    "caddy": {"a{b}", "a${b}", "a\\b", "a\\"},
}


@pytest.mark.parametrize("kind", [param for param in SERVERS if param.values != ("haproxy",)])
def test_files_are_sent_from_folders_with_odd_names(kind: str) -> None:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        place = stack.enter_context(short_folder())
        folder.chmod(0o755)
        static = []
        for number, name in enumerate(name for name in FOLDERS if name not in REFUSED.get(kind, ())):
            (folder / name).mkdir()
            (folder / name / "file.css").write_text(name)
            static.append((f"/s{number}", str(folder / name)))
        site = make_site(folder, "site_pages:app", static=tuple(static))
        stack.enter_context(WebServer(KINDS[kind], place, [site]))
        for url, path in static:
            answer = ask(site.server.port, f"{url}/file.css")
            assert (answer.status, answer.text) == (200, Path(path).name)


@pytest.mark.parametrize("kind", SERVERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(NASTY, min_size=1, max_size=12), other=st.text(NASTY, min_size=1, max_size=12))
def test_a_configuration_is_always_one_that_the_server_takes(kind: str, name: str, other: str) -> None:
    server = KINDS[kind]
    with short_folder() as folder:
        static = () if kind == "haproxy" else (("/static", f"/srv/{name}"),)
        site = make_site(folder, "site_pages:app", static=static)
        site = replace(site, directory=f"/srv/{other}", bind=f"unix:{folder}/{other}.sock")
        try:
            write_files(server, folder, [site])
        except UsageError:
            return
        done = subprocess.run(
            server.command(server.check, folder),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}{(folder / 'site0.conf').read_text()}"
