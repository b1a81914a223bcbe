"""The `oryx` command as Kudu, a Dockerfile or a person at a prompt calls it: what it builds answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.live import fetch, served

ORYX = Path(sys.executable).with_name("oryx")
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
FLASK = {
    "requirements.txt": "flask\n",
    "app.py": "import sys\nfrom flask import Flask\napp = Flask(__name__)\n"
    "@app.get('/')\ndef home():\n    return 'flask in ' + sys.prefix\n",
}
FASTAPI = {
    "requirements.txt": "fastapi\n",
    "web/main.py": "from fastapi import FastAPI\nservice = FastAPI()\n"
    "@service.get('/')\nasync def home():\n    return {'by': 'fastapi'}\n",
    "web/__init__.py": "",
}
DJANGO = {
    "requirements.txt": "django>=5.2,<5.3\nwhitenoise\n",
    "manage.py": "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    "from django.core.management import execute_from_command_line\n"
    "if __name__ == '__main__':\n    execute_from_command_line(sys.argv)\n",
    "shop/__init__.py": "",
    "shop/settings.py": "from pathlib import Path\nSECRET_KEY = 'test'\nALLOWED_HOSTS = ['*']\n"
    "INSTALLED_APPS = ['django.contrib.staticfiles']\nROOT_URLCONF = 'shop.urls'\n"
    "MIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n"
    "WSGI_APPLICATION = 'shop.wsgi.application'\n"
    "STATIC_URL = 'static/'\nBASE = Path(__file__).parent.parent\nSTATIC_ROOT = BASE / 'staticfiles'\n"
    "STATICFILES_DIRS = [BASE / 'assets']\n",
    "shop/urls.py": "from django.http import HttpResponse\nfrom django.urls import path\n"
    "urlpatterns = [path('', lambda request: HttpResponse('by django'))]\n",
    "shop/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
    "assets/site.css": "a { color: red }\n",
}
KUDU = ("--platform", "python", "--platform-version", PYTHON, "-p", "virtualenv_name=antenv")


class Place:
    """A folder to build in, as a build container has it. cache: shared, so that packages come once."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.source = folder / "extracted"
        self.output = folder / "wwwroot"
        self.copy = folder / "8dc1"
        self.log = folder / "build.log"
        self.script = folder / "startup" / "run.sh"
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WEBSTEAD_")},
            "WEBSTEAD_CACHE_DIR": str(cache),
        }

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def oryx(
        self, *words: str | Path, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ORYX), *map(str, words)],
            cwd=self.source.parent,
            env={**self.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def build(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        """Kudu's call, with more words."""
        folders = (self.source, "-o", self.output, "-i", self.copy, "--log-file", self.log)
        done = self.oryx("build", *folders, *KUDU, *words, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_script(self, output: Path | None = None) -> Sequence[str]:
        folder = str(output or self.output)
        flags = ("-appPath", folder, "-output", str(self.script), "-virtualEnvName", "antenv")
        done = self.oryx("create-script", *flags)
        assert done.returncode == 0, done.stdout + done.stderr
        return ("sh", str(self.script))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def place(tmp_path: Path, cache: Path) -> Place:
    (tmp_path / "extracted").mkdir()
    return Place(tmp_path, cache)


@pytest.mark.parametrize(
    ("words", "env", "written"),
    [
        (("--compress-destination-dir",), {}, "output.tar.gz"),
        (("--compress-destination-dir",), {"ORYX_COMPRESS_WITH_ZSTD": "true"}, "output.tar.zst"),
        (("-p", "compress_virtualenv=tar-gz"), {}, "antenv.tar.gz"),
        ((), {}, "antenv/bin/python"),
    ],
)
def test_what_kudu_calls_answers(
    place: Place, words: Sequence[str], env: Mapping[str, str], written: str
) -> None:
    place.write(FLASK)
    assert "Total execution done in" in place.build(*words, env=env)
    assert (place.output / written).exists()
    assert "Verify: load app:app" in place.log.read_text()
    shutil.rmtree(place.copy)  # the app runs in another container
    with served(place.start_script(), place.environ) as url:
        text = fetch(url).text
    assert text.startswith("flask in ")
    assert text.endswith("/antenv")


def test_an_asgi_app_in_a_package_answers(place: Place) -> None:
    place.write(FASTAPI)
    assert "Start command: gunicorn -k uvicorn_worker.UvicornWorker web.main:service" in place.build(
        "--compress-destination-dir"
    )
    with served(place.start_script(), place.environ) as url:
        assert json.loads(fetch(url).text) == {"by": "fastapi"}


def test_django_serves_what_was_collected(place: Place) -> None:
    place.write(DJANGO)
    place.build("--compress-destination-dir")
    with served(place.start_script(), place.environ) as url:
        assert fetch(url).text == "by django"
        assert fetch(url + "static/site.css").text == "a { color: red }\n"


def test_an_output_that_was_moved_answers_and_its_programs_run(place: Place) -> None:
    place.write(FLASK)
    place.build()
    moved = place.output.with_name("moved here")
    place.output.rename(moved)
    with served(place.start_script(moved), place.environ) as url:
        assert fetch(url).text == f"flask in {moved}/antenv"
    words = f". '{moved}/antenv/bin/activate' && command -v flask && flask --version"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.startswith(f"{moved}/antenv/bin/flask\n")
    assert "Flask" in done.stdout


def test_a_build_that_fails_leaves_what_serves(place: Place) -> None:
    place.write(FLASK)
    place.build("--compress-destination-dir")
    before = (place.output / "output.tar.gz").read_bytes()
    place.write({"app.py": "import nowhere_to_be_found\n" + FLASK["app.py"]})
    folders = (place.source, "-o", place.output, "-i", place.copy)
    done = place.oryx("build", *folders, *KUDU, "--compress-destination-dir")
    assert done.returncode == 1
    assert "No module named 'nowhere_to_be_found'" in done.stdout + done.stderr
    assert (place.output / "output.tar.gz").read_bytes() == before
    with served(place.start_script(), place.environ) as url:
        assert fetch(url).status == 200


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--platform", "cobol"), 2, "'cobol' platform is not supported"),
        (("--platform", "python", "--platform-version", "3.99"), 3, "Platform 'python' version '3.99'"),
        (("--platform-version", "3.11"), 1, "Cannot use platform version without specifying platform"),
    ],
)
def test_what_cannot_be_built_has_oryxs_exit_code(
    place: Place, words: Sequence[str], code: int, said: str
) -> None:
    place.write(FLASK)
    done = place.oryx("build", place.source, "-o", place.output, *words)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert not place.output.exists()


def test_what_is_found_is_told_as_json(place: Place) -> None:
    place.write({**FLASK, "runtime.txt": "python-3.11.4\n"})
    (found,) = json.loads(place.oryx("detect", place.source, "-o", "json").stdout)
    assert found["Platform"] == "python"
    assert found["PlatformVersion"] == "3.11.4"
    assert found["HasRequirementsTxtFile"] is True


def test_an_empty_folder_is_no_app_of_a_buildpack(place: Place) -> None:
    assert place.oryx("buildpack-detect", place.source).returncode == 100


def test_a_script_of_a_build_builds(place: Place) -> None:
    place.write({**FLASK, "build.env": "PRE_BUILD_COMMAND=echo made > made.txt\n"})
    script = place.source.parent / "build.sh"
    assert place.oryx("build-script", place.source, "--platform", "python", "-o", script).returncode == 0
    done = subprocess.run(
        [str(script), str(place.source), str(place.output)],
        env={**place.environ, "PATH": f"{ORYX.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (place.output / "made.txt").read_text() == "made\n"
    with served(place.start_script(), place.environ) as url:
        assert fetch(url).text.startswith("flask in ")


@pytest.mark.parametrize("fast", ["", "true"])
def test_packages_in_a_folder_are_there_whatever_lists_them(place: Place, fast: str) -> None:
    project = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
    place.write({"app.py": FLASK["app.py"], "pyproject.toml": project})
    words = (place.source, "-o", place.output, "-p", "packagedir=__oryx_packages__")
    done = place.oryx("build", *words, env={"PYTHON_FAST_BUILD_ENABLED": fast} if fast else None)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (place.output / "__oryx_packages__" / "flask" / "__init__.py").is_file()
    with served(place.start_script(), place.environ) as url:
        assert fetch(url).text.startswith("flask in ")


def test_the_source_is_never_in_the_way_of_its_output(place: Place) -> None:
    place.write({**FLASK, "extracted": "a file named as the source's folder\n"})
    done = place.oryx("build", place.source, "-o", place.source.parent)
    assert done.returncode == 1
    assert "The source stands where the output has a file" in done.stderr
    assert (place.source / "app.py").read_text() == FLASK["app.py"]


def test_a_script_of_a_run_is_printed(place: Place) -> None:
    place.write(FLASK)
    place.build()
    done = place.oryx("run-script", place.output)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("#!/bin/sh")
    assert "exec gunicorn app:app" in done.stdout
    flags = ("-bindPort", "8123", "-userStartupCommand", "python -m http.server")
    passed = place.oryx("run-script", place.output, "--", *flags)
    assert passed.returncode == 0, passed.stderr
    assert "PORT=8123\n" in passed.stdout
    assert passed.stdout.endswith("\npython -m http.server\n")


def test_another_debugger_than_debugpy_is_refused(place: Place) -> None:
    place.write(FLASK)
    place.build()
    done = place.oryx("create-script", "-appPath", place.output, "-debugAdapter", "gdb")
    assert done.returncode == 1
    assert "The debugger 'gdb' is not supported." in done.stderr
