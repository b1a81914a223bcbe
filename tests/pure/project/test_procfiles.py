"""Procfile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.procfile import read_procfile


def test_entries_are_words_with_their_line() -> None:
    entries, findings = read_procfile(
        b"# web app\nweb: gunicorn -b '0.0.0.0:$PORT' app:app\nrelease: python migrate.py\n"
    )
    assert findings == ()
    assert [(entry.name, entry.words, entry.evidence.line) for entry in entries] == [
        ("web", ("gunicorn", "-b", "0.0.0.0:$PORT", "app:app"), 2),
        ("release", ("python", "migrate.py"), 3),
    ]


def test_assignments_in_front_are_variables() -> None:
    ((entry,), _) = read_procfile(b"web: DEBUG=0 PYTHONPATH=src python app.py\n")
    assert entry.variables == (("DEBUG", "0"), ("PYTHONPATH", "src"))
    assert entry.words == ("python", "app.py")


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("web: a && b", "needs a shell"),
        ("web: python $(cat name)", "needs a shell"),
        ("web: python app.py > log", "needs a shell"),
        ("web: cd src; python app.py", "needs a shell"),
        ("web: source env.sh", "needs a shell"),
        ("web: python 'app.py", "cannot be read"),
        ("web: DEBUG=1", "names no command"),
    ],
)
def test_what_only_a_shell_could_run_is_a_finding(line: str, part: str) -> None:
    entries, (finding,) = read_procfile(line.encode())
    assert entries == ()
    assert "Procfile:1" in finding.text
    assert part in finding.text


def test_a_shell_that_is_called_gets_its_text() -> None:
    ((entry,), findings) = read_procfile(b'web: sh -c "cd src && gunicorn app:app"\n')
    assert entry.words == ("sh", "-c", "cd src && gunicorn app:app")
    assert findings == ()


def test_the_fix_can_be_written_into_the_procfile() -> None:
    _, (finding,) = read_procfile(b"web: cd src && gunicorn app:app\n")
    ((entry,), _) = read_procfile(finding.fix.removeprefix("Write: ").encode())
    assert entry.words == ("sh", "-c", "cd src && gunicorn app:app")


@given(st.binary(max_size=120))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    entries, _ = read_procfile(data)
    assert all(entry.words for entry in entries)
