"""Start scripts and lines, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.command_line import NoCommandError
from webstead.project.shell_steps import ShellSteps, read_script, read_steps


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("gunicorn app:app", ShellSteps(("gunicorn", "app:app"))),
        ("exec gunicorn app:app", ShellSteps(("gunicorn", "app:app"))),
        ("A=1 gunicorn x", ShellSteps(("gunicorn", "x"), (("A", "1"),))),
        ("env A=1 gunicorn x", ShellSteps(("gunicorn", "x"), (("A", "1"),))),
        ("export A=1 B=2; gunicorn x", ShellSteps(("gunicorn", "x"), (("A", "1"), ("B", "2")))),
        ("cd a && cd b && x", ShellSteps(("x",), directory="a/b")),
        ("cd a&&x", ShellSteps(("x",), directory="a")),
        ("m 'a b' && x", ShellSteps(("x",), before=("m 'a b'",))),
        ("sh -c 'cd a && x'", ShellSteps(("x",), directory="a")),
        ("source venv/bin/activate; . env/bin/activate; x", ShellSteps(("x",))),
        ("set -e; echo starting; x", ShellSteps(("x",))),
        ("x 'a;b' \"c && d\"", ShellSteps(("x", "a;b", "c && d"))),
        ("x 'm:f(\"prod\")'", ShellSteps(("x", 'm:f("prod")'))),
    ],
)
def test_steps(text: str, steps: ShellSteps) -> None:
    assert read_steps(text) == steps


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a | b", "needs a shell"),
        ("a || b", "needs a shell"),
        ("a &", "needs a shell"),
        ("a > b", "needs a shell"),
        ("(a; b)", "needs a shell"),
        ("x $(cat port)", "needs a shell"),
        ("x `cat port`", "needs a shell"),
        ("while true; do x; done", "needs a shell"),
        ("cd /srv && x", "needs a shell"),
        ("cd .. && x", "needs a shell"),
        ("[ -f x ] && y", "needs a shell"),
        ("echo", "names no command"),
        ("", "names no command"),
        ("x 'y", "cannot be read"),
    ],
)
def test_what_is_left_to_a_shell(text: str, what: str) -> None:
    with pytest.raises(NoCommandError) as caught:
        read_steps(text)
    assert caught.value.what.startswith(what)


def test_a_script_has_comments_and_long_lines() -> None:
    script = (
        "#!/bin/sh\r\n# start\r\nexport A=1\r\n\r\npython migrate.py\r\ngunicorn \\\r\n  -w 2 \\\r\n  a:b\r\n"
    )
    expected = ShellSteps(("gunicorn", "-w", "2", "a:b"), (("A", "1"),), ".", ("python migrate.py",))
    assert read_script(script) == expected


@given(st.text(alphabet="ab &;|'\"\\$()\n=cd/.", max_size=40))
def test_no_text_breaks_the_readers(text: str) -> None:
    for read in (read_steps, read_script):
        try:
            steps = read(text)
        except NoCommandError:
            continue
        assert steps.words
        assert not steps.directory.startswith(("/", ".."))
