"""environment.yml and conda-lock.yml: what is asked for, where it stands, and what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target
from webstead.project.manifests import read_manifests
from webstead.project.manifests.conda import MAX_ENTRIES, CondaSpec, parse_conda, read_conda
from webstead.project.python_version import read_python_statements
from webstead.project.tree import MemoryTree

FILE = """\
name: shop
channels:
  - conda-forge
  - file:///srv/channel
dependencies:
  - python=3.11
  - numpy>=1.26,<2
  - conda-forge::Flask 3.0 py_0
  - pip
  - pip:
      - six==1.16.0
      - -r more.txt
variables:
  GREETING: hello
  NUMBER: 3
prefix: /home/somebody/miniconda3/envs/shop
"""


def texts(specs: tuple[CondaSpec, ...]) -> list[tuple[int, str]]:
    return [(spec.line, spec.text) for spec in specs]


def test_an_environment_file_is_read_with_its_lines() -> None:
    found = parse_conda("environment.yml", FILE.encode())
    assert found.channels == ("conda-forge", "file:///srv/channel")
    assert texts(found.specs) == [
        (6, "python=3.11"),
        (7, "numpy>=1.26,<2"),
        (8, "conda-forge::Flask 3.0 py_0"),
        (9, "pip"),
    ]
    assert [spec.name for spec in found.specs] == ["python", "numpy", "flask", "pip"]
    assert texts(found.pip) == [(11, "six==1.16.0"), (12, "-r more.txt")]
    assert found.variables == (("GREETING", "hello"), ("NUMBER", "3"))
    assert found.findings == ()


def test_what_it_lists_is_that_of_conda_and_of_pip_and_of_included_files() -> None:
    tree = MemoryTree({"environment.yml": FILE, "more.txt": "dash\n-r gone.txt\n"})
    manifest = read_conda(tree, "environment.yml")
    assert manifest is not None
    assert [(item.name, item.evidence.where) for item in manifest.listed] == [
        ("python", "environment.yml:6"),
        ("numpy", "environment.yml:7"),
        ("flask", "environment.yml:8"),
        ("pip", "environment.yml:9"),
        ("six", "environment.yml:11"),
        ("dash", "more.txt:1"),
    ]
    assert manifest.files == ("environment.yml", "more.txt")
    assert [finding.text for finding in manifest.findings] == [
        "more.txt:2 includes gone.txt, which does not exist; the install will fail."
    ]


def test_a_missing_include_is_named_with_the_line_of_the_environment_file() -> None:
    tree = MemoryTree({"environment.yml": "dependencies:\n- pip:\n  - -r gone.txt\n"})
    (finding,) = read_manifests(tree).findings
    assert finding.text == "environment.yml:3 includes gone.txt, which does not exist; the install will fail."
    assert [each.where for each in finding.evidence] == ["environment.yml:3"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "environment.yml is no conda environment file: it is no mapping."),
        ("- flask\n", "environment.yml is no conda environment file: it is no mapping."),
        ("name: shop\n", "environment.yml is no conda environment file: it has neither `channels` nor"),
        ("name: shop\ndependencies: [a\n", "environment.yml:3 is no conda environment file: did not find"),
        ("a: &a [*a]\n", "environment.yml is no conda environment file: it has neither"),
        ("dependencies: \x00", "environment.yml is no conda environment file: "),
        ("[" * 20_000, "environment.yml"),
        ("x" * (1 << 21), "environment.yml is no conda environment file: it has 2048 KiB"),
    ],
    ids=["empty", "list", "keys", "open", "recursive", "nul", "deep", "large"],
)
def test_what_is_no_environment_file_is_named_and_not_installed_from(text: str, why: str) -> None:
    manifests = read_manifests(MemoryTree({"environment.yml": text}))
    assert manifests.chosen is None
    (finding,) = manifests.findings
    assert finding.text.startswith(why)
    assert "- python=3.12" in finding.fix


@pytest.mark.parametrize("key", ["Dependencies", "CHANNELS"])
def test_keys_are_read_in_any_case(key: str) -> None:
    assert parse_conda("e.yml", f"{key}:\n- flask\n".encode()).usable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dependencies: flask\n", "environment.yml:1 has `dependencies` as one word; it is a list."),
        ("dependencies:\n- pipp: [six]\n", "environment.yml:2 has a part `pipp:` in `dependencies`"),
        ("dependencies:\n- [a, b]\n", "environment.yml:2 has an entry in `dependencies` that is no word."),
        ("dependencies:\n- pip: [{a: b}]\n", "environment.yml:2 has an entry in `pip` that is no word."),
        ("dependencies: []\ndependancies: [a]\n", "environment.yml:2 has a key `dependancies`"),
        ("dependencies: []\nvariables: [a]\n", "environment.yml:2 has `variables` that are no mapping."),
        (
            "dependencies:\n- a\n- pywin32  # [win]\n",
            "environment.yml:3 has the comment [win], which selects",
        ),
        ("dependencies:\n- a  # [not linux]\n", "environment.yml:2 has the comment [not linux]"),
    ],
)
def test_what_conda_would_not_do_is_said(text: str, said: str) -> None:
    (finding,) = read_manifests(MemoryTree({"environment.yml": text})).findings
    assert finding.text.startswith(said)


@pytest.mark.parametrize(
    "text", ["dependencies:\n- a  # for reports\n", "channels:\ndependencies:\n", "dependencies: ~"]
)
def test_comments_and_empty_lists_are_nothing_special(text: str) -> None:
    found = parse_conda("e.yml", text.encode())
    assert found.usable
    assert found.findings == ()


def test_aliases_do_not_multiply() -> None:
    many = ", ".join(["x"] * 1000)
    bomb = f"a: &a {{pip: [{many}]}}\ndependencies: [{', '.join(['*a'] * 1000)}]\n"
    found = parse_conda("e.yml", bomb.encode())
    assert len(found.pip) <= MAX_ENTRIES
    assert any("more than 5000 entries" in finding.text for finding in found.findings)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("python", ""),
        ("python=3.11", "3.11"),
        ("python 3.11.*", "3.11"),
        ("python=3.11.*", "3.11"),
        ("python==3.11.4", "3.11.4"),
        ("python=3.11.4=h955ad1f_0", "3.11.4"),
        ("python 3.11.4 h955ad1f_0", "3.11.4"),
        ("conda-forge::python=3.12", "3.12"),
        ("Python >=3.10, <3.13", ">=3.10,<3.13"),
        ("python!=3.11.0", "!=3.11.0"),
        ("python=3.11|3.12", None),
        ("python_abi=3.11", None),
        ("numpy=1.26", None),
    ],
)
def test_what_it_asks_of_python(text: str, asked: str | None) -> None:
    assert CondaSpec(text, 1).python == asked


def test_its_python_is_a_statement_as_others_are() -> None:
    tree = MemoryTree({"environment.yml": FILE, ".python-version": "3.12\n"})
    statements, findings = read_python_statements(tree)
    assert [(each.version, each.exact, each.evidence.where) for each in statements] == [
        ("3.12", True, ".python-version:1"),
        ("3.11", True, "environment.yml:6"),
    ]
    assert findings == ()


@pytest.mark.parametrize(
    ("files", "chosen", "said"),
    [
        ({"environment.yml": FILE}, "environment.yml", []),
        ({"environment.yml": FILE, "environment.yaml": FILE}, "environment.yaml", []),
        (
            {"environment.yml": "dependencies: [flask]", "requirements.txt": "flask\n"},
            "requirements.txt",
            ["Both requirements.txt and environment.yml state the packages; requirements.txt is installed"],
        ),
        (
            {
                "environment.yml": "dependencies: [{pip: [-r requirements.txt]}]",
                "requirements.txt": "flask\n",
            },
            "environment.yml",
            [],
        ),
        ({"environment.yml": FILE, "pyproject.toml": "[tool.ruff]\n"}, "environment.yml", []),
        (
            {"environment.yml": "name: x", "requirements.txt": "flask\n"},
            "requirements.txt",
            ["environment.yml is no"],
        ),
    ],
)
def test_which_is_installed_from(files: dict[str, str], chosen: str, said: list[str]) -> None:
    manifests = read_manifests(MemoryTree({"more.txt": "", **files}))
    assert manifests.chosen is not None
    assert manifests.chosen.path == chosen
    assert len(manifests.findings) == len(said)
    for finding, text in zip(manifests.findings, said, strict=True):
        assert finding.text.startswith(text)


LOCK = "version: 1\npackage:\n- {name: Flask, platform: linux-64}\n- {name: six}\n"


def test_a_lock_comes_before_its_source() -> None:
    manifests = read_manifests(MemoryTree({"conda-lock.yml": LOCK, "environment.yml": FILE, "more.txt": ""}))
    assert manifests.chosen is not None
    assert (manifests.chosen.kind, manifests.chosen.path) == ("conda", "conda-lock.yml")
    assert manifests.chosen.locked == {"flask", "six"}
    assert manifests.lists("flask")
    assert manifests.has("six")


@pytest.mark.parametrize("text", ["package: {}", "- a", "package: [", ""])
def test_a_malformed_lock_is_named_and_nothing_is_taken_in_its_place(text: str) -> None:
    manifests = read_manifests(MemoryTree({"conda-lock.yml": text, "environment.yml": FILE, "more.txt": ""}))
    assert manifests.chosen is not None
    assert manifests.chosen.path == "conda-lock.yml"
    assert any(finding.text.startswith("conda-lock.yml is no lock") for finding in manifests.findings)


@given(st.one_of(st.binary(), st.text(st.sampled_from("abc-:[]{}&*!|>'\"#, \n\t=<3.1")).map(str.encode)))
@example(FILE.encode())
@example(b"dependencies:\n- pip: [a\n")
@example(b"a: &a [*a, *a]\ndependencies: *a\n")
@example(b"dependencies: {? a : b}\n")
@example(b"channels: !!python/object:os.system {}\n")
def test_any_bytes_are_an_environment_or_findings(data: bytes) -> None:
    fuzz_target("fuzz_conda")(data)


def test_a_file_in_pieces_is_never_more_than_the_whole() -> None:
    for end in range(len(FILE)):
        fuzz_target("fuzz_conda")(FILE[:end].encode())
