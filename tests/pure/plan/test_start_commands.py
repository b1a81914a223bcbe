"""Start commands: words, ports, and the packages that bring their programs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.plan import Overrides, make_plan
from webstead.plan.commands import (
    config_of_gunicorn,
    host_words,
    missing_program,
    port_warning,
    program_of,
    split_command,
)
from webstead.project import Evidence, MemoryTree, read_project

WHERE = Evidence("web.config", 7, "")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("0.0.0.0:$PORT", "0.0.0.0:%HTTP_PLATFORM_PORT%"),
        ("${PORT}", "%HTTP_PLATFORM_PORT%"),
        ("${PORT:-8000}", "%HTTP_PLATFORM_PORT%"),
        ("$HTTP_PLATFORM_PORT", "%HTTP_PLATFORM_PORT%"),
        ("$WORKERS", "%WORKERS%"),
        ("${SET:-2}", "%SET%"),
        ("${UNSET:-2}", "2"),
        ("$5", "$5"),
        ("plain", "plain"),
    ],
)
def test_variables_of_a_shell_become_those_of_the_host(word: str, expected: str) -> None:
    assert host_words([word], {"SET": "1"}) == (expected,)


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("gunicorn app:app", "gunicorn"),
        ("python -m gunicorn app:app", "gunicorn"),
        ("python3.12 -m uvicorn app:app", "uvicorn"),
        ("uv run uvicorn app:app", "uvicorn"),
        ("bin/gunicorn app:app", "gunicorn"),
        ("python app.py", "python"),
    ],
)
def test_the_program_of_a_command(command: str, program: str) -> None:
    assert program_of(split_command(command).words) == program


@pytest.mark.parametrize(
    ("requirements", "missing"),
    [
        ("flask\n", "uvicorn"),
        ("flask\nuvicorn\n", None),
        ("fastapi[standard]\n", None),
        ("UVICORN[standard]>1\n", None),
    ],
)
def test_a_program_that_nothing_brings(requirements: str, missing: str | None) -> None:
    project = read_project(MemoryTree({"requirements.txt": requirements}))
    assert missing_program(("uvicorn", "app:app"), project) == missing


def test_without_a_manifest_nothing_is_known_to_be_missing() -> None:
    assert missing_program(("gunicorn", "app:app"), read_project(MemoryTree({}))) is None


@pytest.mark.parametrize(
    ("command", "fix"),
    [
        (
            "python manage.py runserver 0.0.0.0:8000",
            "Write 0.0.0.0:%HTTP_PLATFORM_PORT% in place of 0.0.0.0:8000.",
        ),
        ("python manage.py runserver 8000", "Write %HTTP_PLATFORM_PORT% in place of 8000."),
        ("uvicorn app:app --port 80", "Write %HTTP_PLATFORM_PORT% in place of 80."),
        ("uvicorn app:app --port=8000", "Write --port=%HTTP_PLATFORM_PORT% in place of --port=8000."),
        ("gunicorn -b :5000 app:app", "Write :%HTTP_PLATFORM_PORT% in place of :5000."),
    ],
)
def test_a_fixed_port_is_named_with_its_cure(command: str, fix: str) -> None:
    warning = port_warning(split_command(command).words, (), WHERE)
    assert warning is not None
    assert warning.fix == fix
    assert warning.evidence == (WHERE,)


@pytest.mark.parametrize(
    "command",
    [
        "uvicorn app:app --port %HTTP_PLATFORM_PORT%",
        "python -m waitress --port %http_platform_port% app:app",
        "gunicorn app:app",
        "gunicorn --timeout 600 app:app",
        "python serve.py",
        "python serve.py 42",
    ],
)
def test_ports_that_are_given_or_not_named_are_fine(command: str) -> None:
    assert port_warning(split_command(command).words, (), WHERE) is None


def test_a_port_in_the_environment_counts() -> None:
    words = split_command("python manage.py runserver 8000").words
    assert port_warning(words, ("%HTTP_PLATFORM_PORT%",), WHERE) is None


@pytest.mark.parametrize("text", ["", "   ", "python 'app.py"])
def test_a_command_that_cannot_be_read(text: str) -> None:
    with pytest.raises(UsageError, match="--command"):
        split_command(text)


@pytest.mark.parametrize(
    ("command", "config"),
    [
        ("gunicorn app:app", "gunicorn.conf.py"),
        ("gunicorn -c deploy/gunicorn.py app:app", "deploy/gunicorn.py"),
        ("python -m gunicorn --config=./conf.py app:app", "conf.py"),
        ("gunicorn -b :$PORT app:app", ""),
        ("uvicorn app:app -c x.py", ""),
        ("gunicorn app:app -c", ""),
    ],
)
def test_the_configuration_file_of_gunicorn(command: str, config: str) -> None:
    assert config_of_gunicorn(split_command(command).words) == config


def test_a_port_that_gunicorns_file_fixes_is_told() -> None:
    app = "from flask import Flask\napp = Flask('x')\n"
    files = {"Procfile": "web: gunicorn app:app\n", "requirements.txt": "gunicorn\nflask\n", "app.py": app}
    plan = make_plan(MemoryTree({**files, "gunicorn.conf.py": "workers = 2\nbind = '0.0.0.0:8000'\n"}))
    (warning,) = plan.warnings
    assert warning.text.startswith("gunicorn.conf.py:2 binds the fixed port 8000")
    bind = "import os\nbind = '0.0.0.0:' + os.environ['PORT']\n"
    assert make_plan(MemoryTree({**files, "gunicorn.conf.py": bind})).warnings == ()


@pytest.mark.parametrize(
    ("files", "fix"),
    [
        ({"app.py": "import os\nfrom http.server import HTTPServer\n"}, None),
        ({"app.py": "import shop\n", "shop.py": "import json\n"}, None),
        ({"app.py": "import shop\n", "shop.py": "import yaml\n"}, "printf '%s\\n' PyYAML > requirements.txt"),
    ],
)
def test_packages_that_nothing_states_are_those_that_the_code_imports(
    files: dict[str, str], fix: str | None
) -> None:
    plan = make_plan(MemoryTree({"Procfile": "web: python app.py\n", **files}))
    assert [warning.fix for warning in plan.warnings] == ([fix] if fix else [])


def test_a_command_that_needs_a_shell_is_given_one() -> None:
    with pytest.raises(UsageError, match="needs a shell") as caught:
        split_command("cd src && python app.py $PORT")
    assert caught.value.fix == "Write: --command 'sh -c \"cd src && python app.py $PORT\"'"
    assert split_command('sh -c "cd src && python app.py $PORT"').words[0] == "sh"


def test_a_port_that_the_users_shell_took_out_is_told() -> None:
    plan = make_plan(MemoryTree({}), Overrides(command="python serve.py --port "))
    assert any("--command '… --port $PORT'" in warning.fix for warning in plan.warnings)
    plan = make_plan(MemoryTree({}), Overrides(command="python serve.py --port $PORT --quiet"))
    assert not any("$PORT" in warning.fix for warning in plan.warnings)


@pytest.mark.parametrize("place", ["command", "procfile"])
def test_assignments_in_front_of_a_command_are_settings(place: str) -> None:
    text = "GRADIO_SERVER_PORT=$PORT python app.py"
    files = {"Procfile": f"web: {text}\n"} if place == "procfile" else {}
    plan = make_plan(MemoryTree(files), Overrides(command=text if place == "command" else None))
    assert plan.start is not None
    assert plan.start.command == ("python", "app.py")
    environment = {setting.name: setting.text for setting in plan.processes[0].environment}
    assert environment["GRADIO_SERVER_PORT"] == "%HTTP_PLATFORM_PORT%"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6))
def test_no_words_break_the_readers(words: list[str]) -> None:
    assert len(host_words(words, {})) == len(words)
    program_of(words)
    port_warning(words, (), WHERE)
