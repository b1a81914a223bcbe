"""Every rule by which Oryx detects, builds and starts a Python project, and every defect of it that is to be
done better: a small project each, and what Webstead decides.

The ids are those of the reference: sections 1.1 to 1.5 (detection), 2.3 (the build), 2.4 (settings), 3.3
(what is started), and 5.1 to 5.45 ("do better"). What no plan decides is tested elsewhere: see ELSEWHERE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from webstead.plan import Overrides, Plan, make_plan
from webstead.project import MemoryTree
from webstead.settings import Setting

FLASK = "from flask import Flask\n\napp = Flask(__name__)\n"
FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
DJANGO_WSGI = "from django.core.wsgi import get_wsgi_application\n\napplication = get_wsgi_application()\n"
MANAGE = 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
DJANGO = {
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/settings.py": 'INSTALLED_APPS = ["django.contrib.staticfiles"]\nSTATIC_URL = "static/"\n',
    "shop/wsgi.py": DJANGO_WSGI,
    "requirements.txt": "django\n",
}
PEP_621 = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
UV_LOCK = 'version = 1\nrequires-python = ">=3.12"\n\n[[package]]\nname = "flask"\nversion = "3.0.0"\n'
SETUP = 'from setuptools import setup\n\nsetup(name="shop", install_requires=["flask"])\n'
CONDA = "channels: [conda-forge]\ndependencies: [python=3.12, flask]\n"


@dataclass(frozen=True, slots=True)
class Rule:
    """ids: what of the reference it is about. start: `interface target-or-words`, with ` in folder`; None:
    there is none. python, steps: None where the rule is not about them. says: parts of warnings or of the
    question, each of one of them. settings: as an App Service has them."""

    ids: str
    why: str
    files: Mapping[str, str]
    start: str | None = "wsgi app:app"
    python: str | None = None
    steps: tuple[str, ...] | None = None
    says: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False
    runtime: str | None = None


def flask(files: Mapping[str, str] | None = None, *, requirements: str | None = "flask\n") -> dict[str, str]:
    listed = {} if requirements is None else {"requirements.txt": requirements}
    return {"app.py": FLASK, **listed, **(files or {})}


def bare(**files: str) -> dict[str, str]:
    """Without a requirements.txt. Underscores stand for dots."""
    return {"app.py": FLASK, **{name.replace("_", "."): text for name, text in files.items()}}


PACKAGES = ("environment", "requirements")

RULES = (
    # 1.1 What is Python
    Rule("1.1/1", "requirements.txt", flask(), steps=PACKAGES, quiet=True),
    Rule(
        "1.1/1 2.4/CUSTOM_REQUIREMENTSTXT_PATH",
        "the file that is named replaces requirements.txt",
        flask({"deploy/live.txt": "flask\n"}, requirements="django\n"),
        settings={"CUSTOM_REQUIREMENTSTXT_PATH": "deploy/live.txt"},
        quiet=True,
    ),
    Rule(
        "1.1/1 5.16",
        "a file that is named and not there is told before the build, not passed over",
        flask(),
        settings={"CUSTOM_REQUIREMENTSTXT_PATH": "live.txt"},
        says=("live.txt", "has no such file"),
    ),
    Rule(
        "1.1/empty-path 5.37",
        "an empty path is none: requirements.txt counts",
        flask(),
        steps=PACKAGES,
        settings={"CUSTOM_REQUIREMENTSTXT_PATH": ""},
        quiet=True,
    ),
    Rule(
        "1.1/2 2.3/A6-pyproject 5.21",
        "PEP 621 is no Poetry",
        bare(pyproject_toml=PEP_621),
        steps=("environment", "pyproject"),
    ),
    Rule(
        "1.1/3 2.3/A6-setup 5.22",
        "setup.py is read, with a kind of its own",
        bare(setup_py=SETUP),
        steps=("environment", "setup"),
    ),
    Rule(
        "1.1/4 2.3/A4 2.3/A6-uv 5.29",
        "uv.lock is installed from, with pyproject.toml",
        bare(pyproject_toml=PEP_621, uv_lock=UV_LOCK),
        steps=("environment", "lock"),
    ),
    Rule(
        "1.1/4",
        "uv.lock alone says nothing of packages",
        bare(uv_lock=UV_LOCK),
        says=("pyproject.toml, which is not there",),
    ),
    Rule("1.1/5 2.3/conda", "environment.yml", bare(environment_yml=CONDA), steps=("conda",)),
    Rule(
        "1.1/5 2.3/conda 5.41",
        "environment.yaml is read by its own name",
        bare(environment_yaml=CONDA),
        steps=("conda",),
    ),
    Rule(
        "1.1/5",
        "YAML that is no environment is told",
        bare(environment_yml="a: [\n"),
        says=("is no conda environment file",),
    ),
    Rule(
        "1.1/6 5.42",
        "a notebook alone is no app: what serves it is said",
        {"a.ipynb": "{}"},
        start=None,
        says=("a notebook, a.ipynb", "voila"),
    ),
    Rule(
        "1.1/7 1.2/3 5.24",
        "runtime.txt, trimmed",
        flask({"runtime.txt": "  python-3.12 \n"}),
        python="3.12",
        quiet=True,
    ),
    Rule(
        "1.1/7 5.24",
        "runtime.txt without a version is told",
        flask({"runtime.txt": "latest\n"}),
        says=("names no Python version",),
    ),
    Rule(
        "1.1/8 5.25",
        "code in folders below counts; packages, environments and git do not",
        {"src/shop/web.py": FLASK, "src/shop/__init__.py": "", "requirements.txt": "flask\n"},
        start="wsgi shop.web:app in src",
    ),
    Rule(
        "1.1/8",
        "no Python at all is said with what is there",
        {"README.md": ""},
        start=None,
        says=("no Python file, but README.md",),
    ),
    Rule(
        "1.1/never-read 5.23 5.33",
        "requires-python decides",
        bare(pyproject_toml=PEP_621 + 'requires-python = "==3.12.*"\n'),
        python="==3.12.*",
    ),
    Rule(
        "1.1/never-read 5.23", ".python-version decides", flask({".python-version": "3.12\n"}), python="3.12"
    ),
    Rule(
        "1.1/never-read 5.23",
        "a Pipfile is installed from",
        bare(Pipfile='[packages]\nflask = "*"\n'),
        steps=("environment", "pipfile"),
    ),
    Rule(
        "1.1/never-read 5.23",
        "Procfile's web: is the start",
        flask({"Procfile": "web: gunicorn --threads 3 app:app\n"}, requirements="flask\ngunicorn\n"),
        start="command gunicorn --threads 3 app:app",
    ),
    Rule(
        "1.1/never-read 5.23",
        "setup.cfg is installed from",
        bare(setup_cfg="[metadata]\nname = shop\n[options]\ninstall_requires = flask\n"),
        steps=("environment", "setup"),
    ),
    # 1.2 Which Python
    Rule(
        "1.2/2 2.4/PYTHON_VERSION",
        "the setting wins over files",
        flask({"runtime.txt": "python-3.11\n"}),
        python="3.12",
        settings={"PYTHON_VERSION": "3.12"},
    ),
    Rule(
        "1.2/precedence",
        "what is typed wins over build.env",
        flask({"build.env": "PYTHON_VERSION=3.11\n"}),
        python="3.12",
        settings={"PYTHON_VERSION": "3.12"},
    ),
    Rule(
        "1.2/precedence 5.34",
        "build.env is read",
        flask({"build.env": "PYTHON_VERSION=3.11\n"}),
        python="3.11",
    ),
    Rule(
        "1.2/4 2.4/PYTHON_DEFAULT_VERSION",
        "the default, when nothing is stated",
        flask(),
        python="3.12",
        settings={"PYTHON_DEFAULT_VERSION": "3.12"},
    ),
    Rule(
        "1.2/4",
        "the default is weaker than a file",
        flask({".python-version": "3.11\n"}),
        python="3.11",
        settings={"PYTHON_DEFAULT_VERSION": "3.12"},
    ),
    Rule(
        "1.2/5 5.7",
        "else the Python that Webstead runs on: never one that is out of support",
        flask(),
        python="3.13",
    ),
    Rule(
        "1.2/ranges",
        "a range is what uv resolves",
        flask({".python-version": ">=3.11,<3.13\n"}),
        python=">=3.11,<3.13",
    ),
    Rule(
        "1.2/prerelease",
        "a Python that is not out is told",
        flask(),
        runtime="3.16",
        python="3.16",
        says=("is not released before",),
    ),
    Rule(
        "1.2/unsupported",
        "a version that is not known is told",
        flask(),
        runtime="3.99",
        says=("of which nothing is known",),
    ),
    Rule(
        "1.2/booleans 5.11",
        "a switch that is neither true nor false names the setting",
        DJANGO,
        start="wsgi shop.wsgi:application",
        settings={"DISABLE_COLLECTSTATIC": "maybe"},
        says=("DISABLE_COLLECTSTATIC is maybe, neither true nor false",),
    ),
    Rule(
        "1.2/checker",
        "out of support, with the day",
        flask(),
        runtime="3.8",
        says=("out of support since 2024-10-07",),
    ),
    # 1.4 Frameworks: found in the code, when a plan is made
    Rule("1.4/build-time 5.4", "the start is decided with the build, once", flask(), quiet=True),
    Rule(
        "1.4/run-time 5.28",
        "Streamlit",
        {"app.py": 'import streamlit as st\n\nst.write("Hello")\n', "requirements.txt": "streamlit\n"},
        start="command python -m streamlit run app.py --server.port %HTTP_PLATFORM_PORT% --server.address "
        "127.0.0.1 --server.headless true",
    ),
    Rule(
        "1.4/run-time 5.28",
        "Dash: its WSGI app",
        {"app.py": "from dash import Dash\n\napp = Dash(__name__)\n", "requirements.txt": "dash\n"},
        start="wsgi app:app.server",
    ),
    Rule(
        "1.4/run-time 5.28",
        "Quart",
        {"app.py": "from quart import Quart\n\napp = Quart(__name__)\n", "requirements.txt": "quart\n"},
        start="asgi app:app",
    ),
    Rule(
        "1.4/run-time 5.28",
        "Starlette",
        {
            "web.py": "from starlette.applications import Starlette\n\napp = Starlette()\n",
            "requirements.txt": "starlette\n",
        },
        start="asgi web:app",
    ),
    # 1.5 Several platforms
    Rule(
        "1.5/order 1.5/all-detected 1.5/node-detection 5.26 5.9",
        "package.json beside it changes nothing",
        flask({"package.json": "{}", "server.js": ""}),
        quiet=True,
    ),
    Rule(
        "1.5/order 5.26",
        "a front end in a folder does not, either",
        flask({"client/package.json": "{}"}),
        quiet=True,
    ),
    Rule(
        "1.5/explicit",
        "Node alone is said to be Node",
        {"package.json": "{}"},
        start=None,
        says=("a project of Node.js",),
    ),
    # 2.3 The build
    Rule("2.3/A1 2.3/A2 2.3/A3 2.3/A5 5.5", "an environment of its own", flask(), steps=PACKAGES),
    Rule(
        "2.3/A6-custom 2.4/CUSTOM_BUILD_COMMAND",
        "a command in place of the manifests",
        flask(),
        steps=("environment", "custom"),
        settings={"CUSTOM_BUILD_COMMAND": "pip install flask"},
    ),
    Rule(
        "2.3/A6-requirements",
        "requirements.txt before setup.py",
        flask({"setup.py": SETUP}),
        steps=PACKAGES,
    ),
    Rule(
        "2.3/A6-pyproject 5.21",
        "Poetry, where it is Poetry's table",
        bare(pyproject_toml='[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\nflask = "*"\n'),
        steps=("environment", "poetry"),
    ),
    Rule(
        "2.3/A6-none 5.14",
        "nothing to install is a warning, with what to write",
        bare(),
        steps=("environment",),
        says=("Nothing states the app's packages",),
    ),
    Rule(
        "2.3/8 5.12 5.13",
        "static files are collected, whichever manifest lists Django",
        {
            **{k: v for k, v in DJANGO.items() if k != "requirements.txt"},
            "pyproject.toml": PEP_621.replace("flask", "django"),
        },
        start="wsgi shop.wsgi:application",
        steps=("environment", "pyproject", "collectstatic"),
    ),
    Rule(
        "2.3/8 2.4/DISABLE_COLLECTSTATIC",
        "unless told otherwise",
        DJANGO,
        start="wsgi shop.wsgi:application",
        steps=PACKAGES,
        settings={"DISABLE_COLLECTSTATIC": "True"},
    ),
    Rule(
        "2.3/8",
        "manage.py and no Django listed is told",
        {**DJANGO, "requirements.txt": "idna\n"},
        start="wsgi shop.wsgi:application",
        says=("does not list django",),
    ),
    Rule(
        "2.3/conda 2.3/A6-requirements",
        "of conda and requirements.txt, which is installed is said",
        flask({"environment.yml": CONDA}),
        says=("requirements.txt is installed and environment.yml is not read",),
    ),
    # 2.4 Settings
    Rule(
        "2.4/PRE_BUILD_COMMAND",
        "before the packages",
        flask(),
        steps=("pre-build", *PACKAGES),
        settings={"PRE_BUILD_COMMAND": "make"},
    ),
    Rule(
        "2.4/PRE_BUILD_SCRIPT_PATH",
        "a script of the project",
        flask({"a.sh": "make\n"}),
        steps=("pre-build", *PACKAGES),
        settings={"PRE_BUILD_SCRIPT_PATH": "a.sh"},
    ),
    Rule(
        "2.4/POST_BUILD_COMMAND 5.30",
        "in the environment",
        flask(),
        steps=(*PACKAGES, "post-build"),
        settings={"POST_BUILD_COMMAND": "python make.py"},
    ),
    Rule(
        "2.4/POST_BUILD_SCRIPT_PATH",
        "a script wins over a command, and that is said",
        flask({"a.sh": "make\n"}),
        steps=(*PACKAGES, "post-build"),
        settings={"POST_BUILD_SCRIPT_PATH": "a.sh", "POST_BUILD_COMMAND": "make"},
        says=("POST_BUILD_COMMAND",),
    ),
    Rule(
        "2.4/POST_BUILD_SCRIPT_PATH 5.16",
        "a script that is not there is told",
        flask(),
        settings={"POST_BUILD_SCRIPT_PATH": "a.sh"},
        says=("the project does not have",),
    ),
    Rule(
        "2.4/REQUIRED_OS_PACKAGES",
        "packages of the system, first",
        flask(),
        steps=("os-packages", *PACKAGES),
        settings={"REQUIRED_OS_PACKAGES": "libgl1, ffmpeg"},
    ),
    Rule(
        "2.4/appsvc.yaml",
        "its hooks win over the settings",
        flask({"appsvc.yaml": "pre-build: make\n"}),
        steps=("pre-build", *PACKAGES),
        settings={"PRE_BUILD_COMMAND": "other"},
        says=("PRE_BUILD_COMMAND",),
    ),
    Rule(
        "2.4/appsvc.yaml 5.36",
        "build counts, as a command in place of the manifests",
        flask({"appsvc.yaml": "build: make\n"}),
        steps=("environment", "custom"),
    ),
    Rule(
        "2.4/appsvc.yaml 5.36",
        "run is the start",
        flask({"appsvc.yaml": "run: gunicorn -w 2 app:app\n"}, requirements="flask\ngunicorn\n"),
        start="command gunicorn -w 2 app:app",
    ),
    Rule(
        "2.4/appsvc.yaml",
        "one that cannot be read is told",
        flask({"appsvc.yaml": "- a\n"}),
        says=("cannot be read",),
    ),
    # 3.3 What is started
    Rule("3.3/1", "Django", DJANGO, start="wsgi shop.wsgi:application"),
    Rule(
        "3.3/1 5.27",
        "Django two levels deep",
        {f"web/site/{path}": text for path, text in DJANGO.items()},
        start="wsgi shop.wsgi:application in web/site",
    ),
    Rule(
        "3.3/1 5.27",
        "Django's wsgi.py in the root: its own object, not app",
        {
            "wsgi.py": MANAGE + DJANGO_WSGI,
            "manage.py": MANAGE,
            "shop/settings.py": "",
            "requirements.txt": "django\n",
        },
        start="wsgi wsgi:application",
    ),
    Rule(
        "3.3/1",
        "a folder with a wsgi.py that is no Django is what its code says",
        {"shop/__init__.py": "", "shop/wsgi.py": FLASK, "requirements.txt": "flask\n"},
        start="wsgi shop.wsgi:app",
    ),
    Rule(
        "3.3/2 5.27",
        "FastAPI on any Python",
        {"main.py": FASTAPI, "requirements.txt": "fastapi\n"},
        start="asgi main:app",
        runtime="3.11",
    ),
    Rule(
        "3.3/2 5.27",
        "an import of FastAPI is no app: the object is",
        flask({"main.py": "from fastapi import HTTPException\n"}, requirements="flask\nfastapi\n"),
    ),
    Rule(
        "3.3/3 5.45",
        "application.py",
        {"application.py": FLASK, "requirements.txt": "flask\n"},
        start="wsgi application:app",
    ),
    Rule("3.3/3 5.45", "run.py", {"run.py": FLASK, "requirements.txt": "flask\n"}, start="wsgi run:app"),
    Rule(
        "3.3/3 5.27 5.45", "main.py", {"main.py": FLASK, "requirements.txt": "flask\n"}, start="wsgi main:app"
    ),
    Rule(
        "3.3/3 5.27",
        "an object that is not called app",
        {"server.py": FLASK.replace("app", "shop"), "requirements.txt": "flask\n"},
        start="wsgi server:shop",
    ),
    Rule(
        "3.3/3 5.27",
        "app.py without an app does not win over the file that has one",
        {"app.py": "VALUE = 1\n", "web.py": FLASK, "requirements.txt": "flask\n"},
        start="wsgi web:app",
    ),
    Rule(
        "5.20",
        "no app: no placeholder is served; what was looked for is said",
        {"app.py": "VALUE = 1\n", "requirements.txt": "flask\n"},
        start=None,
        says=("No app was found", "Looked for: web.config, Procfile"),
    ),
)

ELSEWHERE: Mapping[str, str] = {
    "1.1/detect-configuration": "tests/pure/project/test_build_settings.py",
    "1.2/1": "tests/real/build/test_runtimes.py",
    "2.3/A7": "tests/pure/build/test_uv_failure.py",
    "2.3/B": "tests/real/build/test_vendored.py",
    "2.3/7b": "tests/whole/test_build_output.py",
    "2.3/9": "tests/whole/test_build_output.py",
    "2.3/10": "tests/whole/test_build_output.py",
    "2.4/PYTHON_FAST_BUILD_ENABLED": "tests/pure/build/test_uv_commands.py",
    "2.4/PYTHON_PRELOADED_WHEELS_DIR": "tests/real/build/test_offline.py",
    "2.4/PIP_INDEX_URL": "tests/pure/build/test_uv_settings.py",
    "2.4/virtualenv_name": "tests/whole/test_build_output.py",
    "2.4/packagedir": "tests/real/build/test_vendored.py",
    "2.4/compress_virtualenv": "tests/whole/test_build_output.py",
    "2.4/ORYX_COMPRESS_WITH_ZSTD": "tests/whole/test_build_output.py",
    "5.1": "tests/real/site/test_verify.py",
    "5.2": "tests/whole/test_build_output.py",
    "5.3": "tests/whole/test_build_output.py",
    "5.6": "tests/whole/test_build_output.py",
    "5.8": "tests/real/build/output",
    "5.10": "tests/pure/plan/test_served_by_commands.py",
    "5.15": "tests/pure/build/test_uv_failure.py",
    "5.17": "tests/whole/test_build_output.py",
    "5.18": "tests/real/build/output",
}
"""What is performed, and not planned: where it is tested."""

_REQUESTS = "tests/real/cli/test_oryx_requests.py"
_OF_REQUESTS = (
    *("packagewheel", "PLATFORM_NAME", "ORYX_DISABLE_PIP_UPGRADE", "CreateVenvWithPythonVenv"),
    *("CREATE_PACKAGE", "ENABLE_DYNAMIC_INSTALL", "SDK_SOURCES", "ENABLE_MULTIPLATFORM_BUILD"),
    *("DISABLE_PYTHON_BUILD", "DISABLE_CHECKERS", "ORYX_APP_TYPE", "BUILDCOMMANDS_FILE", "OS_FLAVOR"),
    "ORYX_PREFER_USER_INSTALLED_SDKS",
)

ORYX_COMMAND: Mapping[str, str] = {
    "5.19": "tests/whole/test_oryx.py",
    "5.31": "tests/pure/oryx/test_oryx_shape.py",
    "5.32": _REQUESTS,
    "5.35": "tests/whole/test_oryx.py",
    "5.38": "tests/whole/test_oryx.py",
    "5.39": "tests/whole/test_oryx.py",
    "5.40": "tests/pure/oryx/test_oryx_shape.py",
    "5.43": "tests/pure/oryx/test_oryx_manifest.py",
    "5.44": "tests/pure/oryx/test_oryx_manifest.py",
    "2.4/VIRTUALENV_NAME": "tests/pure/oryx/test_oryx_shape.py",
    **{f"2.4/{name}": _REQUESTS for name in _OF_REQUESTS},
}
"""What only whoever types `oryx` meets: where it is tested."""

IDS = (
    *(f"1.1/{name}" for name in (*range(1, 9), "never-read", "empty-path", "detect-configuration")),
    *(f"1.2/{name}" for name in (*range(1, 6), "ranges", "prerelease", "unsupported")),
    *("1.2/precedence", "1.2/booleans", "1.2/checker", "1.4/build-time", "1.4/run-time"),
    *(f"1.5/{name}" for name in ("order", "all-detected", "explicit", "node-detection")),
    *(f"2.3/A{name}" for name in (*range(1, 6), 7)),
    *(f"2.3/A6-{name}" for name in ("custom", "requirements", "setup", "uv", "pyproject", "none")),
    *(f"2.3/{name}" for name in ("B", "7b", "8", "9", "10", "conda")),
    *("2.4/virtualenv_name", "2.4/packagedir", "2.4/compress_virtualenv", "2.4/packagewheel"),
    *(
        "2.4/PYTHON_VERSION",
        "2.4/PYTHON_DEFAULT_VERSION",
        "2.4/PLATFORM_NAME",
        "2.4/CUSTOM_REQUIREMENTSTXT_PATH",
    ),
    *("2.4/CUSTOM_BUILD_COMMAND", "2.4/DISABLE_COLLECTSTATIC", "2.4/VIRTUALENV_NAME"),
    *("2.4/ORYX_DISABLE_PIP_UPGRADE", "2.4/PYTHON_FAST_BUILD_ENABLED", "2.4/PYTHON_PRELOADED_WHEELS_DIR"),
    *("2.4/CreateVenvWithPythonVenv", "2.4/PRE_BUILD_COMMAND", "2.4/PRE_BUILD_SCRIPT_PATH"),
    *(
        "2.4/POST_BUILD_COMMAND",
        "2.4/POST_BUILD_SCRIPT_PATH",
        "2.4/REQUIRED_OS_PACKAGES",
        "2.4/CREATE_PACKAGE",
    ),
    *("2.4/ORYX_COMPRESS_WITH_ZSTD", "2.4/ENABLE_DYNAMIC_INSTALL", "2.4/SDK_SOURCES"),
    *(
        "2.4/ENABLE_MULTIPLATFORM_BUILD",
        "2.4/DISABLE_PYTHON_BUILD",
        "2.4/DISABLE_CHECKERS",
        "2.4/ORYX_APP_TYPE",
    ),
    *("2.4/BUILDCOMMANDS_FILE", "2.4/OS_FLAVOR", "2.4/ORYX_PREFER_USER_INSTALLED_SDKS", "2.4/PIP_INDEX_URL"),
    *("2.4/appsvc.yaml", "3.3/1", "3.3/2", "3.3/3"),
    *(f"5.{number}" for number in range(1, 46)),
)
"""All of the reference."""


def planned(rule: Rule) -> Plan:
    settings = tuple(Setting.of(name, value, "--env") for name, value in rule.settings.items())
    return make_plan(
        MemoryTree(rule.files), Overrides(settings=settings, runtime=rule.runtime, running="3.13")
    )


def started(plan: Plan) -> str | None:
    if plan.start is None:
        return None
    inside = f" in {plan.start.directory}" if plan.start.directory != "." else ""
    return f"{plan.start.interface} {plan.start.target or ' '.join(plan.start.command)}{inside}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.ids}: {rule.why}")
def test_a_rule_is_kept_or_bettered(rule: Rule) -> None:
    plan = planned(rule)
    assert started(plan) == rule.start
    assert rule.python in (None, plan.python.version)
    installs = tuple(step.kind for step in plan.install if step.kind != "overlay")
    assert rule.steps in (None, installs)
    questions = [part for q in plan.questions for part in (q.text, *q.answers, q.fix)]
    told = [*questions, *(f"{warning.text} {warning.fix}" for warning in plan.warnings)]
    for part in rule.says:
        assert any(part in text for text in told), told
    assert not (rule.quiet and told), told


def test_no_rule_of_the_reference_is_left_out() -> None:
    ruled = {each for rule in RULES for each in rule.ids.split()}
    assert ruled <= set(IDS)
    assert ruled | ELSEWHERE.keys() | ORYX_COMMAND.keys() == set(IDS)
    assert not ORYX_COMMAND.keys() & (ruled | ELSEWHERE.keys())


def test_what_is_tested_elsewhere_is() -> None:
    root = Path(__file__).parents[3]
    places = {*ELSEWHERE.values(), *ORYX_COMMAND.values()}
    assert {place for place in places if not (root / place).exists()} == set()
