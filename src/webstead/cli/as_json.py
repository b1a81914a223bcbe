"""What verbs print with --json, besides events."""

from __future__ import annotations

import json

import typer

__all__ = ["json_text", "print_json", "print_json_line"]


def json_text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def print_json(value: object) -> None:
    typer.echo(json_text(value))


def print_json_line(value: object) -> None:
    """One of many that come one by one."""
    typer.echo(json.dumps(value, ensure_ascii=False))
