"""FastCGI programs that are not Python: what is started for a handler, how often, and with what."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig import split_script_processor
from webstead.plan import Machine, Overrides, Plan, as_json, as_text, make_plan
from webstead.plan.foreign import (
    automatic_instances,
    how_to_install,
    label_of,
    program_word,
    requests_at_once,
)
from webstead.plan.windows_paths import WindowsPaths
from webstead.project import MemoryTree
from webstead.settings import Setting

FILES = ["bin/hello.fcgi", "bin/shop.exe", "tools/shop", "index.php"]


@pytest.mark.parametrize(
    ("written", "word"),
    [
        (r"C:\PHP\php-cgi.exe", "php-cgi"),
        (r"C:\Program Files\PHP\v8.2\PHP-CGI.EXE", "php-cgi"),
        ("php-cgi.exe", "php-cgi"),
        ("php-cgi", "php-cgi"),
        ("/usr/bin/php-cgi8.2", "/usr/bin/php-cgi8.2"),
        (r"%HOME%\site\wwwroot\bin\hello.fcgi", "%WWWROOT%/bin/hello.fcgi"),
        (r"D:\home\site\wwwroot\bin\HELLO.fcgi", "%WWWROOT%/bin/hello.fcgi"),
        (r"E:\inetpub\shop\bin\hello.fcgi", "%WWWROOT%/bin/hello.fcgi"),
        (r"bin\hello.fcgi", "%WWWROOT%/bin/hello.fcgi"),
        ("bin/later.fcgi", "%WWWROOT%/bin/later.fcgi"),
        (r".\bin\shop.exe", "shop"),
        (r"D:\home\site\wwwroot\tools\shop.exe", "%WWWROOT%/tools/shop"),
        ("%PHP_HOME%/bin/php-cgi", "%PHP_HOME%/bin/php-cgi"),
    ],
)
def test_the_program_that_is_meant_here(written: str, word: str) -> None:
    assert program_word(written, FILES, WindowsPaths(FILES)) == word


@given(st.text(min_size=1).filter(str.strip))
def test_whatever_is_written_names_a_program(written: str) -> None:
    paths = WindowsPaths(FILES)
    program = split_script_processor(written)[0]
    if program:
        word = program_word(program, FILES, paths)
        assert word
        assert label_of(word)
        assert how_to_install(word, program, paths)


@pytest.mark.parametrize(("cpus", "instances"), [(1, 4), (2, 4), (4, 8), (64, 16)])
def test_automatic_is_by_processors(cpus: int, instances: int) -> None:
    assert automatic_instances(Machine(cpus), 1) == instances
    assert automatic_instances(Machine(cpus), 8) == 1


@pytest.mark.parametrize(
    ("children", "at_once"), [("", 1), ("0", 1), ("4", 4), ("x", 1), ("-1", 1), ("99999", 1), ("\u0664", 1)]
)
def test_php_s_own_children_answer_as_many_requests(children: str, at_once: int) -> None:
    assert requests_at_once({"PHP_FCGI_CHILDREN": children}) == at_once


def test_what_to_type_for_a_program_that_is_not_there() -> None:
    def said(word: str, written: str) -> str:
        return how_to_install(word, written, WindowsPaths(FILES))

    assert said("php-cgi", r"C:\PHP\php-cgi.exe").startswith("apt install php-cgi ")
    assert said("/opt/php/php-cgi", "/opt/php/php-cgi").startswith("apt install php-cgi ")
    assert "Install shop," in said("shop", r"C:\shop.exe")
    assert "chmod +x bin/later.fcgi" in said("%WWWROOT%/bin/later.fcgi", "bin/later.fcgi")
    assert "build for this system at bin/other in" in said("other", r"D:\home\site\wwwroot\bin\other.exe")


PHP = """<configuration><appSettings><add key="APP" value="not for PHP" /></appSettings><system.webServer>
<handlers>
<add name="PHP" path="*.php" verb="*" modules="FastCgiModule" scriptProcessor="C:\\php-cgi.exe|-c php.ini" />
{more}</handlers>
{declared}</system.webServer></configuration>"""
DECLARED = """<fastCgi><application fullPath="c:\\PHP-cgi.exe" arguments="-c php.ini" maxInstances="3">
<environmentVariables><environmentVariable name="PHPRC" value="D:\\home\\site\\wwwroot" />
</environmentVariables></application></fastCgi>"""
PYTHON = '<add name="Py" path="*" verb="*" modules="FastCgiModule" scriptProcessor="python|wfastcgi.py" />\n'
APP = "from flask import Flask\napp = Flask('x')\n"
WITH_PHP = Machine(2, lambda program: f"/usr/bin/{program}" if program == "php-cgi" else None)


def plan(
    files: dict[str, str], *, app: str | None = None, machine: Machine = WITH_PHP, more: str = ""
) -> Plan:
    settings = (Setting.of("EXTRA", "1", "--env"),)
    return make_plan(MemoryTree(files), Overrides(app=app, settings=settings, running="3.12"), machine)


def php(more: str = "", declared: str = "") -> str:
    return PHP.format(more=more, declared=declared)


def test_a_site_of_php_alone_starts() -> None:
    made = plan({"web.config": php(), "index.php": "<?php"})
    (process,) = made.processes
    assert made.start is not None
    assert (made.start.interface, made.start.target, made.start.command) == (
        "command",
        None,
        ("php-cgi", "-c", "php.ini"),
    )
    assert (process.label, process.protocol, process.instances) == ("php-cgi", "fastcgi", 4)
    assert (process.target, process.serve_on_failure) == (None, True)
    assert process.foreign is not None
    assert process.foreign.at_once == 1
    assert made.warnings == ()
    assert "4 instances, FastCGI, not Python, one request at a time" in as_text(made)
    assert '"foreign": {"at_once": 1, "install": "apt install php-cgi ' in json.dumps(as_json(made))


def test_its_environment_is_what_is_declared_for_it_and_what_the_user_gave() -> None:
    (process,) = plan({"web.config": php(declared=DECLARED), "index.php": "<?php"}).processes
    assert {s.name: s.text for s in process.environment} == {"PHPRC": "%WWWROOT%", "EXTRA": "1"}
    assert process.instances == 3


def test_a_program_that_is_not_here_is_warned_of_with_what_to_type() -> None:
    made = plan({"web.config": php(), "index.php": "<?php"}, machine=Machine())
    (warning,) = made.warnings
    assert warning.text == "web.config:3: handler PHP runs php-cgi, which is not on this machine."
    assert warning.fix.startswith("apt install php-cgi")
    assert [process.label for process in made.processes] == ["php-cgi"]


def test_php_beside_an_app_that_the_file_maps() -> None:
    config = php(PYTHON).replace('key="APP"', 'key="WSGI_HANDLER"').replace("not for PHP", "app.app")
    made = plan({"web.config": config, "app.py": APP, "requirements.txt": "flask\n"})
    assert made.start is not None
    assert made.start.target == "app:app"
    assert [(p.label, p.foreign is None) for p in made.processes] == [("php-cgi", False), ("web", True)]


def test_a_file_that_maps_php_alone_says_how_the_site_is_started() -> None:
    files = {"web.config": php(), "app.py": APP, "requirements.txt": "flask\n"}
    made = plan(files)
    assert [p.label for p in made.processes] == ["php-cgi"]
    assert [(a.start.target, a.why_not) for a in made.alternatives] == [
        ("app:app", "web.config says how the site is started")
    ]
    both = plan(files, app="app:app")
    assert [p.label for p in both.processes] == ["php-cgi", "web"]
    assert both.start is not None
    assert both.start.target == "app:app"


def test_an_app_that_the_file_maps_and_does_not_name_is_asked_for_though_php_is_there() -> None:
    made = plan({"web.config": php(PYTHON), "notes.py": "x = 1\n"})
    assert made.start is None
    assert "no WSGI_HANDLER names the app" in made.questions[0].text


def test_two_programs_have_names_of_their_own() -> None:
    second = (
        '<add name="Other" path="*.x" verb="*" modules="FastCgiModule" scriptProcessor="/opt/php/php-cgi" />'
    )
    made = plan({"web.config": php(second), "index.php": "<?php"})
    assert [p.label for p in made.processes] == ["php-cgi", "php-cgi-2"]
