"""The words for each event, without any colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webstead.cli.report.progress import size_text
from webstead.errors import ConfigError, WebsteadError
from webstead.events import (
    AppOutput,
    Deployed,
    DeploymentLine,
    Draining,
    Event,
    Failed,
    InstanceExited,
    Note,
    NotReady,
    Offline,
    OfSite,
    OutputWritten,
    Planned,
    Ready,
    Reconfigured,
    Recycled,
    Recycling,
    Reloading,
    Serving,
    StepDone,
    StepOutput,
    StepStarted,
    Stopped,
)

__all__ = ["error_lines", "error_text", "event_text", "plan_summary"]

_INDENT = "       "
_LABEL = 11


def error_text(error: WebsteadError) -> str:
    where = error.where if isinstance(error, ConfigError) else ""
    return "\n".join(error_lines({**error.as_json(), "where": where})) + "\n"


def error_lines(error: Mapping[str, object]) -> list[str]:
    """what / found / fix, then the app's or tool's own words, not indented so that they can be copied."""
    where = error.get("where") or _where(error)
    lines = [
        f"error: {error['what']}" + (f" ({where})" if where and str(where) not in str(error["what"]) else "")
    ]
    for label in ("found", "fix"):
        text = str(error.get(label) or "")
        if text:
            first, *rest = text.splitlines()
            lines += [f"{label}:".ljust(7) + first, *(_INDENT + line for line in rest)]
    detail = str(error.get("detail") or "").rstrip()
    return [*lines, "", *detail.splitlines()] if detail else lines


def _where(error: Mapping[str, object]) -> str:
    parts = [error.get("path"), error.get("line"), error.get("column")]
    return ":".join(str(part) for part in parts if part)


def plan_summary(plan: Mapping[str, object]) -> list[tuple[str, str]]:
    """(label, text) rows: what `up` decided, short; `webstead plan` has the whole."""
    rows: list[tuple[str, str]] = []
    start = plan.get("start")
    if isinstance(start, Mapping):
        rows.append(("App", _app_row(start)))
        rows.append(("Start", " ".join(_strings(start.get("command")))))
    python = plan.get("python")
    if isinstance(python, Mapping):
        rows.append(("Python", f"{python.get('version')}{_because(python)}"))
    config = plan.get("webconfig")
    if isinstance(config, Mapping):
        rows.append(("Config", _config_row(config, plan.get("nested"))))
    rows += [("Warning", text) for text in _warnings(plan.get("warnings"))]
    return rows


def _config_row(config: Mapping[str, object], nested: object) -> str:
    if config.get("source") != "plan":
        return str(config.get("path"))
    own = str(config.get("path"))
    others = nested if isinstance(nested, Sequence) else ()
    is_there = any(isinstance(each, Mapping) and each.get("path") == own for each in others)
    return f"{own}, laid over what the plan adds" if is_there else "made by the plan"


def _app_row(start: Mapping[str, object]) -> str:
    what = start.get("target") or "command"
    return f"{what} ({start.get('interface')}){_because(start)}"


def _because(part: Mapping[str, object]) -> str:
    evidence = part.get("evidence")
    if not isinstance(evidence, Sequence) or not evidence or not isinstance(evidence[0], Mapping):
        return ""
    first = evidence[0]
    line = f":{first['line']}" if first.get("line") else ""
    return f", from {first['path']}{line}: {first['why']}"


def _warnings(warnings: object) -> list[str]:
    if not isinstance(warnings, Sequence):
        return []
    texts = []
    for warning in warnings:
        if isinstance(warning, Mapping):
            fix = warning.get("fix")
            texts.append(f"{warning.get('text')}" + (f" Fix: {fix}" if fix else ""))
    return texts


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _strings(words: object) -> list[str]:
    return [str(word) for word in words] if isinstance(words, Sequence) else []


def event_text(event: Event) -> str:
    """The lines for an event, each with its line end; "" for one that people need not see."""
    return "".join(line + "\n" for line in _lines(event))


def _output(made: OutputWritten) -> list[str]:
    held = f"{made.files} files, {size_text(made.size)}"
    packed = f", packed {size_text(made.archive_size)}" if made.archive else ""
    changed = f"{made.written} written, {made.removed} removed"
    rows = [
        _row("Output", f"{made.archive or made.folder} ({held}{packed}; {changed})"),
        _row("Digest", made.digest),
        *([_row("Start", made.start)] if made.start else []),
        *([_row("Needs", f"{', '.join(made.needs)} in the environment of the start")] if made.needs else []),
    ]
    return [*rows, *(_row("Note", note) for note in made.notes)]


def _serving(event: Serving) -> list[str]:
    port = event.url.rpartition(":")[2]
    return [
        f"Serving: {event.url} ({event.sites} site{'' if event.sites == 1 else 's'};"
        f" NAME is at http://NAME.{event.domain}:{port})",
        *([f"TLS: {event.encrypted}"] if event.encrypted else []),
        f"Management: {event.management}",
    ]


def _row(label: str, text: str) -> str:
    return label.ljust(_LABEL) + text


def _lines(event: Event) -> list[str]:
    match event:
        case Planned(plan=plan):
            return [_row(label, text) for label, text in plan_summary(plan)]
        case StepStarted(summary=summary):
            return [_row("Step", summary)]
        case StepDone(step=step, seconds=seconds, changed=changed):
            return [_row("Done" if changed else "Unchanged", f"{step} ({seconds:.1f} s)")]
        case StepOutput(line=line):
            return [_row("", line)]
        case InstanceExited(instance=instance, reason=reason, expected=False):
            return [f"{instance} | stopped: {reason}"]
        case AppOutput(instance=instance, line=line):
            return [f"{instance} | {line}"]
        case Note(level=level, text=text):
            return [text if level == "info" else f"{level}: {text}"]
        case Reloading(changed=changed):
            return [f"Changed: {_some(changed)}"]
        case Reconfigured(changed=changed, seconds=seconds):
            return [f"Configuration in force: {_some(changed)} ({seconds * 1000:.0f} ms)"]
        case Recycling(why=why):
            return [f"Recycling: {_some(why)}"]
        case Recycled(seconds=seconds):
            return [f"Recycled: new instances serve ({seconds:.1f} s)"]
        case Draining(seconds=seconds):
            return [f"Draining: old instances have open requests or WebSockets, and {seconds:g} s for them"]
        case OutputWritten():
            return _output(event)
        case Offline(file=file):
            return [f"Offline: {file} is the answer to every request, until it is gone"]
        case DeploymentLine(type=kind, depth=depth, text=text):
            mark = "" if kind == "message" else f"{kind}: "
            return ["  " * (1 + depth) + mark + line for line in text.splitlines()]
        case Deployed(site=site, deployment=deployment, url=url, seconds=seconds):
            at = f": {url}" if url else ""
            return [f"Deployed {site} in {seconds:.1f} s (deployment {deployment[:10]}){at}"]
        case OfSite(site=site, event=inner):
            return [f"[{site}] {line}" if line else "" for line in _lines(inner)]
        case Serving():
            return _serving(event)
        case Ready(url=url):
            return [f"Ready: {url}"]
        case NotReady(url=url, error=error):
            return [*error_lines(error), "", f"Not ready: {url} answers with this error"]
        case Failed(error=error):
            return error_lines(error)
        case Stopped(reason=reason):
            return [f"Stopped: {reason}"]
        case _:
            return []
