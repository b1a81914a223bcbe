"""What starts a built app: from its folder, its manifest and the flags of create-script to a script."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import webstead
from webstead.cli.oryx.debugging import debug_command
from webstead.cli.oryx.decision import plan_tree
from webstead.cli.oryx.interpreters import with_interpreter
from webstead.cli.oryx.manifest import start_manifest
from webstead.cli.oryx.unpacking import unpacked_environment, unpacked_output
from webstead.effects.files import DiskTree
from webstead.errors import ConfigError, UsageError
from webstead.formats.oryx import AppCommand, Flags, Manifest, Startup, UserCommand, read_manifest
from webstead.formats.oryx.dockerfile import check_port
from webstead.formats.oryx.manifest import FILE, MAX_BYTES
from webstead.host.launch import PORTBIND_FOLDER
from webstead.plan import Overrides, start_or_error
from webstead.project.build_settings import stated_in
from webstead.project.tree import IGNORED_FOLDERS

__all__ = ["Started", "start_of"]

PACKAGES = "__oryx_packages__"
_PORTBIND = "python -m webstead.portbind"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Started:
    """The script as a value, and what is worth saying of it."""

    startup: Startup
    says: tuple[str, ...]


def start_of(flags: Flags, environ: Mapping[str, str], say: Say) -> Started:
    """Raises UsageError for a flag that cannot be followed, PlanError when nothing says how the app is
    started, and what unpacking raises."""
    app = _folder(flags.text("appPath"), "-appPath")
    manifest = _manifest(flags, app)
    port = _port(flags.text("bindPort"), "-bindPort")
    if manifest.compressed:
        app = unpacked_output(app, manifest)
        say(f"The output is unpacked: {app}")
    environment, packages = _packages(flags, app, manifest, environ, say)
    command, directory, says = _command(flags, app, manifest)
    notes = (
        f"Written by `oryx create-script` of Webstead {webstead.__version__}.",
        *([f"Of the build {manifest.operation_id}."] if manifest.operation_id else []),
        *says,
    )
    startup = Startup(
        app_path=str(app),
        command=command,
        notes=notes,
        port=port,
        environment=environment,
        packages=packages,
        python_version=manifest.python_version or environ.get("PYTHON_VERSION", ""),
        static_root=str(app / manifest.static_root) if manifest.static_root else "",
        pre_run=_pre_run(app),
        directory=directory,
    )
    return Started(startup, says)


def _folder(text: str, flag: str) -> Path:
    path = Path(text)
    if not path.is_dir():
        raise UsageError(f"There is no folder {text}.", found=f"{flag} {text}", fix=f"Correct {flag}.")
    return path.resolve()


def _port(text: str, flag: str) -> str:
    try:
        return check_port(text)
    except ValueError as error:
        raise UsageError(str(error), found=f"{flag} {text}", fix=f"Correct {flag}.") from None


def _manifest(flags: Flags, app: Path) -> Manifest:
    """One that is named has to be there; without any, what the folder itself shows is all there is."""
    named = flags.text("manifestDir")
    path = (_folder(named, "-manifestDir") if named else app) / FILE
    try:
        with path.open("rb") as file:
            return read_manifest(file.read(MAX_BYTES + 1))
    except FileNotFoundError:
        if not named:
            return Manifest()
        fix = "Name the folder that `oryx build` wrote it to."
        raise UsageError(f"There is no {FILE} in {named}.", found=f"-manifestDir {named}", fix=fix) from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"The manifest cannot be read: {path}", path=str(path), found=str(error)) from None


def _packages(
    flags: Flags, app: Path, manifest: Manifest, environ: Mapping[str, str], say: Say
) -> tuple[str, str]:
    """The environment's folder and that of the packages; one of them is "", or both. What the manifest says
    comes before the flags."""
    if manifest.package_dir or (flags.text("packagedir") and not manifest.virtualenv_name):
        folder = app / (manifest.package_dir or flags.text("packagedir"))
        with_interpreter(folder, manifest, environ, say)
        return "", str(folder)
    name = manifest.virtualenv_name or flags.text("virtualEnvName")
    folder = app / name
    if name and manifest.compressed_virtualenv and not flags.on("skipVirtualEnvExtraction"):
        unpacked_environment(app, manifest, folder)
    if name and (folder.is_dir() or manifest.virtualenv_name):
        with_interpreter(folder, manifest, environ, say)
        return str(folder), ""
    if (app / PACKAGES).is_dir():
        return "", str(app / PACKAGES)
    if name:
        say(f"warning: There is no environment {folder}; the app is started without one.")
    return "", ""


def _command(
    flags: Flags, app: Path, manifest: Manifest
) -> tuple[UserCommand | AppCommand, str, tuple[str, ...]]:
    """The command, the folder that it runs in, and which rule chose it."""
    if own := flags.text("userStartupCommand").strip():
        return _user_command(own, app), ".", ("The start is what -userStartupCommand says.",)
    start, why = _start(flags, app, manifest)
    if adapter := flags.text("debugAdapter"):
        port = _port(flags.text("debugPort"), "-debugPort")
        wait = flags.on("debugWait")
        command = debug_command(adapter, port, start, app / (start.start_directory or "."), wait=wait)
    else:
        command = _app_command(start)
    return command, start.start_directory or ".", (f"Start: {command.line}", *why)


def _start(flags: Flags, app: Path, manifest: Manifest) -> tuple[Manifest, tuple[str, ...]]:
    """How the app is started, in the keys of a manifest: as the build wrote it down; else, for the output of
    another tool, as the plan of the folder has it; else the default app, for a folder without any code."""
    if manifest.has_start:
        return manifest, (f"As the build recorded it: {manifest.start_reason}",)
    tree = DiskTree(app, IGNORED_FOLDERS)
    plan, framework, project = plan_tree(tree, Overrides())
    default = flags.text("defaultApp")
    if plan.start is None and default and not project.python_files:
        return _default_app(flags), (f"No framework detected; using default app from {default}",)
    start_or_error(plan)
    start = start_manifest(plan, framework)
    return start, (f"As the files of {app} have it: {start.start_reason}",)


def _default_app(flags: Flags) -> Manifest:
    folder = _folder(flags.text("defaultApp"), "-defaultApp")
    if flags.text("debugAdapter"):
        script = shlex.quote(str(folder / flags.text("defaultAppDebugModule")))
        return Manifest(start_command=f"python {script}", start_server="python")
    module = flags.text("defaultAppModule")
    return Manifest(
        start_command=f"gunicorn --chdir {shlex.quote(str(folder))} {shlex.quote(module)}",
        start_server="gunicorn",
        start_target=module,
    )


def _app_command(start: Manifest) -> AppCommand:
    line = start.start_command
    if line.startswith(_PORTBIND):
        folder = shlex.quote(str(PORTBIND_FOLDER))
        line = f'python {folder} --host "$HOST"{line.removeprefix(_PORTBIND)}'
    variables = (word.partition("=") for word in shlex.split(start.start_variables))
    named = tuple((name, value) for name, equals, value in variables if equals and name.isidentifier())
    return AppCommand(line, start.start_server == "gunicorn", start.start_config, named)


def _user_command(text: str, app: Path) -> UserCommand:
    """One that names a file may be executed from now on, as Oryx sees to it."""
    path = next((path for path in (app / text, Path(text)) if path.is_file()), None)
    if path is None:
        return UserCommand(text)
    mode = path.stat().st_mode
    if not mode & stat.S_IXUSR and os.access(path.parent, os.W_OK):
        path.chmod(mode | 0o755)
    return UserCommand(text, str(path.absolute()))


def _pre_run(app: Path) -> str:
    tree = DiskTree(app, IGNORED_FOLDERS)
    if not (app / "build.env").is_file():
        return ""
    found = [item.value for item in stated_in(tree, "build.env") if item.name.upper() == "PRE_RUN_COMMAND"]
    return found[-1] if found else ""
