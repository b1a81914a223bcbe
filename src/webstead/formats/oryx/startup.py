"""The start script that `oryx create-script` writes, for a POSIX sh. Pure: values to text.

What depends on the machine and the moment (the port, gunicorn's options, the command before the app) is read
when the script runs, not when it is written.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webstead.formats.oryx.gunicorn_options import GUNICORN_OPTIONS

__all__ = ["AppCommand", "Startup", "UserCommand", "command_line", "startup_script"]

DEFAULT_PORT = "80"

_PORT_NAMES = frozenset({"PORT", "HTTP_PLATFORM_PORT", "ASPNETCORE_PORT"})
_KNOWN = {"HOST": "HOST", "WWWROOT": "APP_PATH"}
_LOOPBACK = re.compile(r"^(127\.0\.0\.1|localhost)(?=$|:)|(?<==)(127\.0\.0\.1|localhost)(?=$|:)")
_PLACE = re.compile(r"%([A-Za-z_]\w*)%", re.ASCII)


@dataclass(frozen=True, slots=True)
class UserCommand:
    """What -userStartupCommand says. script: its text names a file, which is run by sh if it may not be
    executed."""

    text: str
    script: str = ""


@dataclass(frozen=True, slots=True)
class AppCommand:
    """line: words as command_line() gives them. gunicorn: its options are made when the script runs. config:
    the file of gunicorn's settings that the project has. variables: set for it. needs: a module that has to
    be there, and what to type when it is not."""

    line: str
    gunicorn: bool = False
    config: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Startup:
    """Paths are absolute, but directory, which is relative to the app; an empty one is not there. notes:
    lines of a comment. port: fixed; "" for $PORT. pre_run: of build.env; the environment's wins."""

    app_path: str
    command: UserCommand | AppCommand
    notes: tuple[str, ...] = ()
    port: str = ""
    environment: str = ""
    packages: str = ""
    python_version: str = ""
    static_root: str = ""
    pre_run: str = ""
    directory: str = "."


def command_line(words: Sequence[str]) -> str:
    """Words of a plan in one line for a shell: the host's port is `$PORT`, the loopback address `$HOST`,
    which is 0.0.0.0 unless somebody says otherwise; other `%NAME%` are filled in where NAME is set."""
    return " ".join(_shell_word(word) for word in words)


def _shell_word(word: str) -> str:
    pieces = []
    at = 0
    text = _LOOPBACK.sub("%HOST%", word)
    for match in _PLACE.finditer(text):
        pieces += [_quoted(text[at : match.start()]), _variable(match[1])]
        at = match.end()
    return "".join([*pieces, _quoted(text[at:])]) or "''"


def _quoted(text: str) -> str:
    return shlex.quote(text) if text else ""


def _variable(name: str) -> str:
    known = "PORT" if name in _PORT_NAMES else _KNOWN.get(name, "")
    return f'"${known}"' if known else f'"${{{name}-%{name}%}}"'


def startup_script(startup: Startup) -> str:
    """The whole script."""
    return "\n".join("\n".join(part) + "\n" for part in map(list, _parts(startup)) if part)


def _parts(startup: Startup) -> Iterator[Iterator[str]]:
    yield _head(startup)
    yield _place(startup)
    yield _address(startup)
    yield _python(startup)
    yield _packages(startup)
    yield _for_logins(startup)
    yield _before(startup)
    yield _command(startup)


_FAIL = """\
fail() {
    printf 'error: %s\\nfound: %s\\nfix:   %s\\n' "$1" "$2" "$3" >&2
    exit 1
}"""


def _head(startup: Startup) -> Iterator[str]:
    yield "#!/bin/sh"
    for note in startup.notes:
        yield f"# {' '.join(note.split())}"
    yield ""
    yield _FAIL


def _place(startup: Startup) -> Iterator[str]:
    app = shlex.quote(startup.app_path)
    yield f"APP_PATH={app}"
    yield "export APP_PATH"
    yield (
        'cd "$APP_PATH" || fail "The app is not there." "no folder $APP_PATH" '
        '"Write the script anew: oryx create-script -appPath DIR"'
    )


def _address(startup: Startup) -> Iterator[str]:
    port = shlex.quote(startup.port) if startup.port else f'"${{PORT:-{DEFAULT_PORT}}}"'
    yield 'HOST="${HOST:-0.0.0.0}"'
    yield f"PORT={port}"
    yield 'case "$PORT" in'
    yield (
        '    \'\' | *[!0-9]*) fail "PORT is no port." "PORT=$PORT" '
        '"Set PORT to a number, or write the script with -bindPort 8000." ;;'
    )
    yield "esac"
    yield "export HOST PORT"
    for name in _LISTENING:
        yield f'export {name}="${{{name}:-$HOST}}"'


_LISTENING = ("UVICORN_HOST", "FLASK_RUN_HOST", "STREAMLIT_SERVER_ADDRESS", "GRADIO_SERVER_NAME")
"""Servers that listen on loopback unless told otherwise, where nobody outside of a container reaches them."""


def _python(startup: Startup) -> Iterator[str]:
    if startup.python_version:
        folder = shlex.quote(f"/opt/python/{startup.python_version}/bin")
        yield f"if [ -d {folder} ]; then"
        yield f'    PATH={folder}:"$PATH"'
        yield "fi"
        yield "export PATH"


def _packages(startup: Startup) -> Iterator[str]:
    if startup.environment:
        yield from _environment(startup)
    if startup.packages:
        yield from _package_dir(startup)
    if startup.static_root:
        yield f"export WEBSTEAD_STATIC_ROOT={shlex.quote(startup.static_root)}"


def _environment(startup: Startup) -> Iterator[str]:
    version = startup.python_version or "the version that built it"
    yield f"VIRTUAL_ENV={shlex.quote(startup.environment)}"
    yield 'if ! [ -x "$VIRTUAL_ENV/bin/python" ]; then'
    yield (
        '    [ -d "$VIRTUAL_ENV" ] || fail "The environment is not there." "no folder $VIRTUAL_ENV" '
        '"Build the app anew: oryx build SRC -o $APP_PATH -p virtualenv_name=${VIRTUAL_ENV##*/}"'
    )
    yield (
        '    fail "The environment\'s Python is not on this machine." '
        '"$VIRTUAL_ENV/bin/python leads to $(readlink "$VIRTUAL_ENV/bin/python")" '
        f'"Install Python {version} there, or write the script anew: oryx create-script finds another of it."'
    )
    yield "fi"
    yield 'PATH="$VIRTUAL_ENV/bin:$VIRTUAL_ENV/overlay/bin:$PATH"'
    yield "export VIRTUAL_ENV PATH"
    yield "unset PYTHONHOME"


def _package_dir(startup: Startup) -> Iterator[str]:
    yield f"PACKAGES={shlex.quote(startup.packages)}"
    yield (
        '[ -d "$PACKAGES" ] || fail "The packages of the app are not there." "no folder $PACKAGES" '
        '"Build the app anew: oryx build SRC -o $APP_PATH -p packagedir=${PACKAGES##*/}"'
    )
    yield 'PYTHONPATH="$PACKAGES:$PACKAGES/overlay${PYTHONPATH:+:$PYTHONPATH}"'
    yield 'PATH="$PACKAGES/bin:$PACKAGES/overlay/bin:$PATH"'
    yield "export PYTHONPATH PATH"


def _for_logins(startup: Startup) -> Iterator[str]:
    """On App Service, a shell that somebody opens by SSH stands in the app with its Python."""
    yield 'if [ -n "${WEBSITE_SITE_NAME:-}" ] && [ -w "${HOME:-/nowhere}" ]; then'
    yield "    {"
    yield '        printf \'export APP_PATH="%s"\\ncd "$APP_PATH"\\n\' "$APP_PATH"'
    if startup.environment:
        yield '        printf \'export VIRTUAL_ENV="%s"\\n\' "$VIRTUAL_ENV"'
    yield '        printf \'export PATH="%s"\\n\' "$PATH"'
    yield '    } > "$HOME/.webstead-app"'
    yield '    grep -qs webstead-app "$HOME/.bashrc" || echo \'. "$HOME/.webstead-app"\' >> "$HOME/.bashrc"'
    yield "fi"


def _before(startup: Startup) -> Iterator[str]:
    yield f'PRE_RUN_COMMAND="${{PRE_RUN_COMMAND-{_default(startup.pre_run)}}}"'
    yield 'if [ -n "$PRE_RUN_COMMAND" ]; then'
    yield '    echo "Running the provided pre-run command..."'
    yield (
        '    eval "$PRE_RUN_COMMAND" || fail "PRE_RUN_COMMAND failed." "exit code $?: $PRE_RUN_COMMAND" '
        '"Correct the command, or let it end with: || true"'
    )
    yield '    cd "$APP_PATH"'
    yield "fi"


def _default(text: str) -> str:
    """Text for the default of `"${NAME-…}"`."""
    return re.sub(r'([\\"$`}])', r"\\\1", text)


def _command(startup: Startup) -> Iterator[str]:
    command = startup.command
    if isinstance(command, UserCommand):
        yield from _user(command)
        return
    if startup.directory not in ("", "."):
        folder = shlex.quote(startup.directory)
        yield f'cd {folder} || fail "Its folder is not there." "no $APP_PATH/"{folder} "Build it anew."'
    for name, value in command.variables:
        yield f'[ -n "${{{name}+set}}" ] || {name}={_shell_word(value)}'
        yield f"export {name}"
    if command.needs:
        yield from _needs(*command.needs)
    if command.gunicorn:
        yield from _gunicorn(command.config)
    yield f"echo {shlex.quote('Starting: ' + command.line)}"
    yield f"exec {command.line}"


def _user(command: UserCommand) -> Iterator[str]:
    yield 'PATH="$PATH:$APP_PATH"'
    yield "export PATH"
    if not command.script:
        yield command.text
        return
    script = shlex.quote(command.script)
    yield f"if [ -x {script} ]; then"
    yield f"    exec {script}"
    yield "fi"
    yield f"exec sh {script}"


def _needs(module: str, fix: str) -> Iterator[str]:
    yield (
        f'python -c "import {module}" || fail "The module {module} is not among the app\'s packages." '
        f"\"python -c 'import {module}' failed\" {shlex.quote(fix)}"
    )


def _gunicorn(config: str) -> Iterator[str]:
    """Its options, made when the script runs: what gunicorn's settings file says is not said again, so it
    counts; what GUNICORN_CMD_ARGS says comes last, so it wins."""
    yield f'config="${{PYTHON_USE_GUNICORN_CONFIG_FROM_PATH:-{_default(config)}}}"'
    yield GUNICORN_OPTIONS
