from __future__ import annotations

import errno
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import StartError
from webstead.host.failure import (
    exit_failure,
    exit_phrase,
    failure_text,
    report_failure,
    spawn_failure,
    timeout_failure,
)


@pytest.mark.parametrize(
    ("code", "phrase"),
    [
        (0, "exited with code 0"),
        (3, "exited with code 3"),
        (-9, "was ended by SIGKILL"),
        (-99, "was ended by signal 99"),
    ],
)
def test_an_exit_is_told_by_its_code_or_signal(code: int, phrase: str) -> None:
    assert exit_phrase(code) == phrase


def test_the_last_lines_and_their_fix_are_in_the_error() -> None:
    error = exit_failure("app", "python app.py", 1, ["…", "No module named 'flask'"], was_ready=False)
    assert error.what == "The process `app` does not start: it exited with code 1."
    assert error.found == "`python app.py` exited with code 1.\nNo module named 'flask'"
    assert "Add flask" in error.fix
    assert error.detail == "…\nNo module named 'flask'"
    alone = exit_failure("app", "python app.py", 1, ["No module named 'flask'"], was_ready=False)
    assert (alone.found, alone.detail) == (error.found, "")


@pytest.mark.parametrize(
    ("code", "lines", "ready", "told"),
    [
        (0, ["bye"], False, "foreground"),
        (-9, ["x"], True, "memory"),
        (1, [], False, "by hand"),
        (1, ["x"], True, ""),
    ],
)
def test_an_exit_without_a_known_line_still_has_the_likely_fix(
    code: int, lines: list[str], ready: bool, told: str
) -> None:
    assert told in exit_failure("app", "x", code, lines, was_ready=ready).fix


def test_an_app_that_ran_before_has_stopped() -> None:
    assert exit_failure("app", "x", 1, [], was_ready=True).what.startswith("The process `app` stopped:")


def test_the_gateways_report_is_the_error() -> None:
    report = {"what": "w", "found": "f", "fix": "x", "detail": "d", "code": 70}
    error = report_failure(json.dumps(report).encode() + b"\n", ["line"])
    assert error is not None
    assert (error.what, error.found, error.fix, error.detail) == ("w", "f", "x", "d")


def test_what_the_report_leaves_out_comes_from_the_output() -> None:
    error = report_failure(b'{"what":"w"}', ["No module named 'flask'"])
    assert error is not None
    assert "Add flask" in error.fix
    assert error.detail == "No module named 'flask'"


def test_a_known_cause_is_more_exact_than_the_gateways_words() -> None:
    report = {"what": "w", "found": "KeyError: 'SECRET_KEY'", "fix": "Correct what the traceback shows."}
    error = report_failure(json.dumps(report).encode(), [])
    assert error is not None
    assert "--env SECRET_KEY=" in error.fix
    assert error.found == report["found"]


def test_output_before_the_report_does_not_replace_its_fix() -> None:
    error = report_failure(b'{"what":"w","found":"f","fix":"x"}', ["No module named 'flask'"])
    assert error is not None
    assert error.fix == "x"


@pytest.mark.parametrize("line", [b"", b'{"loaded":true}', b"[]", b'{"what":1}', b"\xff", b'{"what":'])
def test_no_report_is_no_error(line: bytes) -> None:
    assert report_failure(line, []) is None


@given(
    st.binary() | st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(json.dumps)
)
def test_any_report_is_borne(line: bytes | str) -> None:
    data = line if isinstance(line, bytes) else line.encode()
    assert report_failure(data, []) is None or b"what" in data


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file", "gunicorn"), "there is no program gunicorn"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/gone"), "there is no folder /gone"),
        (PermissionError(errno.EACCES, "Permission denied", "gunicorn"), "gunicorn may not be used"),
        (OSError(errno.ENOEXEC, "Exec format error", "gunicorn"), "gunicorn cannot be run"),
    ],
)
def test_a_program_that_cannot_be_run_is_named(error: OSError, told: str) -> None:
    failure = spawn_failure("web", ("gunicorn", "app:app"), error)
    assert told in failure.what
    assert failure.fix


@pytest.mark.parametrize(
    ("listening", "found"),
    [
        ([], "listens on no port; it was given port 5000"),
        ([("127.0.0.1", 8000)], "listens on 127.0.0.1:8000; it was given port 5000"),
        ([("0.0.0.0", 5000)], "does not answer GET /"),
    ],
)
def test_a_late_platform_process_is_told_by_its_ports(listening: list[tuple[str, int]], found: str) -> None:
    error = timeout_failure("app", 2.0, 5000, listening, ["last"])
    assert error.what == "The process `app` did not answer within 2 s."
    assert found in error.found
    assert error.fix
    assert error.detail == "last"


def test_a_late_gateway_is_still_importing() -> None:
    assert "imported" in timeout_failure("app", 60.0, None, [], []).found


@pytest.mark.parametrize(
    ("listening", "lines", "found"),
    [
        ([("0.0.0.0", 5000)], [], "listens on 0.0.0.0:5000"),
        ([], [" * Running on http://127.0.0.1:5000"], "Running on http://127.0.0.1:5000"),
        ([], ["Uvicorn running on http://127.0.0.1:8000"], "running on http://127.0.0.1:8000"),
    ],
)
def test_an_app_that_serves_itself_while_it_is_imported(
    listening: list[tuple[str, int]], lines: list[str], found: str
) -> None:
    error = timeout_failure("app", 60.0, None, listening, lines)
    assert "starts a server of its own" in error.found
    assert found in error.found
    assert 'if __name__ == "__main__":' in error.fix


@pytest.mark.parametrize(
    ("fastcgi", "rapid", "status"),
    [(True, False, 500), (False, False, 502), (True, True, 503), (False, True, 502)],
)
def test_the_status_says_whose_failure_it_is(fastcgi: bool, rapid: bool, status: int) -> None:
    error = StartError("w", found="f", fix="x", detail="d")
    text = failure_text(error, "fastcgi" if fastcgi else "http", rapid=rapid)
    assert (text.status, text.what, text.found, text.fix, text.detail) == (status, "w", "f", "x", "d")
