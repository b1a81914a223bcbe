"""A plan as JSON values: the contract of `webstead plan --json`. Version: JSON_VERSION in model.py."""

from __future__ import annotations

from collections.abc import Sequence

from webstead.plan.model import JSON_VERSION, InstallStep, Plan, Process, Start, Supported, WebConfig
from webstead.project import Evidence

__all__ = ["as_json"]


def as_json(plan: Plan) -> dict[str, object]:
    """Secrets are masked. The text of a web.config is there only when the plan made it."""
    python = plan.python
    return {
        "version": JSON_VERSION,
        "python": {
            "version": python.version,
            "implementation": python.implementation,
            "evidence": _evidence(python.evidence),
            "support": _support(python.support) if python.support else None,
        },
        "install": [_step(step) for step in plan.install],
        "start": _start(plan.start) if plan.start else None,
        "questions": [
            {"text": q.text, "answers": list(q.answers), "fix": q.fix, "evidence": _evidence(q.evidence)}
            for q in plan.questions
        ],
        "alternatives": [{**_start(a.start), "why_not": a.why_not} for a in plan.alternatives],
        "processes": [_process(process) for process in plan.processes],
        "webconfig": _config(plan.webconfig) if plan.webconfig else None,
        "nested": [_config(config) for config in plan.nested],
        "virtual": [{"path": v.path, "kind": v.kind} for v in plan.virtual],
        "settings": [setting.as_json() for setting in plan.settings],
        "warnings": [
            {"text": w.text, "fix": w.fix, "evidence": _evidence(w.evidence)} for w in plan.warnings
        ],
    }


def _evidence(evidence: Sequence[Evidence]) -> list[dict[str, str | int]]:
    return [item.as_json() for item in evidence]


def _support(support: Supported) -> dict[str, str]:
    return {
        "status": support.status,
        "bugfix_end": support.table.bugfix_end.isoformat(),
        "end_of_life": support.table.end_of_life.isoformat(),
    }


def _start(start: Start) -> dict[str, object]:
    return {
        "interface": start.interface,
        "target": start.target,
        "command": list(start.command),
        "directory": start.directory,
        "evidence": _evidence(start.evidence),
    }


def _step(step: InstallStep) -> dict[str, object]:
    return {
        "kind": step.kind,
        "summary": step.summary,
        "path": step.path,
        "words": list(step.words),
        "inputs": list(step.inputs),
        "evidence": _evidence(step.evidence),
        **({"may_fail": True} if step.may_fail else {}),
    }


def _process(process: Process) -> dict[str, object]:
    return {
        "pool": process.pool,
        "label": process.label,
        "protocol": process.protocol,
        "target": process.target,
        "command": list(process.command),
        "directory": process.directory,
        "environment": [setting.as_json() for setting in process.environment],
        "python_path": list(process.python_path),
        "instances": process.instances,
        "threads": process.threads,
        "startup_seconds": process.startup_seconds,
        "log_file": process.log_file,
        "serve_on_failure": process.serve_on_failure,
        **({"renewed_for": list(process.renewed_for)} if process.renewed_for else {}),
        "foreign": process.foreign
        and {"at_once": process.foreign.at_once, "install": process.foreign.install},
        "policies": process.policies.as_json(),
    }


def _config(config: WebConfig) -> dict[str, str | None]:
    made = config.source == "plan"
    return {"source": config.source, "path": config.path, "text": config.text if made else None}
