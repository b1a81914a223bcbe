"""Procfile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.procfile import read_procfile, read_startup_file, through_script
from webstead.project.tree import MemoryTree


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
        ("web: a || b", "needs a shell"),
        ("worker: a && b", "needs a shell"),
        ("web: python $(cat name)", "needs a shell"),
        ("web: python app.py > log", "needs a shell"),
        ("web: cd .. && python app.py", "needs a shell"),
        ("web: if true; then python app.py; fi", "needs a shell"),
        ("web: source env.sh", "names no command"),
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
    ((entry,), findings) = read_procfile(b'worker: sh -c "cd src && celery worker"\n')
    assert entry.words == ("sh", "-c", "cd src && celery worker")
    assert findings == ()


def test_the_fix_can_be_written_into_the_procfile() -> None:
    _, (finding,) = read_procfile(b"worker: cd src && celery worker\n")
    ((entry,), _) = read_procfile(finding.fix.removeprefix("Write: ").encode())
    assert entry.words == ("sh", "-c", "cd src && celery worker")


@pytest.mark.parametrize(
    ("line", "directory", "before", "words"),
    [
        ("cd src && gunicorn app:app", "src", (), "gunicorn app:app"),
        ("python manage.py migrate && exec gunicorn a:b", ".", ("python manage.py migrate",), "gunicorn a:b"),
        ("sh -c 'cd api; uvicorn a:b --port ${PORT:-80}'", "api", (), "uvicorn a:b --port ${PORT:-80}"),
    ],
)
def test_steps_in_front_of_the_server_are_taken_apart(
    line: str, directory: str, before: tuple[str, ...], words: str
) -> None:
    ((entry,), findings) = read_procfile(f"web: {line}\n".encode())
    assert findings == ()
    assert (entry.directory, entry.before, " ".join(entry.words)) == (directory, before, words)


def startup(**files: str) -> tuple[str, str, int] | None:
    tree = MemoryTree({name.replace("_", "."): text for name, text in files.items()})
    entry = read_startup_file(tree, tree.files())
    return (" ".join(entry.words), entry.directory, entry.evidence.line) if entry else None


def test_app_services_start_file_is_the_web_command() -> None:
    assert startup(startup_txt="gunicorn --bind=0.0.0.0 app:app\n") == (
        "gunicorn --bind=0.0.0.0 app:app",
        ".",
        1,
    )
    script = "#!/bin/bash\nset -e\ncd src\n# serve\ngunicorn \\\n  --workers 2 app:app\n"
    assert startup(startup_sh=script) == ("gunicorn --workers 2 app:app", "src", 5)
    assert startup(startup_txt="startup.sh", startup_sh="gunicorn app:app") == ("gunicorn app:app", ".", 1)


def test_a_start_file_that_decides_is_run_by_a_shell() -> None:
    assert startup(startup_sh="#!/bin/bash\nif true; then gunicorn a:b; fi\n") == ("bash startup.sh", ".", 1)
    assert startup(startup_sh="for x in 1 2; do echo $x; done\n") == ("sh startup.sh", ".", 1)


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "gunicorn 'app:app", "sh startup.sh"])
def test_a_start_file_that_starts_nothing(text: str) -> None:
    assert startup(startup_sh=text) is None


def test_a_script_that_only_starts_the_server_is_its_command() -> None:
    tree = MemoryTree({"Procfile": "web: sh run.sh\nworker: sh run.sh\n", "run.sh": "cd api\nuvicorn a:b\n"})
    entries, _ = read_procfile(tree.read("Procfile"))
    web, worker = (through_script(entry, tree, tree.files()) for entry in entries)
    assert (web.words, web.directory) == (("uvicorn", "a:b"), "api")
    assert worker.words == ("sh", "run.sh")
    more = MemoryTree({"run.sh": "python migrate.py\nuvicorn a:b\n"})
    assert through_script(entries[0], more, more.files()) == entries[0]


@given(st.binary(max_size=120))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    entries, _ = read_procfile(data)
    assert all(entry.words for entry in entries)
