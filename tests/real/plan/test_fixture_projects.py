"""Small projects on disk, each special or wrong in one way, and what the plan must make of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from webstead.effects.files import DiskTree
from webstead.errors import ConfigError, PlanError
from webstead.plan import Overrides, Plan, as_json, as_text, make_plan, start_or_error
from webstead.plan.model import JSON_VERSION
from webstead.project.tree import IGNORED_FOLDERS
from webstead.settings import Setting

PROJECTS = Path(__file__).parents[2] / "fixtures" / "projects"


@dataclass(frozen=True, slots=True)
class Expected:
    """start: (interface, target or command, directory), None for a question. says: parts of the warnings, or
    of the question. quiet: no warning at all. lost: (target, part of the reason)."""

    start: tuple[str, str, str] | None
    says: tuple[str, ...] = ()
    quiet: bool = True
    lost: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ("environment", "requirements")


def wsgi(target: str, directory: str = ".") -> tuple[str, str, str]:
    return ("wsgi", target, directory)


def asgi(target: str, directory: str = ".") -> tuple[str, str, str]:
    return ("asgi", target, directory)


def command(words: str) -> tuple[str, str, str]:
    return ("command", words, ".")


def script(*words: str) -> tuple[str, str, str]:
    """One that is run on the host's port in place of its own."""
    return command(" ".join(["python -m webstead.portbind --to %HTTP_PLATFORM_PORT%", *words]))


ASGI_STEPS = ("environment", "requirements", "overlay")
DJANGO_STEPS = ("environment", "requirements", "collectstatic")

EXPECTED: dict[str, Expected] = {
    "app_imported_into_run": Expected(wsgi("run:app"), lost=(("shop:app", "the same app"),)),
    "app_in_package": Expected(wsgi("shop:app")),
    "app_in_tests_only": Expected(
        None, ("tests/test_app.py:3", "webstead up --app test_app:app"), lost=(("test_app:app", "tests/"),)
    ),
    "app_under_main_guard": Expected(
        script("--port", "5000", "app.py"),
        ("app.py:5 serves by Flask's own server", "made for development"),
        quiet=False,
    ),
    "asgi_and_wsgi": Expected(None, ("2 apps fit equally well", "--app api:app", "--app pages:app")),
    "bottle_without_app": Expected(
        script("--port", "8080", "app.py"), ("app.py:9 serves by Bottle's own server",), quiet=False
    ),
    "config_asgi_behind_fastcgi": Expected(wsgi("main:app"), ("ASGI app (FastAPI)",), quiet=False),
    "config_dotnet": Expected(
        None,
        ("web.config:7", "dotnet is not Python", "--app app:app"),
        lost=(("app:app", "web.config says"),),
    ),
    "config_factory": Expected(wsgi("shop:create_app()"), ("Python 3.11",), quiet=False),
    "config_fastcgi": Expected(wsgi("app:app"), ("Python 3.11",), quiet=False),
    "config_fixed_port": Expected(
        ("command", "python manage.py runserver 0.0.0.0:8000", "."),
        ("web.config:7", "fixed port 8000", "0.0.0.0:%HTTP_PLATFORM_PORT%"),
        quiet=False,
        lost=(("shop.wsgi:application", "web.config says"),),
    ),
    "config_gallery_rewrite": Expected(
        wsgi("app:app"), ("Python 2.7, which is out of support",), quiet=False
    ),
    "config_headers_only": Expected(wsgi("app:app")),
    "config_http_platform": Expected(
        ("command", "python %WWWROOT%/runserver.py", "."),
        ("Python 3.11",),
        quiet=False,
        lost=(("shop:app", "web.config says"),),
    ),
    "config_in_other_files": Expected(wsgi("app:app")),
    "config_platform_unmapped": Expected(
        ("command", "python -m waitress --port %HTTP_PLATFORM_PORT% app:app", "."),
        lost=(("app:app", "web.config says"),),
    ),
    "config_ptvs_proxy": Expected(wsgi("app:app"), ("Python 3.11",), quiet=False),
    "config_py_launcher": Expected(
        ("command", "python -m uvicorn main:app --port %HTTP_PLATFORM_PORT%", "."),
        ("Python 3.10, which is out of support",),
        quiet=False,
    ),
    "config_script_outside": Expected(
        ("command", "python ../app.py", "."),
        ("web.config:7 starts ../app.py, which lies outside the site's folder. Write app.py.",),
        quiet=False,
        lost=(("app:app", "web.config says"),),
    ),
    "config_static_folder": Expected(wsgi("app:app"), ("Python 3.11",), quiet=False),
    "config_target_missing": Expected(
        wsgi("shop.wsgi.application"), ("no module shop.wsgi", 'write value="app.app"'), quiet=False
    ),
    "config_unknown_paths": Expected(wsgi("app:app"), ("web.config:5: E:\\Apps\\shop is not",), quiet=False),
    "config_without_handler": Expected(wsgi("app:app")),
    "config_without_target": Expected(wsgi("app:app"), ("no WSGI_HANDLER", "app:app, which"), quiet=False),
    "conflicting_python_versions": Expected(
        wsgi("app:app"),
        (".python-version:1 asks for Python 3.12, runtime.txt:1 for 3.9.18", "pyproject.toml:4 for >=3.13"),
        quiet=False,
    ),
    "dash_server": Expected(wsgi("app:app.server")),
    "django_behind_procfile": Expected(
        ("command", "gunicorn shop.wsgi", "."),
        steps=DJANGO_STEPS,
        lost=(("shop.wsgi:application", "Procfile:1 says"),),
    ),
    "django_channels": Expected(
        asgi("shop.asgi:application"),
        lost=(("shop.wsgi:application", "has channels"),),
        steps=("environment", "requirements", "overlay", "collectstatic"),
    ),
    "django_default": Expected(
        wsgi("shop.wsgi:application"),
        lost=(("shop.asgi:application", "nothing in the settings needs ASGI"),),
        steps=DJANGO_STEPS,
    ),
    "django_in_sub_folder": Expected(wsgi("shop.wsgi:application", "site"), steps=DJANGO_STEPS),
    "django_two_settings": Expected(
        wsgi("shop.wsgi:application"),
        ("shop.settings.dev", "shop.settings.prod", "--env DJANGO_SETTINGS_MODULE="),
        quiet=False,
        steps=DJANGO_STEPS,
    ),
    "django_without_wsgi": Expected(wsgi("django.core.wsgi:get_wsgi_application()"), steps=DJANGO_STEPS),
    "factory_made_elsewhere": Expected(wsgi("wsgi:application"), lost=(("shop:create_app()", "made"),)),
    "factory_with_arguments": Expected(
        None, ("shop/__init__.py:4", "needs config_name", "Give the argument a default")
    ),
    "fastapi_by_alias": Expected(asgi("service:api")),
    "folder_without_init": Expected(asgi("app.main:app"), steps=ASGI_STEPS),
    "framework_not_listed": Expected(
        wsgi("app:app"), ("does not list flask", "Add a line to requirements.txt: flask"), quiet=False
    ),
    "guarded_by_try": Expected(wsgi("app:app")),
    "left_over_hello_app": Expected(
        asgi("shop.main:app"), lost=(("main:app", "Dockerfile:3 starts shop.main:app"),), steps=ASGI_STEPS
    ),
    "left_over_main": Expected(asgi("shop.web:app"), steps=ASGI_STEPS),
    "mounted_sub_app": Expected(asgi("main:root"), steps=ASGI_STEPS),
    "no_manifest": Expected(wsgi("app:app"), ("no requirements.txt",), quiet=False, steps=("environment",)),
    "no_python": Expected(None, ("no Python file, but README.md, notes.txt",), steps=("environment",)),
    "notebook_only": Expected(None, ("a notebook, analysis.ipynb",)),
    "object_not_called_app": Expected(wsgi("web:storefront")),
    "only_a_factory": Expected(wsgi("shop:create_app()")),
    "pipenv_only": Expected(wsgi("app:app"), steps=("environment", "pipfile")),
    "plain_asgi_function": Expected(asgi("hello:app"), steps=("environment", "overlay")),
    "plain_wsgi_function": Expected(wsgi("hello:application"), steps=("environment",)),
    "poetry_only": Expected(
        wsgi("app:app"),
        ("poetry.lock does not fit pyproject.toml: it has no flask.", "poetry lock"),
        quiet=False,
        steps=("environment", "poetry.lock"),
    ),
    "procfile_needs_shell": Expected(
        ("command", "gunicorn app:app", "."),
        ("Procfile:1 runs python migrate.py before the server", "release: python migrate.py"),
        quiet=False,
        lost=(("app:app", "Procfile:1 says"),),
    ),
    "procfile_web": Expected(
        ("command", "gunicorn --workers 3 --bind 0.0.0.0:%HTTP_PLATFORM_PORT% shop.wsgi", "."),
        lost=(("shop.wsgi:application", "Procfile:1 says"),),
        steps=("environment", "requirements", "release"),
    ),
    "procfile_without_gunicorn": Expected(
        wsgi("app:app"), ("Procfile:1 starts gunicorn", "Add gunicorn to the requirements"), quiet=False
    ),
    "pyramid_factory": Expected(None, ("main() returns a Pyramid app, but needs global_config",)),
    "python_2_code": Expected(None, ("app.py:5 is Python 2 code",), quiet=False),
    "requirements_and_lock": Expected(
        wsgi("app:app"), ("Both uv.lock and requirements.txt",), quiet=False, steps=("environment", "lock")
    ),
    "requirements_include_missing": Expected(
        wsgi("app:app"), ("requirements.txt:2 includes requirements/production.txt",), quiet=False
    ),
    "requirements_include_only": Expected(wsgi("app:app")),
    "requirements_misspelt": Expected(
        wsgi("app:app"), ("requirments.txt is not read",), quiet=False, steps=("environment",)
    ),
    "requirements_utf16": Expected(wsgi("app:app"), ("UTF-16", "-Encoding utf8"), quiet=False),
    "runs_when_imported": Expected(wsgi("app:app")),
    "src_layout": Expected(wsgi("shop.web:app", "src"), steps=("environment", "pyproject")),
    "static_site": Expected(None, ("static site", "http.server"), steps=("environment",)),
    "streamlit_script": Expected(
        command(
            "python -m streamlit run dashboard.py --server.port %HTTP_PLATFORM_PORT% "
            "--server.address 127.0.0.1 --server.headless true"
        )
    ),
    "sub_folder_app": Expected(asgi("main:app", "backend"), steps=ASGI_STEPS),
    "syntax_error": Expected(None, ("app.py:8 does not parse",), quiet=False),
    "two_equal_apps": Expected(None, ("webstead up --app admin:app", "webstead up --app shop:app")),
    "wrapped_by_socketio": Expected(
        asgi("main:socket_app"), lost=(("main:app", "wraps it"),), steps=ASGI_STEPS
    ),
    "wrapped_in_middleware": Expected(wsgi("app:app")),
}


def plan_of(name: str, *, app: str | None = None, command: str | None = None) -> Plan:
    tree = DiskTree(PROJECTS / name, IGNORED_FOLDERS)
    return make_plan(tree, Overrides(app=app, command=command, running="3.12"))


def told(plan: Plan) -> str:
    """All that the plan says to people outside of its decisions."""
    questions = [text for q in plan.questions for text in (q.text, *q.answers, q.fix)]
    return "\n".join([*questions, *(f"{w.text} {w.fix}" for w in plan.warnings)])


def test_every_fixture_is_in_the_table() -> None:
    assert {path.name for path in PROJECTS.iterdir()} == {*EXPECTED, "config_malformed"}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_plan_of_a_fixture(name: str) -> None:
    plan, expected = plan_of(name), EXPECTED[name]
    start = plan.start
    found = start and (start.interface, start.target or " ".join(start.command), start.directory)
    assert found == expected.start
    for part in expected.says:
        assert part in told(plan)
    assert bool(plan.warnings) is not expected.quiet, [warning.text for warning in plan.warnings]
    assert tuple(step.kind for step in plan.install) == expected.steps
    reasons = {a.start.target or " ".join(a.start.command): a.why_not for a in plan.alternatives}
    for target, reason in expected.lost:
        assert reason in reasons[target]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_start_has_evidence_and_a_process_that_runs_its_words(name: str) -> None:
    plan = plan_of(name)
    if plan.start is None:
        assert plan.questions
        assert plan.questions[0].answers or plan.questions[0].fix
        assert not plan.processes
        return
    assert plan.start.evidence
    assert plan.webconfig is not None
    assert plan.start.command in [process.command for process in plan.processes]
    paths = set(DiskTree(PROJECTS / name, IGNORED_FOLDERS).files())
    assert {evidence.path for evidence in plan.start.evidence} <= paths


@pytest.mark.parametrize("name", EXPECTED)
def test_the_evidence_of_code_is_on_the_line_that_it_names(name: str) -> None:
    plan = plan_of(name)
    for alternative in (plan.start, *(a.start for a in plan.alternatives)):
        for evidence in alternative.evidence if alternative and alternative.target else ():
            lines = (PROJECTS / name / evidence.path).read_text().splitlines()
            assert 1 <= evidence.line <= len(lines)
            assert lines[evidence.line - 1].strip()


@pytest.mark.parametrize("name", EXPECTED)
def test_text_and_json_say_the_same(name: str) -> None:
    plan = plan_of(name)
    text, data = as_text(plan), as_json(plan)
    assert (data["start"] is None) == ("No start" in text) == (plan.start is None)
    for warning in plan.warnings:
        assert warning.text in text
    for alternative in plan.alternatives:
        assert alternative.why_not in text


def test_a_malformed_web_config_is_an_error_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of("config_malformed")
    assert caught.value.where.startswith("web.config:5:")


def test_no_start_is_an_error_with_what_found_and_fix() -> None:
    with pytest.raises(PlanError) as caught:
        start_or_error(plan_of("two_equal_apps"))
    assert caught.value.what.startswith("2 apps fit equally well")
    assert "admin.py:3" in caught.value.found
    assert "webstead up --app shop:app" in caught.value.fix


def test_the_answer_to_a_question_is_a_start() -> None:
    assert start_or_error(plan_of("two_equal_apps", app="shop:app")).target == "shop:app"


def test_a_command_wins_over_everything() -> None:
    plan = plan_of("config_fastcgi", command="gunicorn -b :${PORT:-8000} app:app")
    assert plan.start is not None
    assert plan.start.command == ("gunicorn", "-b", ":%HTTP_PLATFORM_PORT%", "app:app")
    assert plan.webconfig is not None
    assert plan.webconfig.source == "plan"
    assert "the file is not used" in told(plan)
    assert "--command was given" in {alternative.why_not for alternative in plan.alternatives}


def test_an_app_takes_the_place_of_the_one_in_a_fastcgi_file() -> None:
    plan = plan_of("config_target_missing", app="app:app")
    assert plan.start is not None
    assert plan.start.target == "app:app"
    assert plan.webconfig is not None
    assert plan.webconfig.source == "file"
    assert [process.target for process in plan.processes] == ["app:app"]


def test_the_paths_of_a_fastcgi_file_are_those_of_the_site() -> None:
    (process,) = plan_of("config_unknown_paths").processes
    assert process.python_path == ("%WWWROOT%", "%WWWROOT%/lib", "%HOME%/extra")
    log = next(setting for setting in process.environment if setting.name == "WSGI_LOG")
    assert (log.text, process.log_file) == ("%HOME%/LogFiles/shop.log", None)
    assert (process.instances, process.threads, process.serve_on_failure) == (2, 1, True)


def test_a_file_for_another_server_keeps_one_request_a_process() -> None:
    (process,) = plan_of("config_without_handler").processes
    assert (process.instances, process.threads, process.serve_on_failure) == (2, 1, True)


def test_an_http_platform_is_carried_over_whole() -> None:
    (process,) = plan_of("config_http_platform").processes
    assert process.protocol == "http"
    assert (process.instances, process.startup_seconds) == (3, 45.0)
    assert process.log_file == "%HOME%/LogFiles/python.log"
    assert process.python_path == ("%WWWROOT%",)
    assert [setting.name for setting in process.environment] == ["SECRET_KEY"]


def test_collected_files_are_served_by_the_server() -> None:
    plan = plan_of("django_default")
    assert [directory.path for directory in plan.virtual] == ["/static"]
    assert plan.webconfig is not None
    assert '<location path="static">' in plan.webconfig.text


def test_static_files_of_another_host_have_no_folder_here() -> None:
    assert plan_of("django_without_wsgi").virtual == ()


def test_nested_files_go_with_the_plan() -> None:
    assert [config.path for config in plan_of("config_static_folder").nested] == ["static/web.config"]


def test_the_fields_of_the_json_are_those_of_its_version() -> None:
    """The schema by the fields of all projects: who changes it decides whether JSON_VERSION grows
    (docs/reference/plan.md), and writes the file anew."""
    found: set[str] = set()
    for folder in sorted(PROJECTS.iterdir()):
        try:
            made = make_plan(DiskTree(folder, IGNORED_FOLDERS), Overrides(settings=SETTINGS))
        except ConfigError:
            continue
        found |= set(fields("", as_json(made)))
    expected = (PROJECTS.parent / f"plan_json_{JSON_VERSION}.txt").read_text().splitlines()
    assert sorted(found) == expected


SETTINGS = (Setting.of("A", "1", "--env"),)


def fields(path: str, value: object) -> Iterator[str]:
    """`start.command: str list`, and so on."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from fields(f"{path}.{name}".lstrip("."), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from fields(f"{path}[]", inner)
    else:
        yield f"{path}: {type(value).__name__}"
