"""Pipfile: what Pipenv installs without --dev."""

from __future__ import annotations

import pytest

from webstead.project.manifests import Index, Manifest, read_manifests
from webstead.project.manifests.pipfile import read_pipfile
from webstead.project.tree import MemoryTree


def read(*lines: str, before: str = "") -> Manifest:
    text = "\n".join([f"{before}[packages]", *lines, "[dev-packages]", 'pytest = "*"', ""])
    return read_pipfile(MemoryTree({"Pipfile": text}), "Pipfile")


@pytest.mark.parametrize(
    ("line", "requirement"),
    [
        ('flask = "*"', "flask"),
        ('flask = "==3.0"', "flask==3.0"),
        ('flask = "3.0"', "flask==3.0"),
        ('flask = ">=3,<4"', "flask<4,>=3"),
        ('flask = "~=3.0"', "flask~=3.0"),
        ('flask = { version = "*", extras = ["async"] }', "flask[async]"),
        ('flask = { extras = ["async"] }', "flask[async]"),
        ('flask = { version = "*", markers = "os_name == \'nt\'" }', 'flask ; os_name == "nt"'),
        (
            'flask = { version = "*", sys_platform = "== \'win32\'", python_version = ">= \'3.9\'" }',
            'flask ; sys_platform == "win32" and python_version >= "3.9"',
        ),
        (
            'flask = { git = "https://example.org/f.git", ref = "main" }',
            "flask @ git+https://example.org/f.git@main",
        ),
        ('flask = { file = "https://example.org/f.zip" }', "flask @ https://example.org/f.zip"),
        ('flask = { path = "./libs/flask", editable = true }', "-e ./libs/flask"),
        ('flask = { path = ".", editable = true }', "-e ."),
    ],
)
def test_a_package_is_a_requirement(line: str, requirement: str) -> None:
    found = read(line)
    assert found.findings == ()
    assert found.lines == (requirement,)
    assert [(item.name, item.evidence.line) for item in found.listed] == [("flask", 2)]


def test_the_first_source_takes_pypis_place() -> None:
    ours = '[[source]]\nurl = "https://${TOKEN}@example.org/simple"\nverify_ssl = false\nname = "ours"\n'
    pypi = '[[source]]\nurl = "https://pypi.org/simple"\nverify_ssl = true\nname = "pypi"\n'
    url = "https://${TOKEN}@example.org/simple"
    assert read(before=ours + pypi).indexes[0] == Index("ours", url, default=True, verified=False)
    assert read(before=pypi + ours).indexes[1] == Index("ours", url, verified=False)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('flask = "^3"', "has no version specifier (^3)"),
        ('flask = { git = "x y" }', "has an address that is none"),
        ('flask = { path = "\\u0007" }', "has a path that is none"),
        ('flask = { version = "*", markers = "linux" }', "has a condition that is none"),
        ('"-r" = "*"', "is no name of a package"),
    ],
)
def test_what_cannot_be_converted_is_said_with_its_line(line: str, words: str) -> None:
    (finding,) = read(line).findings
    assert words in finding.text
    assert finding.text.startswith("Pipfile:2: ")
    assert finding.fix


def test_a_broken_pipfile_lists_nothing_and_is_said() -> None:
    found = read_pipfile(MemoryTree({"Pipfile": "[packages\n"}), "Pipfile")
    assert found.lines == ()
    assert "Pipfile is not valid TOML" in found.findings[0].text


def test_requirements_beside_a_pipfile_are_installed_and_said() -> None:
    found = read_manifests(
        MemoryTree({"Pipfile": '[packages]\nflask = "*"\n', "requirements.txt": "flask\n"})
    )
    assert [each.kind for each in found.found] == ["requirements", "pipfile"]
    (finding,) = found.findings
    assert "requirements.txt is installed and Pipfile is not read" in finding.text
