"""The gateway's own options as those of `webstead gateway run`, made from the gateway's one table.

The gateway reads its words itself, and the environment variables too; here they are only gathered, in their
order, and shown by `--help`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from typer._click import Context, Parameter
from typer.core import TyperCommand, TyperOption

from webstead.errors import UsageError
from webstead.gateway.failure import StartFailure
from webstead.gateway.options import OPTIONS, Option, Options, check_target, parse_options

__all__ = ["GatewayCommand", "checked", "gateway_words", "read_words", "says"]

_WORDS = "webstead.gateway.words"
_DEFAULTS = {"--bind": "gateway.sock in the app's folder"}
"""What `webstead gateway run` chooses otherwise than the gateway alone."""


class GatewayCommand(TyperCommand):
    """A command that takes every option of the gateway, beside its own."""

    def get_params(self, ctx: Context) -> list[Parameter]:
        own = super().get_params(ctx)
        return [*own[:-1], *(_parameter(option) for option in OPTIONS), *own[-1:]]


def gateway_words(context: Context) -> tuple[str, ...]:
    """The gateway's words that the command line held."""
    return tuple(context.meta.get(_WORDS, ()))


def read_words(words: Sequence[str], environ: Mapping[str, str], *, named: bool = False) -> Options:
    """The words as the gateway reads them. named: they must name an app. Raises UsageError for what the
    gateway refuses.
    """
    try:
        options = parse_options(words, environ)
        if named:
            check_target(options)
    except StartFailure as failure:
        raise UsageError(failure.what, found=failure.found, fix=failure.fix) from None
    return options


def checked(words: Sequence[str] | None) -> tuple[str, ...]:
    """Options of the gateway for another machine, where other variables may be set. Raises UsageError."""
    read_words(words or (), {})
    return tuple(words or ())


def says(name: str, words: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether an option is given, as a word or by its variable."""
    variables = [option.variable for option in OPTIONS if option.name == name]
    return name in words or any(environ.get(variable) for variable in variables if variable)


def _parameter(option: Option) -> TyperOption:
    return TyperOption(
        param_decls=[option.name],
        metavar="|".join(option.choices) or option.metavar or None,
        is_flag=not option.metavar,
        multiple=option.many,
        envvar=option.variable or None,
        show_envvar=bool(option.variable),
        default=option.default if option.metavar and option.default else None,
        show_default=_DEFAULTS.get(option.name, True),
        help=option.doc,
        expose_value=False,
        callback=_gathering(option),
        rich_help_panel="The gateway",
    )


def _gathering(option: Option) -> Callable[[Context, Parameter, object], None]:
    """A callback that adds to the words what the command line says of an option; what a variable says, the
    gateway sees by itself.
    """

    def gather(context: Context, parameter: Parameter, value: object) -> None:
        source = context.get_parameter_source(parameter.name or "")
        if source is None or source.name != "COMMANDLINE":
            return
        words: list[str] = context.meta.setdefault(_WORDS, [])
        if not option.metavar:
            words.append(option.name)
            return
        for text in value if isinstance(value, (list, tuple)) else (value,):
            words += [option.name, str(text)]

    return gather
