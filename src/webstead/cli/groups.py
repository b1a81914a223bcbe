"""Groups of verbs, as `webstead site …`."""

from __future__ import annotations

import typer

__all__ = ["group"]


def group(name: str, text: str) -> typer.Typer:
    """text: its line in the help."""
    return typer.Typer(
        name=name, help=text, no_args_is_help=True, add_completion=False, rich_markup_mode="rich"
    )
