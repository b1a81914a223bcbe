"""The command that starts an app under debugpy."""

from __future__ import annotations

import shlex
from pathlib import Path

from webstead.errors import UsageError
from webstead.formats.oryx import AppCommand, Manifest

__all__ = ["ADAPTERS", "debug_command"]

ADAPTERS = {"debugpy": "debugpy", "ptvsd": "debugpy"}
"""What may be asked for, and what it means today."""

_ADDRESS = '--host "$HOST" --port "$PORT"'
_FIX = "Add debugpy to the requirements, and build anew."


def debug_command(adapter: str, port: str, start: Manifest, folder: Path, *, wait: bool) -> AppCommand:
    """start: how the app is started otherwise. folder: where. Raises UsageError for another debugger than
    debugpy, and a start that is no Python program."""
    if adapter not in ADAPTERS:
        raise UsageError(
            f"The debugger '{adapter}' is not supported.",
            found=f"-debugAdapter {adapter}",
            fix=f"Write one of: {', '.join(ADAPTERS)}",
        )
    options = f"--listen 0.0.0.0:{port}{' --wait-for-client' if wait else ''}"
    words, variables = _debugged(start, folder)
    return AppCommand(f"python -m debugpy {options} {words}", variables=variables, needs=("debugpy", _FIX))


def _debugged(start: Manifest, folder: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The words behind debugpy's own, by the development server of the framework."""
    target = shlex.quote(start.start_target)
    if start.start_framework == "Django" and (folder / "manage.py").is_file():
        return 'manage.py runserver --noreload --nothreading "$HOST:$PORT"', ()
    if start.start_framework == "Flask" and not start.start_target.endswith(")"):
        return f"-m flask run {_ADDRESS}", (("FLASK_APP", start.start_target),)
    if start.start_target and "uvicorn" in start.start_command:
        factory = "--factory " if start.start_target.endswith("()") else ""
        return f"-m uvicorn {factory}{shlex.quote(start.start_target.removesuffix('()'))} {_ADDRESS}", ()
    if start.start_server == "gunicorn" and start.start_target:
        return f'-m gunicorn --timeout 0 --bind "$HOST:$PORT" {target}', ()
    if start.start_command.startswith("python "):
        return start.start_command.removeprefix("python "), ()
    raise UsageError(
        "This app cannot be started under a debugger.",
        found=f"its start is no Python program: {start.start_command}",
        fix="Leave -debugAdapter out, and start debugpy in the app's own code.",
    )
