from __future__ import annotations

import pytest

from webstead.formats.webconfig import GATEWAY, is_python, split_script_processor
from webstead.formats.webconfig.script import same_program


@pytest.mark.parametrize(
    "script_processor",
    [
        r"D:\Python34\python.exe|D:\Python34\Scripts\wfastcgi.py",
        r"D:\home\Python35\python.exe|D:\home\Python35\wfastcgi.py",
        r'"C:\Program Files\Python311\python.exe"|"C:\Program Files\Python311\Lib\site-packages\wfastcgi.py"',
        r"C:\Program Files\Python311\python.exe|C:\Program Files\Python311\Lib\site-packages\wfastcgi.py",
        r"%APPL_PHYSICAL_PATH%\Scripts\python.exe|-u paster-script.py serve",
        r"c:\windows\py.exe|-3.10 wfastcgi.py",
        r"C:\venv\Scripts\wfastcgi.exe",
        r"C:\tools\launcher.exe|c:\x\wfastcgi.py",
        "/usr/bin/python3.12|/srv/wfastcgi.py",
        "pypy3|wfastcgi.py",
        "PYTHON.EXE|WFASTCGI.PY",
        "python",
        GATEWAY,
    ],
)
def test_python_is_recognised(script_processor: str) -> None:
    assert is_python(script_processor)


@pytest.mark.parametrize(
    "script_processor",
    [
        r"C:\PHP\php-cgi.exe",
        r"C:\Ruby\bin\ruby.exe|dispatch.fcgi",
        r"C:\python\php-cgi.exe",
        r"C:\tools\run.exe|my-wfastcgi.py.txt",
        r"%windir%\system32\inetsrv\asp.dll",
        "pythonic-server.exe",
        "",
    ],
)
def test_other_programs_are_not_python(script_processor: str) -> None:
    assert not is_python(script_processor)


@pytest.mark.parametrize(
    ("script_processor", "program", "arguments"),
    [
        (r"C:\py\python.exe|C:\w.py", r"C:\py\python.exe", r"C:\w.py"),
        (r'"C:\a b\python.exe" | "C:\c d\w.py" -x', r"C:\a b\python.exe", r'"C:\c d\w.py" -x'),
        ("python.exe", "python.exe", ""),
        ("a|b|c", "a", "b|c"),
    ],
)
def test_splits_at_the_first_bar(script_processor: str, program: str, arguments: str) -> None:
    assert split_script_processor(script_processor) == (program, arguments)


def test_an_application_is_the_same_whatever_its_quotes_and_case() -> None:
    assert same_program(r'C:\A B\python.exe|"c:\a b\w.py"', r"C:\a b\Python.exe", r"C:\A B\w.py")
    assert not same_program(r"C:\python.exe|w.py", r"C:\python.exe", "other.py")
