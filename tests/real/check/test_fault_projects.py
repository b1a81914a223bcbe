"""Small projects on disk, each with one fault, and all that a check of them finds; those without a fault find
nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from webstead.check import RULES, TARGETS, Finding, Target, check, read_subject
from webstead.effects.files import DiskTree
from webstead.project.tree import IGNORED_FOLDERS

FAULTS = Path(__file__).parents[2] / "fixtures" / "faults"
TODAY = date(2026, 11, 26)
OF_EVERY_SITE = ("module-needed", "section-often-locked", "python-other")
"""Told of every web.config with handlers, or of the Python that runs the tests."""


@dataclass(frozen=True, slots=True)
class Expected:
    """finds: severity, place and rule of each finding, in order."""

    target: Target
    finds: tuple[str, ...]
    today: date = TODAY


EXPECTED: dict[str, Expected] = {
    "app_found_by_oryx": Expected("azure-linux", ()),
    "app_not_found_by_oryx": Expected("azure-linux", ("warning main.py:3:0 startup-command",)),
    "attribute_unknown": Expected("iis", ("error web.config:8:44 config-refused",)),
    "condition_without_variable": Expected("iis", ("warning web.config:13:66 condition-constant",)),
    "gunicorn_on_windows": Expected("iis", ("error web.config:8:30 needs-posix",)),
    "handler_module_missing": Expected("iis", ("error web.config:4:36 handler-missing",)),
    "handler_not_set": Expected("iis", ("error web.config:5:7 handler-not-set",)),
    "handler_object_missing": Expected("iis", ("error web.config:4:36 handler-missing",)),
    "handler_of_asgi": Expected("iis", ("error web.config:4:36 asgi-behind-fastcgi",)),
    "handler_with_colon": Expected("iis", ("error web.config:4:36 handler-colon-form",)),
    "handler_without_platform": Expected("webstead", ("error web.config:5:7 handler-without-platform",)),
    "nested_malformed": Expected("iis", ("error static/web.config:2:1 xml-malformed",)),
    "nothing_to_start": Expected("webstead", ("error .:0:0 no-start",)),
    "nothing_wrong_fastcgi": Expected("iis", ()),
    "nothing_wrong_platform": Expected("iis", ()),
    "package_not_for_linux": Expected(
        "azure-linux",
        (
            "error requirements.txt:2:1 package-of-other-system",
            "warning web.config:0:0 web-config-not-read",
        ),
    ),
    "package_not_for_windows": Expected(
        "iis",
        (
            "error requirements.txt:2:1 package-of-other-system",
            "warning requirements.txt:3:1 package-of-other-system",
        ),
    ),
    "package_not_listed": Expected("webstead", ("warning app.py:3:0 package-not-listed",)),
    "package_without_wheel": Expected(
        "iis",
        (
            "error uv.lock:14:1 package-without-wheel",
            "warning uv.lock:22:1 package-without-wheel",
        ),
    ),
    "path_elsewhere": Expected("webstead", ("warning web.config:5:34 path-elsewhere",)),
    "path_is_a_file": Expected("webstead", ("warning web.config:5:34 path-is-a-file",)),
    "path_not_on_app_service": Expected(
        "azure-windows",
        (
            "error web.config:9:29 path-missing",
            "error web.config:9:53 path-missing",
        ),
    ),
    "path_of_a_user": Expected(
        "iis",
        (
            "warning web.config:9:29 path-of-a-user",
            "warning web.config:9:63 path-of-a-user",
        ),
    ),
    "path_of_app_service": Expected("iis", ("warning web.config:9:58 path-of-app-service",)),
    "path_of_posix": Expected("iis", ("error web.config:7:32 path-posix",)),
    "pattern_backtracks": Expected("webstead", ("note web.config:13:36 pattern-backtracks",)),
    "pattern_explodes": Expected("iis", ("warning web.config:13:36 pattern-explodes",)),
    "placeholder_file_missing": Expected("iis", ("error web.config:8:32 placeholder-file-missing",)),
    "placeholder_of_a_pipeline": Expected("iis", ("error web.config:5:33 placeholder-left",)),
    "placeholder_of_visual_studio": Expected("iis", ("error web.config:9:29 placeholder-left",)),
    "platform_app_missing": Expected("iis", ("error web.config:7:5 handler-missing",)),
    "platform_script_missing": Expected("iis", ("error web.config:7:5 script-missing",)),
    "platform_without_handler": Expected("iis", ("error web.config:4:5 platform-without-handler",)),
    "port_is_fixed": Expected("iis", ("error web.config:7:5 fixed-port",)),
    "program_is_dotnet": Expected("webstead", ("error web.config:7:5 program-not-python",)),
    "py_launcher": Expected("iis", ("warning web.config:7:32 py-launcher",)),
    "python_out_of_support": Expected("iis", ("warning runtime.txt:1:0 python-out-of-support",)),
    "python_support_ends": Expected(
        "iis", ("note .python-version:1:0 python-support-ends",), date(2027, 9, 1)
    ),
    "python_versions_differ": Expected("iis", ("warning .python-version:1:0 python-conflict",)),
    "requirements_include_missing": Expected("iis", ("warning requirements.txt:2:0 requirements-file",)),
    "rewrite_map_missing": Expected("webstead", ("error web.config:13:9 rewrite-map-missing",)),
    "rule_begins_with_slash": Expected(
        "iis",
        (
            "error web.config:13:36 rule-never-matches",
            "error web.config:14:61 rule-never-matches",
        ),
    ),
    "rule_looks_for_query": Expected(
        "iis",
        (
            "error web.config:13:36 rule-never-matches",
            "error web.config:14:84 rule-never-matches",
        ),
    ),
    "rule_target_is_pattern": Expected("iis", ("error web.config:13:76 rule-target-is-pattern",)),
    "rule_without_action": Expected("iis", ("warning web.config:13:9 rule-without-effect",)),
    "script_processor_not_registered": Expected(
        "iis", ("error web.config:9:29 script-processor-not-registered",)
    ),
    "script_processor_unquoted": Expected("iis", ("error web.config:9:29 script-processor-unquoted",)),
    "secret_in_connection_string": Expected("iis", ("warning web.config:7:40 secret-in-config",)),
    "secret_in_settings": Expected("iis", ("warning web.config:5:34 secret-in-config",)),
    "section_locked": Expected(
        "iis",
        (
            "error web.config:11:5 section-locked",
            "error web.config:14:9 section-locked",
        ),
    ),
    "section_locked_on_app_service": Expected("azure-windows", ("error web.config:12:7 section-locked",)),
    "section_not_applied": Expected("webstead", ("warning web.config:11:5 not-applied",)),
    "section_of_the_server": Expected(
        "iis",
        (
            "warning web.config:11:5 section-ignored",
            "warning web.config:14:38 setting-misplaced",
        ),
    ),
    "server_variable_not_allowed": Expected(
        "webstead", ("error web.config:13:9 server-variable-not-allowed",)
    ),
    "setting_misspelt": Expected("iis", ("warning web.config:5:15 setting-misspelt",)),
    "setting_twice": Expected("webstead", ("warning web.config:6:28 repeated-key",)),
    "settings_not_passed": Expected("iis", ("warning web.config:4:15 settings-not-passed",)),
    "static_files_apart": Expected("iis", ()),
    "static_files_swallowed": Expected("webstead", ("warning web.config:8:7 static-swallowed",)),
    "web_config_missing": Expected("iis", ("error web.config:0:0 web-config-missing",)),
    "web_config_on_linux": Expected("azure-linux", ("warning web.config:0:0 web-config-not-read",)),
    "xml_is_a_template": Expected("iis", ("error web.config:5:17 xml-malformed",)),
    "xml_not_closed": Expected("iis", ("error web.config:3:17 xml-malformed",)),
}


def found(name: str, target: Target, today: date = TODAY) -> tuple[Finding, ...]:
    subject = read_subject(DiskTree(FAULTS / name, IGNORED_FOLDERS), target, today)
    return check(subject)


def test_every_folder_is_expected() -> None:
    assert {folder.name for folder in FAULTS.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_fault_is_found_and_nothing_else(name: str) -> None:
    expected = EXPECTED[name]
    findings = found(name, expected.target, expected.today)
    told = tuple(
        f"{each.severity} {each.path}:{each.line}:{each.column} {each.rule}"
        for each in findings
        if each.rule not in OF_EVERY_SITE
    )
    assert told == expected.finds


def test_every_rule_is_found_somewhere() -> None:
    told = {
        each.rule
        for name, expected in EXPECTED.items()
        for target in TARGETS
        for each in found(name, target, expected.today)
    }
    elsewhere = {"handler-does-not-import", "settings-differ", "project", "plan", "static-not-collected"}
    assert {rule.id for rule in RULES} - told <= elsewhere | {"python-other"}


def test_every_finding_says_why_and_what_to_do() -> None:
    for name, expected in EXPECTED.items():
        for each in found(name, expected.target, expected.today):
            assert each.why.strip(), each
            assert each.fix.strip() or each.rule == "not-applied", each


def test_modules_and_sections_that_a_new_iis_does_not_have() -> None:
    rules = {each.rule: each for each in found("nothing_wrong_fastcgi", "iis")}
    assert "appcmd unlock config" in rules["section-often-locked"].fix
    assert "IIS-CGI" in rules["module-needed"].fix
    assert not found("path_of_app_service", "azure-windows")
