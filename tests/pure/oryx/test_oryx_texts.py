"""The scripts and files that Oryx's commands write."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.oryx import (
    AppCommand,
    Dockerfile,
    Startup,
    UserCommand,
    command_line,
    dockerfile,
    startup_script,
)
from webstead.formats.oryx.build_script import build_script
from webstead.formats.oryx.dockerfile import check_port, image_reference, image_version

# A plan's words as one line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("gunicorn", "shop.wsgi"), "gunicorn shop.wsgi"),
        (("gunicorn", "app:make()"), "gunicorn 'app:make()'"),
        (("a", "--port", "%HTTP_PLATFORM_PORT%"), 'a --port "$PORT"'),
        (("a", "--host", "127.0.0.1"), 'a --host "$HOST"'),
        (("a", "--bind", "localhost:%PORT%"), 'a --bind "$HOST":"$PORT"'),
        (("a", "--bind=127.0.0.1:%PORT%"), 'a --bind="$HOST":"$PORT"'),
        (("a", "--db", "postgres://127.0.0.1/x"), "a --db postgres://127.0.0.1/x"),
        (("a", "127.0.0.1.example"), "a 127.0.0.1.example"),
        (("a", "%NAME%/x y"), "a \"${NAME-%NAME%}\"'/x y'"),
        (("a", "%WWWROOT%/lib"), 'a "$APP_PATH"/lib'),
        (("a", "100%"), "a 100%"),
        (("a", ""), "a ''"),
    ],
)
def test_command_line(words: tuple[str, ...], line: str) -> None:
    assert command_line(words) == line


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="%\0"), min_size=1), min_size=1))
def test_a_shell_takes_the_line_apart_into_the_words(words: list[str]) -> None:
    bare = [word for word in words if not re.search(r"127\.0\.0\.1|localhost", word)]
    assert shlex.split(command_line(bare)) == bare


# The start script


def script(command: AppCommand | UserCommand, **fields: str) -> str:
    made = Startup("/home/site/wwwroot", command, environment=fields.pop("environment", ""))
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return startup_script(made)


GUNICORN = AppCommand("gunicorn shop.wsgi", gunicorn=True, config="gunicorn.conf.py")


def test_parts_come_in_the_order_of_oryx() -> None:
    text = script(
        GUNICORN,
        environment="/home/site/wwwroot/antenv",
        python_version="3.11.15",
        pre_run="echo hi",
        directory="web",
    )
    order = [
        "#!/bin/sh",
        "APP_PATH=/home/site/wwwroot",
        'cd "$APP_PATH"',
        'HOST="${HOST:-0.0.0.0}"',
        'PORT="${PORT:-80}"',
        "PATH=/opt/python/3.11.15/bin",
        "VIRTUAL_ENV=/home/site/wwwroot/antenv",
        'eval "$PRE_RUN_COMMAND"',
        "cd web",
        "export GUNICORN_CMD_ARGS",
        "exec gunicorn shop.wsgi",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert text.rstrip().endswith("exec gunicorn shop.wsgi")


def test_a_fixed_port_takes_the_place_of_the_variable() -> None:
    assert "\nPORT=8000\n" in script(GUNICORN, port="8000")


def test_the_options_of_gunicorn_are_made_when_the_script_runs() -> None:
    text = script(GUNICORN)
    order = [
        "--timeout 600",
        "--access-logfile '-'",
        "--error-logfile '-'",
        "-c '",
        "--workers=",
        "--threads=",
        "--bind=",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "GUNICORN_CMD_ARGS" not in script(AppCommand("streamlit run app.py"))


def test_a_users_command_gets_no_options_and_finds_its_scripts() -> None:
    text = script(UserCommand("a --x && b"))
    assert text.endswith('PATH="$PATH:$APP_PATH"\nexport PATH\na --x && b\n')
    assert "GUNICORN" not in text
    named = script(UserCommand("start.sh", "/home/site/wwwroot/start.sh"))
    assert named.endswith("exec sh /home/site/wwwroot/start.sh\n")


def test_variables_of_the_start_do_not_win_over_those_that_are_set() -> None:
    text = script(AppCommand("python app.py", variables=(("ORIGIN", "x y"), ("AT", "%PORT%"))))
    assert "[ -n \"${ORIGIN+set}\" ] || ORIGIN='x y'\nexport ORIGIN\n" in text
    assert '|| AT="$PORT"\n' in text


def test_folders_with_spaces_are_one_word() -> None:
    text = startup_script(
        Startup("/srv/my site", GUNICORN, ("a\nb",), directory="the app", packages="/srv/my site/p")
    )
    assert "APP_PATH='/srv/my site'" in text
    assert "\ncd 'the app' ||" in text
    assert "# a b\n" in text


def test_packages_without_an_environment() -> None:
    text = script(GUNICORN, packages="/home/site/wwwroot/__oryx_packages__")
    assert 'PYTHONPATH="$PACKAGES:$PACKAGES/overlay' in text
    assert "VIRTUAL_ENV" not in text


# Dockerfile and build script


def test_dockerfile() -> None:
    text = dockerfile(Dockerfile("python:3.12-slim", "python:3.12-slim", "3.12", "8000"))
    assert text.splitlines() == [
        "FROM python:3.12-slim AS build",
        "RUN pip install --no-cache-dir webstead",
        "WORKDIR /app",
        "COPY . .",
        "RUN oryx build /app --output /output --platform python --platform-version 3.12 "
        "-p virtualenv_name=antenv",
        "",
        "FROM python:3.12-slim",
        "RUN pip install --no-cache-dir webstead",
        "COPY --from=build /output /app",
        "RUN oryx create-script -appPath /app -output /app/run.sh -bindPort 8000",
        "EXPOSE 8000",
        'ENTRYPOINT ["/app/run.sh"]',
    ]
    assert "EXPOSE" not in dockerfile(Dockerfile("a:1", "a:1"))


@pytest.mark.parametrize("text", ["0", "65535", ""])
def test_ports(text: str) -> None:
    assert check_port(text) == text


@pytest.mark.parametrize("text", ["65536", "-1", "x", "1 2", "9" * 50, "٣"])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(ValueError, match="from 0 to 65535"):
        check_port(text)


def test_an_image_has_a_tag() -> None:
    assert image_reference("mcr.example.com/oryx/cli:debian-bookworm-stable")
    for text in ("python", "python:", "Python:3", "a b:1", "python:3\nRUN x"):
        with pytest.raises(ValueError, match="IMAGE:TAG"):
            image_reference(text)


@pytest.mark.parametrize(
    ("version", "tag"), [("3.12", "3.12"), (">=3.11,<3.13", "3.11"), ("~3.10.2", "3.10.2"), ("", "3")]
)
def test_the_tag_of_an_image(version: str, tag: str) -> None:
    assert image_version(version) == tag


def test_a_build_script_holds_its_options_as_words() -> None:
    text = build_script(["--property", "PRE_BUILD_COMMAND=echo 'a b'"], ["/opt/my tools/oryx"])
    assert text.startswith("#!/bin/bash\n")
    assert text.rstrip().endswith("""--property 'PRE_BUILD_COMMAND=echo '"'"'a b'"'"''""")
    assert "oryx=('/opt/my tools/oryx')" in text
