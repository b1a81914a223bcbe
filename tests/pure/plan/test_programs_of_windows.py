"""Programs of Windows command lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.plan.programs import python_hint, read_program


@pytest.mark.parametrize(
    ("path", "arguments", "words", "hint"),
    [
        (r"D:\home\Python35\python.exe", ["a.py"], ("python", "a.py"), "3.5"),
        (r"D:\home\python364x64\python.exe", [], ("python",), "3.6"),
        (r"D:\home\python310x64\python.exe", [], ("python",), "3.10"),
        (r"D:\home\Python3114\python.exe", [], ("python",), "3.11"),
        (r"C:\Program Files\Python312\pythonw.exe", [], ("python",), "3.12"),
        (r"D:\home\site\wwwroot\env\Scripts\python.exe", [], ("python",), None),
        (r"C:\Windows\py.exe", ["-3.10", "-m", "x"], ("python", "-m", "x"), "3.10"),
        ("py", ["-3", "a.py"], ("python", "a.py"), None),
        ("py", ["-3.11-64", "a.py"], ("python", "a.py"), "3.11"),
        ("python3", ["-3"], ("python", "-3"), None),
        ("python3.9", [], ("python",), "3.9"),
        (r".\env\Scripts\waitress-serve.exe", ["app:app"], ("waitress-serve", "app:app"), None),
        ("gunicorn", [], ("gunicorn",), None),
        (r"tools\server.exe", [], (r"tools\server.exe",), None),
        ('"C:\\Python311\\python.exe"', [], ("python",), "3.11"),
    ],
)
def test_each_kind_of_program(
    path: str, arguments: list[str], words: tuple[str, ...], hint: str | None
) -> None:
    found = read_program(path, arguments)
    assert (found.words, found.hint, found.problem) == (words, hint, "")


@pytest.mark.parametrize(
    ("path", "part"),
    [("dotnet", "not Python"), (r"C:\node\node.exe", "not Python"), ("%LAUNCHER_PATH%", "filled in")],
)
def test_programs_that_cannot_run_say_why(path: str, part: str) -> None:
    assert part in read_program(path, []).problem


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (r"D:\Python27\python.exe", "2.7"),
        (r"C:\Python\python-3.9\python.exe", "3.9"),
        (r"C:\Users\me\AppData\Local\Programs\Python\Python312\python.exe", "3.12"),
        (r"C:\Python3\python.exe", None),
        (r"C:\pythonic\x.exe", None),
    ],
)
def test_hints_in_folder_names(path: str, hint: str | None) -> None:
    assert python_hint(path) == hint


@given(st.text(max_size=40), st.lists(st.text(max_size=8), max_size=3))
def test_no_text_breaks_the_reader(path: str, arguments: list[str]) -> None:
    assert read_program(path, arguments).words
