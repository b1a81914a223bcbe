"""The group of verbs: `webstead gateway …`."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import typer

from webstead.cli.gateway.bundle import bundle
from webstead.cli.gateway.config import config
from webstead.cli.gateway.enable import disable, enable
from webstead.cli.gateway.run import run
from webstead.cli.gateway.words import GatewayCommand

__all__ = ["application"]

application = typer.Typer(
    name="gateway",
    help="Run a WSGI or ASGI app behind the web server that you have: nginx, Apache, lighttpd, Caddy, "
    "HAProxy, IIS.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)

VERBS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("bundle", bundle),
    ("config", config),
    ("enable", enable),
    ("disable", disable),
)

EXAMPLES = "[bold]Examples[/bold]"


def _flowing(verb: Callable[..., None]) -> str:
    """A verb's help for any width: its paragraphs without line ends, its examples as they are."""
    prose, mark, examples = inspect.cleandoc(verb.__doc__ or "").partition(EXAMPLES)
    paragraphs = [" ".join(paragraph.split()) for paragraph in prose.split("\n\n")]
    return "\n\n".join(paragraphs) + mark + examples


application.command("run", cls=GatewayCommand, help=_flowing(run))(run)
for _name, _verb in VERBS:
    application.command(_name, help=_flowing(_verb))(_verb)
