"""The gateway's options on the command line are those of the gateway's one table."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from webstead.cli.gateway import application
from webstead.cli.gateway.paths import absolute_bind, default_bind, on_windows, static_pairs
from webstead.cli.gateway.words import gateway_words, read_words, says
from webstead.errors import UsageError
from webstead.formats.servers import SERVERS
from webstead.gateway.options import OPTIONS

RUN = typer.main.get_group(application).commands["run"]
CONFIG = typer.main.get_group(application).commands["config"]


def words_of(*line: str) -> tuple[str, ...]:
    return gateway_words(RUN.make_context("run", list(line)))


def test_every_option_of_the_gateway_is_one_of_run() -> None:
    assert isinstance(RUN, TyperCommand)
    context = RUN.make_context("run", [], resilient_parsing=True)
    shown = {option.opts[0]: option for option in RUN.get_params(context) if isinstance(option, TyperOption)}
    for option in OPTIONS:
        assert shown[option.name].help == option.doc
        assert shown[option.name].is_flag == (not option.metavar)
    assert set(shown) == {option.name for option in OPTIONS} | {"--python", "--help"}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_what_is_said_is_handed_on_and_nothing_else(option: object) -> None:
    named = next(known for known in OPTIONS if known is option)
    said = (named.name, "7") if named.metavar else (named.name,)
    assert words_of("shop:app", *said) == said
    assert words_of("shop:app") == ()


def test_the_servers_are_named_in_the_help() -> None:
    context = CONFIG.make_context("config", [], resilient_parsing=True)
    server = next(found for found in CONFIG.get_params(context) if found.name == "server")
    assert isinstance(server, TyperArgument)
    assert all(name in (server.help or "").replace(",", " ").rstrip(".").split() for name in SERVERS)


@pytest.mark.parametrize("command", typer.main.get_group(application).commands.values(), ids=lambda c: c.name)
def test_the_help_flows_and_its_examples_keep_their_lines(command: TyperCommand) -> None:
    prose, _, examples = (command.help or "").partition("[bold]Examples[/bold]")
    assert all("\n" not in paragraph for paragraph in prose.strip().split("\n\n"))
    assert all(line.startswith("  webstead gateway ") for line in examples.strip("\n").split("\n"))


def test_an_option_that_repeats_keeps_all_its_values() -> None:
    assert words_of("--path", "/one", "--path=/two") == ("--path", "/one", "--path", "/two")


def test_what_a_variable_says_is_left_to_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        if option.variable:
            monkeypatch.setenv(option.variable, "7" if option.metavar else "1")
    assert words_of("shop:app") == ()


def test_the_gateways_refusals_are_errors_of_the_command_line() -> None:
    with pytest.raises(UsageError) as raised:
        read_words(["--threads", "0", "a:b"], {})
    assert raised.value.found == "0"
    assert read_words([], {}).target == ""
    with pytest.raises(UsageError, match="No app"):
        read_words([], {}, named=True)
    assert read_words([], {"WSGI_HANDLER": "a.b"}, named=True).target == "a.b"


def test_an_option_is_given_by_a_word_or_its_variable() -> None:
    assert says("--bind", ["--bind", "fd:0"], {})
    assert says("--bind", [], {"WEBSTEAD_GATEWAY_BIND": "fd:0"})
    assert not says("--bind", ["--threads", "2"], {"WEBSTEAD_GATEWAY_BIND": ""})


def test_where_a_gateway_listens_by_itself() -> None:
    assert default_bind(Path("/srv/shop"), windows=False) == "unix:/srv/shop/gateway.sock"
    assert default_bind(Path("/srv/shop"), windows=True) == "tcp:127.0.0.1:9000"


def test_a_relative_socket_is_made_whole() -> None:
    assert absolute_bind("unix:a.sock") == f"unix:{Path.cwd()}/a.sock"
    assert absolute_bind("unix:/a.sock,mode=660") == "unix:/a.sock,mode=660"
    assert absolute_bind("tcp:127.0.0.1:9000") == "tcp:127.0.0.1:9000"


@pytest.mark.parametrize(
    ("path", "known"),
    [("C:/x", True), (r"\\server\share\x", True), ("C:x", False), ("/x", False), ("", False)],
)
def test_whole_windows_paths_are_known(path: str, known: bool) -> None:
    assert on_windows(path) is known


def test_static_files_are_pairs_of_a_url_and_a_folder() -> None:
    pairs = static_pairs(["/static=/srv/static", "/media=C:/media", "/a=b=c"])
    assert pairs == (("/static", "/srv/static"), ("/media", r"C:\media"), ("/a", f"{Path.cwd()}/b=c"))
    assert static_pairs([]) == ()


@pytest.mark.parametrize("text", ["/static", "=/srv", "/static=", ""])
def test_static_files_without_both_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        static_pairs([text])
