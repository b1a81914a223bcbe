"""Writes the reference pages that come from the code (`scripts/docs`); `--check` fails when one is stale.

With `--record` it also runs `webstead up` on a pseudo-terminal and draws what it printed as docs/up.svg.
"""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from docs.management import management_page
from docs.manifests import manifests_page
from docs.python_versions import python_versions_page
from webstead import errors, events
from webstead.check import RULES, TARGETS, Rule
from webstead.check.rules.locks import LOCKS
from webstead.check.rules.packages import SYSTEM_BOUND
from webstead.check.target import TITLES
from webstead.cli.gateway.words import GatewayCommand
from webstead.cli.main import application
from webstead.gateway.engine.solo import BAD_PROTOCOL, CUT_SHORT
from webstead.gateway.failure import BAD_APP, BAD_BIND, BAD_USAGE, NO_MODULE
from webstead.gateway.options import MAX_NUMBER
from webstead.gateway.options import OPTIONS as GATEWAY_OPTIONS
from webstead.gateway.options import Option as GatewayOption
from webstead.gateway.transport.addresses import ADDRESSES_VARIABLE
from webstead.gateway.wfastcgi.settings import SETTINGS as WFASTCGI_SETTINGS
from webstead.settings import OPTIONS
from webstead.site.deploy.known_settings import KNOWN

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Made by scripts/docs. Change the code, not this file. -->\n\n"


GATEWAY_SIGNALS = (
    (
        "SIGTERM, SIGINT (Ctrl+C)",
        "Stop; running requests may finish within `--grace`. The same signal again ends it at once.",
    ),
    (
        "SIGHUP",
        "With workers: reload the app; no request is lost, and the old one stays when the new one does not "
        "load. Without: stop, as SIGTERM does.",
    ),
    ("SIGUSR1", "Open the log files again, after something has renamed them."),
    ("SIGABRT", "Write the stack of each thread to standard error or the log, and end."),
)
GATEWAY_CODES = (
    (0, "It was stopped."),
    (BAD_USAGE, "An option or a setting is wrong, or no app is named."),
    (BAD_BIND, "The address cannot be listened on."),
    (NO_MODULE, "There is no module of the app's name."),
    (BAD_APP, "The app cannot be loaded: its own failure, or the object is no app."),
    (CUT_SHORT, "Of a process that serves one connection: the web server closed it within a request."),
    (BAD_PROTOCOL, "Of a process that serves one connection: what came is no FastCGI."),
    ("128 and the signal's number", "The same signal came twice."),
)


def commands_page() -> str:
    root = typer.main.get_group(application)
    return "".join(["# Commands\n\n", MADE, *_commands("webstead", root)])


def _commands(prefix: str, group: TyperGroup) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(f"{prefix} {name}", command)
        elif isinstance(command, TyperCommand):
            yield from _command(f"{prefix} {name}", command)


def _command(name: str, command: TyperCommand) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    yield f"## {name}\n\n"
    words, _, examples = (command.help or "").partition("[bold]Examples[/bold]")
    yield f"{words.strip()}\n\n"
    if examples.strip():
        yield f"```text\n{inspect.cleandoc(examples)}\n```\n\n"
    yield "| Option | Variable | Meaning |\n| --- | --- | --- |\n"
    params = command.get_params(context)
    for argument in params:
        if isinstance(argument, TyperArgument):
            yield f"| `{argument.metavar}` | | {_meaning(argument)} |\n"
    for option in params:
        if isinstance(option, TyperOption) and option.rich_help_panel is None and not option.hidden:
            flags = ", ".join(f"`{flag}`" for flag in [*option.opts, *option.secondary_opts])
            metavar = "" if option.is_flag else f" {option.metavar}"
            yield f"| {flags}{metavar} | {_code(str(option.envvar or ''))} | {_meaning(option)} |\n"
    if isinstance(command, GatewayCommand):
        yield "| … | | and all [options of the gateway](gateway.md). |\n"
    yield "\n"


def _meaning(parameter: TyperArgument | TyperOption) -> str:
    """The help, and the default where it is told in words."""
    default = f" Default: {parameter.show_default}." if isinstance(parameter.show_default, str) else ""
    return f"{parameter.help or ''}{default}".replace("|", "\\|")


def gateway_page() -> str:
    rows = "".join(
        f"| `{option.name}`{f' {option.metavar}' if option.metavar else ''} | {_code(option.variable)} "
        f"| {_code(option.default)} | {_gateway_meaning(option)} |\n"
        for option in GATEWAY_OPTIONS
    )
    return (
        "# Options of the gateway\n\n"
        + MADE
        + "Of `webstead gateway run`, of the file that `webstead gateway bundle` writes, and of "
        "`python …/webstead/gateway`. A word of the command line wins over the variable.\n\n"
        + "| Option | Variable | Default | Meaning |\n| --- | --- | --- | --- |\n"
        + rows
        + "\n## Settings of wfastcgi\n\n"
        + "Read from the `appSettings` of a `web.config`, or from the environment; `appSettings` win.\n\n"
        + "| Setting | Meaning |\n| --- | --- |\n"
        + "".join(f"| `{setting.name}` | {setting.doc} |\n" for setting in WFASTCGI_SETTINGS)
        + "\n## Other variables\n\n"
        + f"`{ADDRESSES_VARIABLE}`: the IP addresses that may connect to a TCP socket, with commas between "
        "them; unset: all that reach it.\n"
        + "\n## Signals\n\n| Signal | What it does |\n| --- | --- |\n"
        + "".join(f"| {signals} | {meaning} |\n" for signals, meaning in GATEWAY_SIGNALS)
        + "\n## Exit codes\n\n| Exit code | When |\n| --- | --- |\n"
        + "".join(f"| {code} | {meaning} |\n" for code, meaning in GATEWAY_CODES)
    )


def _gateway_meaning(option: GatewayOption) -> str:
    words = f" One of {', '.join(f'`{word}`' for word in option.choices)}." if option.choices else ""
    bounds = f" From {option.low} to {option.high}." if option.low < option.high < MAX_NUMBER else ""
    return f"{option.doc}{words}{bounds}".replace("|", "\\|")


def settings_page() -> str:
    rows = "".join(
        f"| {_code(option.flag)} | {_code(option.variable)} | {_default(option.default)} | {option.doc} |\n"
        for option in OPTIONS.values()
    )
    return (
        "# Settings of Webstead\n\n"
        + MADE
        + "Each is declared once; the command line wins over the environment variable. "
        "Not every command takes every flag.\n\n"
        + "| Flag | Variable | Default | Meaning |\n| --- | --- | --- | --- |\n"
        + rows
    )


def deployment_settings_page() -> str:
    def rows(read: bool) -> str:
        return "".join(
            f"| `{known.name}` | {_code(known.default or '')} | {known.doc} |\n"
            for known in KNOWN
            if known.read is read
        )

    return (
        "# Settings of deployments\n\n"
        + MADE
        + "Names and defaults are Kudu's; their case does not matter. Where a setting is stated more than "
        "once, the first of these counts: the site's management (`/api/settings`), its app settings, "
        "`[config]` of the file `.deployment` in what is deployed, the default. Commands that a deployment "
        "runs have each setting as a variable; the app has its app settings, by their names and as "
        "`APPSETTING_NAME`.\n\n"
        + "| Setting | Default | Meaning |\n| --- | --- | --- |\n"
        + rows(read=True)
        + "\n## Taken and not read\n\n"
        + "Others of Kudu's may be set, and are given to commands; they change nothing else.\n\n"
        + "| Setting | Default | Why |\n| --- | --- | --- |\n"
        + rows(read=False)
    )


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _default(value: object) -> str:
    match value:
        case None | ():
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return f"`{value}`"


def errors_page() -> str:
    kinds = sorted(
        (kind for kind in vars(errors).values() if _is_error(kind)),
        key=lambda kind: (kind.exit_code, kind.kind),
    )
    rows = "".join(f"| {kind.exit_code} | `{kind.kind}` | {_TEXTS[kind.__name__]} |\n" for kind in kinds)
    return (
        "# Errors and exit codes\n\n"
        + MADE
        + "An error says what happened (`error:`), what was found (`found:`) and what to type (`fix:`); "
        "the words of the app or of a tool follow as they are. With `--json` it is the event `failed`.\n\n"
        + "| Exit code | kind | When |\n| --- | --- | --- |\n"
        + "| 0 | | The command did what it says. |\n"
        + rows
    )


def _is_error(value: object) -> bool:
    return (
        inspect.isclass(value)
        and issubclass(value, errors.WebsteadError)
        and value is not errors.WebsteadError
    )


def _tree_texts() -> dict[str, str]:
    """The line of each error in the tree that the module's docstring draws."""
    texts = {}
    for line in (errors.__doc__ or "").splitlines():
        if line.startswith(("├── ", "└── ")):
            name, _, text = line[4:].split(maxsplit=2)
            texts[name] = text[0].upper() + text[1:] + "."
    return texts


_TEXTS = _tree_texts()


def events_page() -> str:
    parts = [
        "# Events\n\n",
        MADE,
        "`--json` prints one JSON object a line; `event` is its name. Fields and events may be added.\n\n",
    ]
    for name in events.__all__:
        kind = getattr(events, name)
        if inspect.isclass(kind) and issubclass(kind, events.Event) and kind is not events.Event:
            fields = ", ".join(f"`{field.name}`" for field in dataclasses.fields(kind))
            words = inspect.cleandoc(kind.__doc__ or "") if not (kind.__doc__ or "").startswith(name) else ""
            parts.append(f"## {kind.name}\n\nFields: {fields}.\n\n" + (f"{words}\n\n" if words else ""))
    return "".join(parts)


def checks_page() -> str:
    rows = "".join(
        f"| `{rule.id}` | {rule.severity} | {_where(rule)} | {'yes' if rule.fixes else ''} |\n"
        for rule in RULES
    )
    texts = "".join(
        f"## {rule.id}\n\n{rule.title[0].upper()}{rule.title[1:]}. {rule.help}\n\n".replace("|", "\\|")
        for rule in RULES
    )
    return (
        "# Rules of webstead check\n\n"
        + MADE
        + "An error fails the check; a warning does with `--strict`; a note never does. Some findings of a"
        " rule may weigh less than it.\n\n"
        + "Targets: "
        + ", ".join(f"`{target}` ({TITLES[target]})" for target in TARGETS)
        + ".\n\n| Rule | Severity | Targets | `--fix` |\n| --- | --- | --- | --- |\n"
        + rows
        + "\n"
        + texts
        + _locks()
        + _system_bound()
    )


def _where(rule: Rule) -> str:
    named = [target for target in TARGETS if target in rule.targets]
    return "all" if len(named) == len(TARGETS) else ", ".join(named)


def _locks() -> str:
    rows = "".join(f"| {lock.section} | {lock.iis} | {lock.azure} |\n" for lock in LOCKS)
    return (
        "## Sections of system.webServer that IIS locks\n\n"
        "All others are open, as far as is known.\n\n"
        "| Section | IIS | App Service for Windows |\n| --- | --- | --- |\n" + rows + "\n"
    )


def _system_bound() -> str:
    rows = "".join(
        f"| {name} | {'Windows' if bound.runs_on == 'windows' else 'Linux, macOS'} | {bound.why} |\n"
        for name, bound in sorted(SYSTEM_BOUND.items())
    )
    return "## Packages of one system\n\n| Package | Runs on | Why |\n| --- | --- | --- |\n" + rows


PAGES: dict[str, Callable[[], str]] = {
    "checks.md": checks_page,
    "commands.md": commands_page,
    "gateway.md": gateway_page,
    "settings.md": settings_page,
    "deployment-settings.md": deployment_settings_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "management.md": lambda: management_page(MADE),
    "manifests.md": lambda: manifests_page(MADE),
    "python-versions.md": lambda: python_versions_page(MADE),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a page is stale, write nothing")
    parser.add_argument("--record", action="store_true", help="also draw docs/up.svg from a real run")
    options = parser.parse_args()
    stale = []
    for name, make in PAGES.items():
        text = make().rstrip("\n") + "\n"
        path = REFERENCE / name
        if not path.is_file() or path.read_text() != text:
            stale.append(name)
            if not options.check:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
    if options.check and stale:
        sys.exit(f"error: stale pages in docs/reference: {', '.join(stale)}\nfix:   scripts/docs")
    if options.record:
        from docs.recording import draw

        draw(Path(__file__).parent / "up.svg")


if __name__ == "__main__":
    main()
