"""The processes of a site over its management."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import psutil
import pytest

from tests.management import Management
from tests.observed import has_ended
from webstead.services.context import SiteContext
from webstead.services.scm import processes
from webstead.services.scm.process_details import details_of
from webstead.services.scm.process_items import Process, duration_text
from webstead.site.served import environ_of
from webstead.site.server.orders import NoHost, RunningInstance

PROGRAM = (
    "import subprocess, sys; subprocess.Popen(['sleep', '300']); print('on', flush=True); sys.stdin.read()"
)


@pytest.fixture
def management(tmp_path: Path) -> Management:
    return Management(tmp_path, "shop", "blog")


@pytest.fixture
def process(management: Management) -> Iterator[subprocess.Popen[bytes]]:
    """One of shop's, which has started another."""
    home = management.server.site("shop")
    variables = {**environ_of(home, {"API_KEY": "s3cret", "COLOUR": "red"}, "shop"), "API_KEY": "s3cret"}
    started = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert started.stdout is not None
    started.stdout.readline()
    children = psutil.Process(started.pid).children()
    yield started
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    started.kill()
    started.wait()
    assert started.stdin is not None
    started.stdin.close()
    started.stdout.close()


def test_a_sites_processes_are_listed_and_no_others(
    management: Management, process: subprocess.Popen[bytes]
) -> None:
    items = management.ask("GET", "/api/processes?allUsers=true").json()
    assert list(items[0]) == ["id", "name", "machineName", "href", "user_name"]
    assert process.pid in [item["id"] for item in items]
    assert "sleep" in [item["name"] for item in items]
    assert os.getpid() not in [item["id"] for item in items]
    assert [item["name"] for item in items] == sorted(item["name"] for item in items)
    assert management.ask("GET", "/diagnostics/processes").json() == items
    other = management.ask(
        "GET", "/api/processes", host="blog.scm.localhost", as_user=management.publisher("blog")
    )
    assert other.json() == []


def test_one_process_is_told_whole_without_its_secrets(
    management: Management, process: subprocess.Popen[bytes]
) -> None:
    answer = management.ask("GET", f"/api/processes/{process.pid}")
    assert "s3cret" not in answer.text
    found = answer.json()
    assert found["environment_variables"]["API_KEY"] == "***"
    assert found["environment_variables"]["APPSETTING_COLOUR"] == "red"
    assert found["href"] == f"http://shop.scm.localhost/api/processes/{process.pid}"
    assert found["command_line"].startswith(sys.executable)
    assert len(found["children"]) == 1
    assert found["thread_count"] == len(found["threads"]) == 1
    assert found["module_count"] == len(found["modules"]) > 0
    assert found["working_set"] > 0
    assert found["total_cpu_time"].startswith("00:00:0")
    assert found["start_time"].endswith("Z")
    assert (found["is_scm_site"], found["is_webjob"], found["is_profile_running"]) == (False, False, False)


def test_its_parts_have_addresses(management: Management, process: subprocess.Popen[bytes]) -> None:
    path = f"/api/processes/{process.pid}"
    (thread,) = management.ask("GET", f"{path}/threads").json()
    assert management.ask("GET", f"{path}/threads/{thread['id']}").json()["id"] == thread["id"]
    assert management.ask("GET", f"{path}/threads/1").status_code == 404
    module = management.ask("GET", f"{path}/modules").json()[0]
    assert management.ask("GET", f"{path}/modules/{module['base_address'].upper()}").json() == module
    assert management.ask("GET", f"{path}/modules/0").status_code == 404
    assert management.ask("GET", f"{path}/environments/site_name").json() == {"WEBSITE_SITE_NAME": "shop"}
    assert len(management.ask("GET", f"{path}/environments/all").json()) > 3


def test_a_process_of_another_site_or_of_the_machine_is_not_running(
    management: Management, process: subprocess.Popen[bytes]
) -> None:
    blog = management.publisher("blog")
    for pid, host, user in (
        (process.pid, "blog.scm.localhost", blog),
        (1, "shop.scm.localhost", None),
        (os.getppid(), "shop.scm.localhost", None),
        (-1, "shop.scm.localhost", None),
    ):
        for method in ("GET", "DELETE"):
            answer = management.ask(method, f"/api/processes/{pid}", host=host, as_user=user)
            assert answer.status_code == 404
            assert answer.json()["Message"] == f"Process with an Id of {pid} is not running."
    assert process.poll() is None


def test_the_management_tells_little_of_itself_and_stays(management: Management) -> None:
    found = management.ask("GET", "/api/processes/0").json()
    assert found["is_scm_site"] is True
    assert (found["environment_variables"], found["open_file_handles"], found["command_line"]) == ({}, [], "")
    assert management.ask("DELETE", "/api/processes/0").status_code == 403


def test_the_newest_instance_that_ends_while_it_is_read_is_followed_by_the_next(
    management: Management, process: subprocess.Popen[bytes]
) -> None:
    """An instance is renewed beside the other: one is there at every moment."""
    variables = environ_of(management.server.site("shop"), {}, "shop")

    def details(site: SiteContext, number: int, found: psutil.Process) -> Process:
        if found.pid == newest.pid:
            newest.kill()
            newest.wait()
        return details_of(site, number, found)

    def instances(host: NoHost, site: str = "") -> tuple[RunningInstance, ...]:
        return tuple(RunningInstance("shop", "", "web", each.pid, 0.0) for each in (process, newest))

    with (
        subprocess.Popen(["sleep", "300"], env=variables) as newest,
        patch.object(processes, "details_of", details),
        patch.object(NoHost, "instances", instances),
    ):
        answer = management.ask("GET", "/api/processes/-1")
        assert newest.returncode is not None, "it was the first that was looked at"
    assert answer.json()["id"] == process.pid
    assert answer.json()["href"] == "http://shop.scm.localhost/api/processes/-1"


@pytest.mark.parametrize(("method", "tail"), [("DELETE", ""), ("POST", "/stop")])
def test_a_process_is_ended_with_what_it_started(
    management: Management, process: subprocess.Popen[bytes], method: str, tail: str
) -> None:
    (child,) = psutil.Process(process.pid).children()
    answer = management.ask(method, f"/api/processes/{process.pid}{tail}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert process.poll() is not None
    assert has_ended(child)


def test_what_cannot_be_done_here_says_what_can(
    management: Management, process: subprocess.Popen[bytes]
) -> None:
    path = f"/api/processes/{process.pid}"
    for method, tail in (("GET", "dump"), ("POST", "profile/start"), ("GET", "profile/stop")):
        answer = management.ask(method, f"{path}/{tail}")
        assert answer.status_code == 400, "as on App Service on Linux"
        assert f"--pid {process.pid}" in answer.json()["fix"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "00:00:00.0000000"),
        (1.5, "00:00:01.5000000"),
        (3661, "01:01:01.0000000"),
        (90000, "1.01:00:00.0000000"),
    ],
)
def test_durations_are_written_as_by_dotnet(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_words_and_variables_that_are_no_text_are_shown(management: Management) -> None:
    variables: dict[bytes, bytes] = {
        os.fsencode(name): os.fsencode(value)
        for name, value in environ_of(management.server.site("shop"), {}, "shop").items()
    }
    variables[b"CAF\xc9"] = b"men\xfc"
    words = [*map(os.fsencode, (sys.executable, "-c", "print('on', flush=True); input()")), b"caf\xe9"]
    with subprocess.Popen(words, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        shown = management.ask("GET", f"/api/processes/{started.pid}").json()
        assert shown["command_line"].endswith("caf\ufffd")
        assert shown["environment_variables"]["CAF\ufffd"] == "men\ufffd"
        path = f"/api/processes/{started.pid}/environments/all"
        assert management.ask("GET", path).json()["CAF\ufffd"] == "men\ufffd"
        assert management.ask("GET", "/api/processes").status_code == 200
        started.kill()
