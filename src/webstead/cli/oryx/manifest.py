"""The manifest of a build: Oryx's keys, and how the app is started."""

from __future__ import annotations

import shlex

from webstead.build.output import ENDINGS
from webstead.cli.oryx.decision import Decided
from webstead.cli.oryx.writing import Output
from webstead.formats.oryx import Manifest, command_line
from webstead.formats.oryx.manifest import OWN_VERSION
from webstead.plan import Plan
from webstead.plan.commands import config_of_gunicorn, program_of

__all__ = ["built_manifest", "start_manifest"]


def built_manifest(decided: Decided, output: Output, version: str, operation: str) -> Manifest:
    """version: of the Python, in full."""
    packing = output.packed_virtualenv
    start = start_manifest(decided.plan, decided.framework)
    collected = output.collected
    return Manifest(
        python_version=version,
        virtualenv_name="" if output.shape.package_dir else output.folder,
        package_dir=output.shape.package_dir,
        compressed_virtualenv=f"{output.folder}{ENDINGS[packing]}"
        if packing and not output.shape.packed
        else "",
        operation_id=operation,
        source_directory=str(output.project),
        platforms="python",
        compressed=bool(output.shape.packed) and not output.in_place,
        own_version=OWN_VERSION,
        start_command=start.start_command,
        start_variables=start.start_variables,
        start_server=start.start_server,
        start_directory=start.start_directory,
        start_target=start.start_target,
        start_framework=start.start_framework,
        start_config=start.start_config,
        start_reason=start.start_reason,
        static_root=collected.path if collected and not collected.named else "",
    )


def start_manifest(plan: Plan, framework: str) -> Manifest:
    """How a plan's app is started, in the keys of a manifest; none of them without a start."""
    start = plan.start
    if start is None:
        return Manifest()
    evidence = start.evidence[0] if start.evidence else None
    return Manifest(
        start_command=command_line(start.command),
        start_variables=_variables(plan),
        start_server=program_of(start.command),
        start_directory=start.directory,
        start_target=_target(plan),
        start_framework=framework,
        start_config=config_of_gunicorn(start.command),
        start_reason=f"{evidence.where}: {evidence.why}" if evidence else "",
    )


def _target(plan: Plan) -> str:
    return (plan.start.target if plan.start else None) or ""


def _variables(plan: Plan) -> str:
    """What the start itself needs; of the user's own settings none, which the host gives again."""
    values = {setting.name: setting.text for process in plan.processes[:1] for setting in process.environment}
    return shlex.join(f"{name}={value}" for name, value in values.items() if name not in _OF_OUR_SERVER)


_OF_OUR_SERVER = frozenset({"PORT", "WSGI_HANDLER"})
