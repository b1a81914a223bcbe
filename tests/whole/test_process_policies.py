"""A site whose web.config says how its processes are held, as it is started."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.live import fetch, live

WEB_CONFIG = r"""<configuration>
  <appSettings><add key="WSGI_HANDLER" value="app.app" /></appSettings>
  <system.webServer>
    <handlers><add name="python" path="*" verb="*" modules="FastCgiModule"
      scriptProcessor="C:\Python\python.exe|C:\wfastcgi.py" resourceType="Unspecified" /></handlers>
    <fastCgi><application fullPath="C:\Python\python.exe" arguments="C:\wfastcgi.py"
      maxInstances="3" instanceMaxRequests="20" queueLength="50" /></fastCgi>
  </system.webServer>
</configuration>"""
APP = """import os
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


def test_instances_are_as_many_as_the_file_says_and_are_replaced_without_a_loss(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "web.config").write_text(WEB_CONFIG)
    with live(tmp_path) as up:
        url = up.ready()
        pids: set[bytes] = set()
        deadline = time.monotonic() + 30
        while len(pids) <= 3:  # a successor takes its time to start, and the old ones answer until then
            assert time.monotonic() < deadline, "no instance is replaced"
            with ThreadPoolExecutor(6) as pool:
                answers = list(pool.map(lambda _: fetch(url), range(100)))
            assert {answer.status for answer in answers} == {200}
            pids |= {answer.body for answer in answers}
        assert up.interrupt() == 0
    assert 'instanceMaxRequests="20" (web.config:7)' in up.output
