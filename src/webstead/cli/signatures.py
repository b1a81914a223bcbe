"""The parameters of commands, as typer reads them: options that several commands share are declared once,
and put into the signature of each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import get_type_hints

__all__ = ["Command", "option", "parameters_of", "with_parameters"]

Command = Callable[..., None]

Parameter = inspect.Parameter


def parameters_of(command: Command) -> list[Parameter]:
    """Without the first, which is the management that the command is given. The names of types are resolved:
    `Api`, which commands import for the checker alone, as a class that does not matter."""
    hints = get_type_hints(command, localns={"Api": object}, include_extras=True)
    _, *own = inspect.signature(command).parameters.values()
    return [each.replace(annotation=hints[each.name], kind=Parameter.KEYWORD_ONLY) for each in own]


def option(name: str, kind: object, default: object = None) -> Parameter:
    """kind: an annotation, as in `webstead.cli.options`."""
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def with_parameters(run: Command, command: Command, parameters: Iterable[Parameter]) -> Command:
    """`run`, under the name and with the help of `command`, and with these parameters."""
    listed = list(parameters)
    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    run.__annotations__ = {each.name: each.annotation for each in listed}
    run.__dict__["__signature__"] = inspect.Signature(listed)
    return run
