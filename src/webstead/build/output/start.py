"""The start of an output, as text for /bin/sh: what it runs was decided when it was built. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from webstead.build.interpreter import Interpreter
from webstead.build.output.serving import Served

__all__ = [
    "Packed",
    "Script",
    "find_python_text",
    "packed_start_text",
    "repair_text",
    "shell_word",
    "start_text",
]

_OF_OUTPUT = {"HOME": "here", "WWWROOT": "here", "ENVIRONMENT": "environment"}
_NAME = re.compile(r"%([A-Za-z_][A-Za-z0-9_]*)%")

_FOLDER = """\
here=$(realpath -- "$0" 2> /dev/null) || here=$0
here=$(CDPATH= cd -- "$(dirname -- "$here")" && pwd -P)
"""

_FAIL = """\
fail() {
    printf 'error: %s\\nfound: %s\\nfix:   %s\\n' "$1" "$2" "$3" >&2
    exit "$4"
}
"""

_FIND = """\
# Prints the first Python that fits: WEBSTEAD_PYTHON, the one that the packages were made with, any other.
fits() {{
    "$1" -c 'import sys
sys.exit(sys.version_info[:2] != {numbers} or sys.implementation.name != "{name}")' 2> /dev/null
}}
find_python() {{
    for python in "${{WEBSTEAD_PYTHON:-}}" {base} {program} python3 python \\
        /opt/python/{series}*/bin/{program} /usr/local/bin/{program} \\
        "${{HOME:-}}"/.local/share/uv/python/{managed}-{series}*/bin/{program} \\
        "${{HOME:-}}"/.pyenv/versions/{series}*/bin/{program}; do
        python=$(command -v "$python" 2> /dev/null) || continue
        if fits "$python"; then
            "$python" -c 'import os, sys
print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))'
            return 0
        fi
    done
    fail 'Python {series} is not on this machine' \\
        'the packages are for {managed} {series}, and neither {base_told} nor any on PATH is one' \\
        'apt-get install python{series}, or: uv python install {series}, or say where: WEBSTEAD_PYTHON=PATH' 6
}}
"""

_REPAIR = """\
# Makes "$1"/bin/python the Python of this machine where it is not; sets environment to the one that works.
repair() {
    environment=$1
    if [ -e "$environment/conda-meta/webstead_moved.py" ]; then
        "$environment/bin/python" "$environment/conda-meta/webstead_moved.py" "$environment" || exit $?
        return 0
    fi
    if fits "$environment/bin/python"; then
        return 0
    fi
    found=$(find_python) || exit $?
    if ! [ -w "$environment/bin" ]; then
        shadow=${WEBSTEAD_OUTPUT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/webstead/outputs}/python$(
            printf '%s' "$environment" | cksum | tr -d ' ')
        mkdir -p -- "$shadow/bin"
        ln -sf python "$shadow/bin/python3"
        for part in lib overlay; do
            if [ -e "$environment/$part" ]; then ln -sfn -- "$environment/$part" "$shadow/$part"; fi
        done
        for part in "$environment"/bin/* "$environment/pyvenv.cfg"; do
            case "$part" in
                */python*) ;;
                */bin/*) cp -f -- "$part" "$shadow/bin/" ;;
                *) cp -f -- "$part" "$shadow/" ;;
            esac
        done
        environment=$shadow
    fi
    ln -sf -- "$found" "$environment/bin/.python.$$"
    mv -f -- "$environment/bin/.python.$$" "$environment/bin/python"
    sed "s|^home = .*|home = $(dirname -- "$found")|" "$environment/pyvenv.cfg" > "$environment/.cfg.$$"
    mv -f -- "$environment/.cfg.$$" "$environment/pyvenv.cfg"
}
"""


@dataclass(frozen=True, slots=True)
class Script:
    """What a start is written for. name: of the environment's folder. ours, given: variables, as
    `given_settings` has them; secret: names that the machine has to set.
    has_static: whether collected static files come along. conda: what activating a conda environment sets,
    with `%ENVIRONMENT%` for its folder."""

    served: Served
    interpreter: Interpreter
    name: str
    version: str
    ours: Mapping[str, str]
    given: Mapping[str, str]
    secret: Sequence[str] = ()
    has_static: bool = False
    conda: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Packed:
    """An archive beside its start. outside: links in it that lead out. start: the start's name in it."""

    archive: str
    digest: str
    interpreter: Interpreter
    version: str
    start: str
    outside: Sequence[str] = ()


def find_python_text(interpreter: Interpreter) -> str:
    """The functions `fail`, `fits` and `find_python` for a script."""
    numbers = interpreter.release[:2]
    series = ".".join(map(str, numbers))
    name = interpreter.implementation
    program = f"python{series}" if name == "cpython" else f"{name}{series}"
    base = shlex.quote(interpreter.base)
    return _FAIL + _FIND.format(
        numbers=f"({numbers[0]}, {numbers[1]})",
        name=name,
        series=series,
        base=base,
        base_told=interpreter.base.replace("'", ""),
        program=program,
        managed=name,
    )


def repair_text(interpreter: Interpreter) -> str:
    """The function `repair FOLDER`, with what it needs: an environment's interpreter, found on this machine.
    It sets the variable environment."""
    return find_python_text(interpreter) + _REPAIR


def start_text(script: Script) -> str:
    """The start of an output that stands as files."""
    return "".join(
        (
            *_head(script.version, "PORT=8000 HOST=0.0.0.0 {0} | {0} run WORDS" + _with_release(script)),
            repair_text(script.interpreter),
            _FOLDER,
            _variables(script),
            _words(script),
        )
    )


def packed_start_text(packed: Packed) -> str:
    """The start of an output that is an archive: it is unpacked once, and its own start runs."""
    links = "".join(f" {shlex.quote(link)}" for link in packed.outside)
    digest = packed.digest.partition(":")[2][:32]
    return "".join(
        (
            *_head(packed.version, "as the one inside"),
            find_python_text(packed.interpreter),
            _FOLDER,
            "cache=${WEBSTEAD_OUTPUT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/webstead/outputs}\n",
            f"output=$cache/{digest}\n",
            f'if ! [ -x "$output/{packed.start}" ]; then\n',
            "    python=$(find_python) || exit $?\n",
            '    mkdir -p -- "$cache" 2> /dev/null && [ -w "$cache" ] || fail \\\n'
            '        "The archive cannot be unpacked" "$cache cannot be written" \\\n'
            '        "Set WEBSTEAD_OUTPUT_CACHE to a folder that can be written." 5\n',
            '    PYTHONPATH="$here/.webstead/zstd" "$python" "$here/.webstead/unpack.py" \\\n',
            f'        "$here/{packed.archive}" "$output"{links} || exit $?\n',
            "fi\n",
            f'exec "$output/{packed.start}" "$@"\n',
        )
    )


def _head(version: str, usage: str) -> Iterator[str]:
    yield "#!/bin/sh\n"
    yield f"# Written by webstead {version}: starts the app, wherever this folder stands.\n"
    yield f"# {usage.format('start')}\n"
    yield "set -eu\n"


def _with_release(script: Script) -> str:
    return " | {0} release" if script.served.release else ""


def _variables(script: Script) -> str:
    lines = [
        f'repair "$here/{script.name}"',
        "PATH=$environment/bin:$environment/overlay/bin:$PATH PYTHONUNBUFFERED=1",
        *_of_its_kind(script.conda),
        "export PATH PYTHONUNBUFFERED",
        "unset PYTHONHOME PYTHONPATH",
        'if [ -n "${PORT:-}" ]; then HOST=${HOST:-0.0.0.0}; else HOST=${HOST:-127.0.0.1} PORT=8000; fi',
        "HTTP_PLATFORM_PORT=$PORT",
        "export HOST PORT HTTP_PLATFORM_PORT",
    ]
    if script.served.gateway and script.served.process.instances > 1:
        count = script.served.process.instances
        lines.append(f"WEB_CONCURRENCY=${{WEB_CONCURRENCY:-{count}}}; export WEB_CONCURRENCY")
    if script.has_static:
        lines.append("WEBSTEAD_STATIC_ROOT=$here/.webstead/static; export WEBSTEAD_STATIC_ROOT")
    for name in filter(_is_variable, script.secret):
        told = f"warning: {name} was set when this was built, and is not set here"
        lines.append(f'[ -n "${{{name}+x}}" ] || echo "{told}" >&2')
    for name, text in script.ours.items():
        if _is_variable(name):
            lines.append(f"{name}={shell_word(text)}; export {name}")
    for name, text in script.given.items():
        if _is_variable(name):
            lines.append(f"{name}=${{{name}-{shell_word(text)}}}; export {name}")
    return "\n".join(lines) + "\n"


def _of_its_kind(conda: Mapping[str, str] | None) -> Iterator[str]:
    if conda is None:
        yield "VIRTUAL_ENV=$environment; export VIRTUAL_ENV"
        return
    yield "CONDA_PREFIX=$environment CONDA_DEFAULT_ENV=$environment; export CONDA_PREFIX CONDA_DEFAULT_ENV"
    for name, text in sorted(conda.items()):
        if _is_variable(name):
            yield f"{name}=${{{name}-{shell_word(text)}}}; export {name}"


def _is_variable(name: str) -> bool:
    """sh cannot set names with dots, which web.config may have."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is not None


def _words(script: Script) -> str:
    served = script.served
    directory = _folder(served.process.directory)
    lines = [
        'case "${1:-}" in',
        "    run)",
        "        shift",
        f"        cd -- {directory}",
        '        exec "$@" ;;',
    ]
    if served.release:
        lines.append("    release)")
        for folder, words in served.release:
            lines.append(f"        (cd -- {_folder(folder or '.')} && {_command(words)})")
        lines.append("        exit 0 ;;")
    lines += [
        '    "") ;;',
        '    *) fail "start takes no word $1" "$*" "Write: start, or: start run WORDS" 2 ;;',
        "esac",
        f"cd -- {directory}",
    ]
    if served.gateway:
        lines += _gateway(script)
    else:
        if served.process.python_path:
            path = ":".join(f"$here/{_plain(folder)}" for folder in served.process.python_path)
            lines.append(f'PYTHONPATH="{path}"; export PYTHONPATH')
        own = ' "$here/.webstead/lib/webstead/portbind"' if served.portbind else ""
        words = ("python", *served.words) if served.portbind else served.words
        lines.append("exec " + _command(words, own))
    return "\n".join(lines) + "\n"


def _gateway(script: Script) -> Iterator[str]:
    """gunicorn for HTTP; the gateway itself for a web server that speaks FastCGI."""
    served, process = script.served, script.served.process
    words = " ".join(shell_word(word) for word in served.words)
    own = '"$environment/bin/python" "$here/.webstead/lib/webstead/'
    paths = "".join(f' --path "$here/{_plain(folder)}"' for folder in process.python_path)
    yield 'if [ -n "${WEBSTEAD_FASTCGI:-}" ]; then'
    yield f'    exec {own}gateway" --bind "$WEBSTEAD_FASTCGI" --web-config none \\'
    yield f'        --threads {process.threads} --directory "$PWD"{paths} {words}'
    yield "fi"
    static = "".join(f' --static {shlex.quote(url)}="$here/{folder}"' for url, folder in served.static)
    yield f'exec {own}standalone" --packages "$here/.webstead/server"{static} -- \\'
    if process.python_path:
        folders = ",".join(f"$here/{_plain(folder)}" for folder in process.python_path)
        yield f'    --pythonpath "{folders}" \\'
    yield f'    --bind "$HOST:$PORT" --worker-class gthread --threads {process.threads} {words}'


def _command(words: Sequence[str], own: str = "") -> str:
    first, *rest = words
    program = '"$environment/bin/python"' if first in ("python", "python3") else shell_word(first)
    return program + own + "".join(f" {shell_word(word)}" for word in rest)


def _folder(path: str) -> str:
    return '"$here"' if path in ("", ".") else f'"$here"/{shlex.quote(path)}'


def _plain(path: str) -> str:
    """A folder of the project inside double quotes."""
    path = path.replace("%WWWROOT%", "").strip("/")
    return re.sub(r'([\\"$`])', r"\\\1", path)


def shell_word(text: str) -> str:
    """The text as one word for sh; `%NAME%` becomes the variable's value, and stays where there is none.
    `%HOME%` and `%WWWROOT%` are the folder of the output."""
    pieces = []
    at = 0
    for found in _NAME.finditer(text):
        if found.start() > at:
            pieces.append(shlex.quote(text[at : found.start()]))
        name = _OF_OUTPUT.get(found[1], found[1])
        pieces.append(f'"${{{name}-%{name}%}}"')
        at = found.end()
    if at < len(text) or not pieces:
        pieces.append(shlex.quote(text[at:]))
    return "".join(pieces)
