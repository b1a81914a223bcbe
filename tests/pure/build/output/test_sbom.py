from __future__ import annotations

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.interpreter import Interpreter
from webstead.build.output.sbom import Installed, purl_of, sbom

PYTHON = Interpreter("cpython", "3.12.4", "linux-x86_64", "/usr/bin/python3.12")
FLASK = """\
Metadata-Version: 2.4
Name: Flask
Version: 3.1.0
Summary: A simple framework
License-Expression: BSD-3-Clause
Project-URL: Source, https://github.com/pallets/flask/
Project-URL: Documentation, https://flask.palletsprojects.com/
Requires-Dist: Werkzeug>=3.1
Requires-Dist: importlib-metadata>=3.6; python_version < "3.10"
Requires-Dist: asgiref>=3.2; extra == "async"
"""
WERKZEUG = """\
Metadata-Version: 2.1
Name: Werkzeug
Version: 3.1.3
License: BSD
Classifier: License :: OSI Approved :: BSD License
Home-page: https://werkzeug.palletsprojects.com
"""
UVICORN = "Name: uvicorn\nVersion: 0.35.0+local.1\n"


def bill(*packages: Installed, **words: str) -> dict[str, Any]:
    text = sbom(packages, PYTHON, "shop", "0.1.0", **words)
    errors = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert errors is None, errors
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def test_what_is_installed_is_listed_with_what_it_needs() -> None:
    found = bill(Installed(FLASK), Installed(WERKZEUG, "a" * 64), Installed(UVICORN, beside=True))
    components = {component["name"]: component for component in found["components"]}
    assert list(components) == ["cpython", "flask", "uvicorn", "werkzeug"]
    assert components["flask"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert components["werkzeug"]["licenses"] == [{"license": {"name": "BSD License"}}]
    assert components["werkzeug"]["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
    assert components["uvicorn"]["purl"] == "pkg:pypi/uvicorn@0.35.0%2Blocal.1"
    assert {(link["type"], link["url"]) for link in components["flask"]["externalReferences"]} == {
        ("vcs", "https://github.com/pallets/flask/"),
        ("documentation", "https://flask.palletsprojects.com/"),
    }
    graph = {each["ref"]: each["dependsOn"] for each in found["dependencies"]}
    assert graph["app"] == ["pkg:generic/cpython@3.12.4", "pkg:pypi/flask@3.1.0"]
    assert graph["pkg:pypi/flask@3.1.0"] == ["pkg:pypi/werkzeug@3.1.3"]


def test_the_same_packages_give_the_same_text() -> None:
    one = sbom([Installed(FLASK), Installed(WERKZEUG)], PYTHON, "shop", "0.1.0")
    assert one == sbom([Installed(WERKZEUG), Installed(FLASK)], PYTHON, "shop", "0.1.0")
    other = bill(Installed(FLASK))
    assert other["serialNumber"] != json.loads(one)["serialNumber"]
    assert "timestamp" not in other["metadata"]


def test_a_time_stands_in_it_only_when_one_is_given() -> None:
    assert bill(created="2026-01-02T03:04:05Z")["metadata"]["timestamp"] == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize("metadata", ["", "Name: x\n", "\x00", "Name: x\nVersion: 1\nRequires-Dist: [[["])
def test_metadata_that_says_little_is_borne(metadata: str) -> None:
    bill(Installed(metadata))


lines = st.sampled_from(
    [
        "Name: {}",
        "Version: {}",
        "License: {}",
        "Project-URL: Source, {}",
        "Requires-Dist: {}",
        "Summary: {}",
        "{}",
    ]
)


@given(st.lists(st.tuples(lines, st.text(max_size=30)), max_size=8))
def test_any_metadata_gives_a_valid_bill(found: list[tuple[str, str]]) -> None:
    installed = Installed("\n".join(line.format(text) for line, text in found))
    bill(installed, installed)
    assert purl_of(installed).startswith("pkg:pypi/")
