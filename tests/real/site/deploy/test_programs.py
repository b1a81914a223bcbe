"""The programs of a deployment, and its log, while the records cannot be written."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.deployments import APP, Home
from webstead.errors import WebsteadError
from webstead.site.deploy.lock import Cancelled, cancel, hold
from webstead.site.deploy.log import DeploymentLog
from webstead.site.deploy.programs import WatchedRunner


class Told(DeploymentLog):
    """failed: a tick could not be recorded."""

    failed: threading.Event

    def tick(self) -> None:
        try:
            super().tick()
        except WebsteadError:
            self.failed.set()
            raise


def test_a_program_ends_with_its_deployment_and_no_line_is_lost_when_a_write_has_failed(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path / "home")
    deployment = home.deploy({"app.py": APP % "one"}).id
    log = Told(home.store, "shop", deployment, home.clock)
    log.failed = threading.Event()
    log.begin("It runs.")

    def refuse(_: str, line: str) -> None:
        log.line(line)
        with home.store.write() as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'full'); END"
            )

    def cancel_then() -> None:
        assert log.failed.wait(20)
        assert cancel(home.site, "ann")

    with hold(home.site, "deployment", "tests", deployment=deployment) as held:
        cancelling = threading.Thread(target=cancel_then)
        cancelling.start()
        words = ["sh", "-c", "echo begun; sleep 15; touch ended"]
        with pytest.raises(Cancelled):
            WatchedRunner(held, log)(words, cwd=tmp_path, env=dict(os.environ), on_line=refuse)
        cancelling.join()
    assert not (tmp_path / "ended").exists()
    with home.store.write() as connection:
        connection.execute("DROP TRIGGER full")
    log.end()
    assert "begun" in [entry.message for entry in home.log(deployment)]
