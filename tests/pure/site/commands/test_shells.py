"""What a shell is given, and how a command that was left is told."""

from __future__ import annotations

import pytest

from webstead.site.commands.run import CommandResult
from webstead.site.commands.shells import DEFAULT_TERMINAL, shell_environment, terminal_type
from webstead.site.commands.told import told_text


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ("vt100", "vt100"),
        ("screen.xterm-256color", "screen.xterm-256color"),
        (None, DEFAULT_TERMINAL),
        ("", DEFAULT_TERMINAL),
        ("../../etc/passwd", DEFAULT_TERMINAL),
        ("a\nb", DEFAULT_TERMINAL),
        ("x" * 65, DEFAULT_TERMINAL),
    ],
)
def test_a_terminal_is_a_name_or_the_default(told: str | None, taken: str) -> None:
    assert terminal_type(told) == taken


def test_a_shell_at_a_terminal_gets_the_sites_path_back_after_a_login() -> None:
    base = {"PATH": "/a b:/bin", "LANG": "de_DE.UTF-8", "SHELL": "/bin/false"}
    given = shell_environment(base, "/bin/bash", "vt100")
    assert given["PROMPT_COMMAND"] == "PATH='/a b:/bin'; unset PROMPT_COMMAND"
    assert (given["SHELL"], given["TERM"], given["LANG"]) == ("/bin/bash", "vt100", "de_DE.UTF-8")


def test_a_command_without_a_terminal_is_given_none() -> None:
    given = shell_environment({"PATH": "/bin"}, "/bin/bash", None)
    assert given == {"PATH": "/bin", "SHELL": "/bin/bash", "LANG": "C.UTF-8"}


def test_a_command_is_told_with_what_it_wrote_and_its_end() -> None:
    text = told_text(["echo", "a b"], CommandResult("a b\n", "no\n\n", 3))
    assert text == "$ echo 'a b'\na b\nno\nExit code 3\n"
    assert told_text(["true"], CommandResult("", "", 0)) == "$ true\nExit code 0\n"
