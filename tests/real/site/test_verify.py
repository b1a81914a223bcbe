"""After a build: whether what it is for can start, in the environment and the settings it will run with."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from webstead.build import Environment
from webstead.effects import RecordingRunner, run
from webstead.errors import StartError
from webstead.events import Event, Note, StepDone, StepOutput
from webstead.plan import Overrides, Plan
from webstead.plan.model import InstallStep
from webstead.settings import Setting
from webstead.site.layout import SiteLayout, find_layout
from webstead.site.prepare import plan_site
from webstead.site.verify import Verification, verify_site

WSGI = "def app(environ, start_response): ...\n"
ASGI = "async def app(scope, receive, send): ...\n"
ENVIRONMENT = Environment(Path(sys.executable), Path(sys.prefix))


class Site:
    def __init__(self, folder: Path, state: Path) -> None:
        self.folder = folder
        self.layout: SiteLayout = find_layout(folder, state)
        self.cache = state / "cache"
        self.runner = RecordingRunner(through=run)
        self.events: list[Event] = []

    def write(self, **files: str) -> None:
        for name, text in files.items():
            path = self.folder / name.replace("__", ".")
            path.write_text(text)

    def verify(
        self,
        *,
        app: str | None = None,
        command: str | None = None,
        seconds: float = 60.0,
        settings: tuple[Setting, ...] = (),
    ) -> list[str]:
        """What was told: `done`, `unchanged`, and warnings."""
        self.events.clear()
        self.runner.calls.clear()
        plan = plan_site(self.layout, Overrides(app, command, settings=settings))
        verify_site(
            self.layout,
            within(plan, seconds),
            ENVIRONMENT,
            self.events.append,
            runner=self.runner,
            environ=self.environ,
        )
        return self.told

    def verification(self, *steps: InstallStep) -> Verification:
        """Of `app:app`, in a plan with these steps."""
        plan = replace(plan_site(self.layout, Overrides("app:app")), install=steps)
        return Verification(self.layout, plan, self.events.append, runner=self.runner, environ=self.environ)

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, "WEBSTEAD_CACHE_DIR": str(self.cache)}

    @property
    def told(self) -> list[str]:
        done = [
            "done" if event.changed else "unchanged" for event in self.events if isinstance(event, StepDone)
        ]
        return done + [event.text for event in self.events if isinstance(event, Note)]

    @property
    def output(self) -> list[str]:
        return [event.line for event in self.events if isinstance(event, StepOutput)]


def within(plan: Plan, seconds: float) -> Plan:
    return replace(plan, processes=tuple(replace(each, startup_seconds=seconds) for each in plan.processes))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    return Site(folder, tmp_path / "state")


def failure(site: Site, *, app: str | None = None, command: str | None = None) -> StartError:
    with pytest.raises(StartError) as caught:
        site.verify(app=app, command=command)
    return caught.value


def test_an_app_that_loads_is_verified_once(site: Site) -> None:
    site.write(app__py=WSGI + "print('loading')\n")
    assert site.verify() == ["done"]
    assert site.output == ["loading"]
    assert site.verify() == ["unchanged"]
    assert site.runner.calls == []


@pytest.mark.parametrize("changed", ["code", "settings", "command"])
def test_what_it_follows_from_is_verified_again(site: Site, changed: str) -> None:
    site.write(app__py=WSGI, other__py=WSGI)
    site.verify(app="app:app")
    if changed == "code":
        site.write(lib__py="x = 1")
    settings = (Setting.of("A", "1", "--env"),) if changed == "settings" else ()
    assert site.verify(app="other:app" if changed == "command" else "app:app", settings=settings) == ["done"]


def test_what_failed_is_tried_again(site: Site) -> None:
    site.write(app__py="import nowhere_to_be_found\n" + WSGI)
    failure(site, app="app:app")
    error = failure(site, app="app:app")
    assert error.what == "The module 'app' failed while it was imported."
    assert error.fix.startswith("Add nowhere-to-be-found to requirements.txt")
    assert "import nowhere_to_be_found" in error.detail


def test_a_setting_that_is_missing_is_asked_for(site: Site) -> None:
    site.write(app__py="import os\nTOKEN = os.environ['SHOP_TOKEN']\n" + WSGI)
    assert "--env SHOP_TOKEN=" in failure(site, app="app:app").fix
    assert site.verify(app="app:app", settings=(Setting.of("SHOP_TOKEN", "x", "--env"),)) == ["done"]


def test_the_app_sees_its_folder_its_variables_and_no_trace_of_webstead(site: Site) -> None:
    site.write(
        app__py="import os, sys, helper\n"
        "assert os.getcwd() == os.path.dirname(os.path.abspath(__file__))\n"
        "assert 'webstead' not in sys.modules\n" + WSGI,
        helper__py="",
    )
    assert site.verify(app="app:app") == ["done"]


@pytest.mark.parametrize(
    ("command", "source", "what"),
    [
        ("gunicorn app:app", ASGI, "app:app is ASGI, and gunicorn serves WSGI."),
        ("python -m uvicorn app:app", WSGI, "app:app is WSGI, and uvicorn serves ASGI."),
        ("python -m uvicorn app:app --factory", "def app(): return 1\n", "app:app()' is not callable"),
    ],
)
def test_an_app_of_the_other_interface_fails(
    site: Site, monkeypatch: pytest.MonkeyPatch, command: str, source: str, what: str
) -> None:
    bin_folder = site.folder.parent / "bin"
    bin_folder.mkdir()
    (bin_folder / "gunicorn").write_text("#!/bin/sh\nexit 1\n")
    (bin_folder / "gunicorn").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
    site.write(app__py=source)
    assert what in failure(site, command=command).what


@pytest.mark.parametrize(
    ("command", "source"),
    [
        ("python -m uvicorn app:app --port $PORT", ASGI),
        ("python -m uvicorn app:make --factory", ASGI + "make = lambda: app\n"),
        ("python -m uvicorn app:app --port 1", "import os\nPORT = int(os.environ['PORT'])\n" + ASGI),
    ],
)
def test_an_app_on_its_own_server_loads(site: Site, command: str, source: str) -> None:
    site.write(app__py=source)
    assert site.verify(command=command) == ["done"]


def test_an_app_dir_is_looked_into(site: Site) -> None:
    (site.folder / "src").mkdir()
    (site.folder / "src" / "inner.py").write_text(ASGI)
    assert site.verify(command="python -m uvicorn inner:app --app-dir src") == ["done"]


def test_a_script_is_looked_at_and_not_run(site: Site) -> None:
    site.write(serve__py="import json\nopen('ran', 'w')\n")
    assert site.verify(command="python serve.py") == ["done"]
    assert not (site.folder / "ran").exists()
    site.write(serve__py="import json\nimport nowhere_to_be_found\n")
    error = failure(site, command="python serve.py")
    assert error.what == "serve.py imports what is not there: nowhere_to_be_found."
    assert error.found == "serve.py, line 2: import nowhere_to_be_found"


def test_a_program_that_can_check_is_asked(site: Site) -> None:
    site.write(
        manage__py="import sys\nprint('arguments:', sys.argv[1:])\nsys.exit(len(sys.argv) > 2)\n",
    )
    assert site.verify(command="python manage.py runserver 127.0.0.1:$PORT") == ["done"]
    assert site.output == ["arguments: ['check']"]
    site.write(manage__py="raise KeyError('SHOP_TOKEN')\n")
    error = failure(site, command="python manage.py runserver 127.0.0.1:$PORT")
    assert "--env SHOP_TOKEN=" in error.fix


def test_an_import_that_does_not_end_is_told_with_its_line(site: Site) -> None:
    site.write(app__py=WSGI + "import threading\nthreading.Event().wait()\n")
    with pytest.raises(StartError) as caught:
        site.verify(seconds=0.5, app="app:app")
    assert caught.value.what == "app:app was not loaded within 0.5 s."
    assert "app.py, line 3: threading.Event().wait()" in caught.value.found


def test_an_import_that_ends_the_process_fails(site: Site) -> None:
    site.write(app__py=WSGI + "import os\nos._exit(0)\n")
    assert "ended the process" in failure(site, app="app:app").what


def test_what_an_import_has_started_ends_with_it(site: Site) -> None:
    site.write(
        app__py=WSGI + "import subprocess, sys\n"
        "words = [sys.executable, '-c', 'import time; time.sleep(60)']\n"
        "null = subprocess.DEVNULL\n"
        "child = subprocess.Popen(words, start_new_session=True, stdout=null, stderr=null)\n"
        "print(child.pid)\n"
    )
    assert site.verify(app="app:app") == ["done"]
    (line,) = site.output
    ended = time.monotonic() + 5
    while psutil.pid_exists(int(line)) and time.monotonic() < ended:
        pass
    assert not psutil.pid_exists(int(line))


def test_a_project_without_a_start_is_told_so(site: Site) -> None:
    site.write(lib__py="x = 1\n")
    (told,) = site.verify()
    assert told.startswith("Nothing was verified: ")


def test_what_was_found_well_ahead_is_not_looked_for_again(site: Site) -> None:
    site.write(app__py=WSGI + "print('loading')\n")
    with site.verification() as verification:
        verification.begin(ENVIRONMENT)
        verification.finish(ENVIRONMENT)
    assert len(site.runner.calls) == 1
    assert (site.told, site.output) == (["done"], ["loading"])


def test_what_failed_ahead_is_tried_again_when_all_is_there(site: Site) -> None:
    site.write(app__py=WSGI + "open('collected.json').close()\n")
    with site.verification() as verification:
        verification.begin(ENVIRONMENT)
        ended = time.monotonic() + 20
        while verification.running and time.monotonic() < ended:
            pass
        (site.folder / "collected.json").write_text("{}")
        verification.finish(ENVIRONMENT)
    assert len(site.runner.calls) == 2
    assert site.told == ["done"]


def test_what_has_begun_ends_with_a_build_that_fails(site: Site) -> None:
    site.write(app__py=WSGI + "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n")
    pid = site.folder / "pid"
    with site.verification() as verification:
        verification.begin(ENVIRONMENT)
        ended = time.monotonic() + 20
        while not (pid.is_file() and pid.read_text()) and time.monotonic() < ended:
            pass
    assert not psutil.pid_exists(int(pid.read_text()))
    assert not verification.running


def test_nothing_begins_before_a_command_of_the_users_own(site: Site) -> None:
    site.write(app__py=WSGI)
    with site.verification(InstallStep("post-build", "make", words=("make",))) as verification:
        verification.begin(ENVIRONMENT)
        assert site.runner.calls == []
        verification.finish(ENVIRONMENT)
    assert site.told == ["done"]
