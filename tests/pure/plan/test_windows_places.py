"""Windows paths in web.config → places of the site."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.plan.windows_paths import WindowsPaths

PATHS = WindowsPaths(
    [
        "app.py",
        "shop/wsgi.py",
        "Static/site.css",
        "lib/vendor/x.py",
        "runserver.py",
        "logs/.keep",
        "web.config",
    ]
)


@pytest.mark.parametrize(
    ("written", "place", "guess"),
    [
        (r"D:\home\site\wwwroot", "%WWWROOT%", False),
        (r"d:\HOME\Site\WWWRoot\app.py", "%WWWROOT%/app.py", False),
        ("D:/home/site/wwwroot/lib", "%WWWROOT%/lib", False),
        (r"C:\home\site\wwwroot\static", "%WWWROOT%/Static", False),
        ("/home/site/wwwroot/app.py", "%WWWROOT%/app.py", False),
        (r"%HOME%\site\wwwroot\shop", "%WWWROOT%/shop", False),
        (r"%APPL_PHYSICAL_PATH%\app.py", "%WWWROOT%/app.py", False),
        ("~/", "%WWWROOT%", False),
        (r"D:\home\LogFiles\python.log", "%HOME%/LogFiles/python.log", False),
        (r"D:\home", "%HOME%", False),
        (r"D:\homestead\app", "%WWWROOT%", True),
        (r"D:\home\site\wwwroot2", "%HOME%/site/wwwroot2", False),
        ("%HOME%/data/x.db", "%HOME%/data/x.db", False),
        (r"%ProgramData%\x", "%ProgramData%/x", False),
        (r"C:\inetpub\wwwroot\shop", "%WWWROOT%/shop", False),
        (r"E:\Apps\site\lib\vendor", "%WWWROOT%/lib/vendor", False),
        (r"E:\Apps\whatever", "%WWWROOT%", True),
        (r"E:\Apps\whatever\app.py", "%WWWROOT%/app.py", False),
        (r"E:\Apps\whatever\other.py", "%WWWROOT%/other.py", True),
        (r"\\server\share\shop", "%WWWROOT%/shop", False),
        ('"C:\\Apps\\shop"', "%WWWROOT%/shop", False),
        (r".\logs\stdout", "logs/stdout", False),
        (r"..\app.py", "../app.py", False),
        ("STATIC", "Static", False),
        (".", ".", False),
        ("", "", False),
    ],
)
def test_each_kind_of_place(written: str, place: str, guess: bool) -> None:
    mapped = PATHS.map(written)
    assert (mapped.text, mapped.guess) == (place, guess)


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (r"D:\home\LogFiles\x.log", "%HOME%/LogFiles/x.log"),
        (r"D:\home\site\wwwroot\x.log", "%WWWROOT%/x.log"),
        (r"E:\Logs\shop.log", "%HOME%/LogFiles/shop.log"),
        (r".\logs\out", "logs/out"),
    ],
)
def test_logs_of_unknown_places_go_to_log_files(written: str, place: str) -> None:
    assert PATHS.map_log(written).text == place


@pytest.mark.parametrize(
    ("word", "mapped"),
    [
        (r"D:\home\site\wwwroot\runserver.py", "%WWWROOT%/runserver.py"),
        (r"..\app.py", "../app.py"),
        (r"shop\wsgi.py", "shop/wsgi.py"),
        (r"a\d+b", r"a\d+b"),
        (r"--log=D:\home\LogFiles\x.log", "--log=%HOME%/LogFiles/x.log"),
        ("--bind=0.0.0.0:%HTTP_PLATFORM_PORT%", "--bind=0.0.0.0:%HTTP_PLATFORM_PORT%"),
        ("--threads=4", "--threads=4"),
        ("main:app", "main:app"),
        ("%HTTP_PLATFORM_PORT%", "%HTTP_PLATFORM_PORT%"),
        ("/static", "/static"),
        ("-u", "-u"),
    ],
)
def test_words_of_a_command(word: str, mapped: str) -> None:
    assert PATHS.word(word).text == mapped


@pytest.mark.parametrize(
    ("value", "mapped"),
    [
        (r"D:\home\data\shop.db", "%HOME%/data/shop.db"),
        (r"E:\data\shop.db", r"E:\data\shop.db"),
        ("https://example.org/x", "https://example.org/x"),
        ("~/", "~/"),
        ("True", "True"),
        ("", ""),
    ],
)
def test_values_change_only_at_known_places(value: str, mapped: str) -> None:
    assert PATHS.value(value) == mapped


@given(st.text(alphabet="dDcC:\\/.%~HOMEwrot \"'x", max_size=40))
def test_no_text_breaks_the_mapping(text: str) -> None:
    for mapped in (PATHS.map(text), PATHS.map_log(text), PATHS.word(text)):
        assert isinstance(mapped.text, str)


@given(st.lists(st.sampled_from(["a", "b.py", "..", ".", "shop"]), max_size=6))
def test_an_absolute_path_never_leaves_the_site(parts: list[str]) -> None:
    text = PATHS.map("E:\\Apps\\" + "\\".join(parts)).text
    assert text.startswith("%WWWROOT%")
    assert ".." not in text.split("/")
