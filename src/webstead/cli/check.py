"""`webstead check`: what would fail where the project is to run, before it is deployed."""

from __future__ import annotations

import difflib
import json as jsonlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from webstead.cli import options

if TYPE_CHECKING:
    from webstead.check import Change, Finding, Subject, Target
    from webstead.site.layout import SiteLayout

__all__ = ["check"]

_TARGET = typer.Option(
    "--target", metavar="WHERE", help="Where it is to run: webstead, iis, azure-windows or azure-linux."
)
_FORMAT = typer.Option(
    "--format", metavar="FORMAT", help="text, json or sarif (SARIF 2.1.0, for code hosts)."
)
_JSON = typer.Option("--json", help="The same as --format json.")
_STRICT = typer.Option("--strict", help="Fail on warnings, too.")
_FIX = typer.Option("--fix", help="Mend what can be mended safely; all else in the files stays as it is.")
_DRY_RUN = typer.Option("--dry-run", help="Show what --fix would write, as a diff; write nothing.")
_SELECT = typer.Option("--select", metavar="RULE", help="Only this rule. Repeatable, or with commas.")
_IGNORE = typer.Option("--ignore", metavar="RULE", help="All but this rule. Repeatable, or with commas.")
_ONLINE = typer.Option("--online", help="Ask the package index which packages have wheels for the target.")
_IMPORT = typer.Option(
    "--import/--no-import", help="Import the app where its environment is built; else its code is only read."
)


def check(
    folder: options.Folder = Path(),
    target: Annotated[str, _TARGET] = "webstead",
    format_: Annotated[str, _FORMAT] = "text",
    json: Annotated[bool, _JSON] = False,
    strict: Annotated[bool, _STRICT] = False,
    fix: Annotated[bool, _FIX] = False,
    dry_run: Annotated[bool, _DRY_RUN] = False,
    select: Annotated[list[str] | None, _SELECT] = None,
    ignore: Annotated[list[str] | None, _IGNORE] = None,
    online: Annotated[bool, _ONLINE] = False,
    import_: Annotated[bool, _IMPORT] = True,
) -> None:
    """Find what would fail where a project is to run, before it is deployed: apps that are not there, locked
    sections, rules that never match, settings that nothing reads, packages that the system cannot have.

    Exit code 0 without an error, 1 with one (with --strict, a warning is enough).

    [bold]Examples[/bold]

      webstead check                              this folder, for webstead up
      webstead check mysite --target iis
      webstead check --target azure-windows --fix --dry-run
      webstead check --ignore secret-in-config,module-needed --strict
      webstead check --format sarif > webstead.sarif
    """
    from webstead.check import check as ask
    from webstead.check import fails
    from webstead.check.as_json import JSON_VERSION
    from webstead.errors import WebsteadError

    shape = _one_of(format_, ("text", "json", "sarif"), "--format")
    shape = "json" if json else shape
    try:
        wanted, layout = _target(target), _layout(folder)
        selected, ignored = _rules(select, "--select"), _rules(ignore, "--ignore")
        subject = _read(layout, wanted, imports=import_, online=online)
        findings = ask(subject, selected, ignored)
        mended: tuple[Finding, ...] = ()
        diffs = ""
        if dry_run:
            diffs = _diffs(_changes(findings, subject))
        elif fix:
            mended = _mend(layout, _changes(findings, subject), subject)
            if mended:
                subject = _read(layout, wanted, imports=import_, online=online)
                findings = ask(subject, selected, ignored)
    except WebsteadError as error:
        if shape == "text":
            raise
        typer.echo(jsonlib.dumps({"version": JSON_VERSION, "error": error.as_json()}, indent=2))
        sys.exit(error.exit_code)
    typer.echo(_shown(shape, findings, mended, diffs, subject))
    sys.exit(1 if fails(findings, strict=strict) else 0)


def _layout(folder: Path) -> SiteLayout:
    from webstead.site.layout import default_state, find_layout

    return find_layout(folder, default_state())


def _read(layout: SiteLayout, target: Target, *, imports: bool, online: bool) -> Subject:
    from webstead.effects.clock import SystemClock
    from webstead.site.checking import read_site

    today = SystemClock().now().date()
    return read_site(layout, target, today, imports=imports, online=online)


def _target(word: str) -> Target:
    from webstead.check import TARGETS

    found = _one_of(word, TARGETS, "--target")
    return next(target for target in TARGETS if target == found)


def _one_of(word: str, known: Sequence[str], option: str) -> str:
    from webstead.errors import UsageError

    if word.lower() in known:
        return word.lower()
    raise UsageError(f"{option} takes another word", found=word, fix=f"Write one of {', '.join(known)}.")


_NAMES = "Write the name in brackets behind a finding, as section-often-locked."


def _rules(words: Sequence[str] | None, option: str) -> frozenset[str]:
    from webstead.check import RULES
    from webstead.errors import UsageError

    known = [rule.id for rule in RULES]
    named = [name.strip() for word in words or () for name in word.split(",") if name.strip()]
    for name in named:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else _NAMES
            raise UsageError("There is no such rule", found=f"{option} {name}", fix=hint)
    return frozenset(named)


def _changes(findings: Sequence[Finding], subject: Subject) -> tuple[Change, ...]:
    from webstead.check import changes

    return changes(findings, {document.path: document.text.text for document in subject.documents})


def _diffs(changes: Sequence[Change]) -> str:
    from webstead.check import diff

    return "\n".join(diff(change) for change in changes)


def _mend(layout: SiteLayout, changes: Sequence[Change], subject: Subject) -> tuple[Finding, ...]:
    from webstead.site.checking import write_change

    for change in changes:
        document = subject.document(change.path)
        if document is None:
            write_change(layout, change, change.after.encode(), None)
        else:
            text = document.text
            write_change(layout, change, text.encoded(change.after), text.encoded(text.text))
    return tuple(finding for change in changes for finding in change.findings)


def _shown(
    shape: str, findings: Sequence[Finding], mended: Sequence[Finding], diffs: str, subject: Subject
) -> str:
    from webstead.check import Lines, as_json, as_sarif, as_text

    if shape == "sarif":
        return jsonlib.dumps(as_sarif(findings, subject.documents), indent=2)
    if shape == "json":
        return jsonlib.dumps(as_json(findings, subject.target, mended, diffs), indent=2)
    done = [f"Mended: {each.path}:{each.line}: {each.fix}  [{each.rule}]" for each in mended]
    parts = ["\n".join(done), diffs, as_text(findings, Lines(subject), subject.target)]
    return "\n\n".join(part for part in parts if part)
