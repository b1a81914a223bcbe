"""What rattler says, and what a user is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.conda.failure import CondaFailure, explain_conda, missing_names
from webstead.errors import BuildError
from webstead.project.manifests.conda import CondaSpec

SPECS = (CondaSpec("python=3.11", 3), CondaSpec("hello=2", 4), CondaSpec("numpy=1.26.4=py311h64a7726_0", 5))
NEEDED = """\
Cannot solve the request because of: hello 2.* cannot be installed because there are no viable options:
└─ hello 2.0 would require
   └─ missing >=3, for which no candidates were found.
"""
CONFLICT = """\
Cannot solve the request because of: hello * can be installed with any of the following options:
└─ hello 1.0 would require
   └─ python >=3.12, which cannot be installed because python 3.11.* is required.
"""


def told(
    kind: str, text: str, *, offline: bool = False, elsewhere: Mapping[str, Sequence[str]] | None = None
) -> BuildError:
    channels = ("https://me:pw@packages.example/t/secret/own", "conda-forge")
    return explain_conda(
        CondaFailure(kind, text, "environment.yml", SPECS, channels, "linux-64", offline, elsewhere or {})
    )


@pytest.mark.parametrize(
    ("kind", "text", "what", "found", "fix"),
    [
        (
            "SolverError",
            "Cannot solve the request because of: No candidates were found for hello 2.*.\n",
            "There is no package hello of that version in the channels",
            "environment.yml:4: hello=2",
            "under `- pip:`",
        ),
        (
            "SolverError",
            NEEDED,
            "There is no package missing of that version",
            "environment.yml:4: hello=2",
            "Check",
        ),
        (
            "SolverError",
            "Cannot solve the request: No candidates were found for numpy ==1.26.4 py311h64a7726_0.",
            "There is no numpy=1.26.4=py311h64a7726_0 in the channels",
            "environment.yml:5: numpy=1.26.4=py311h64a7726_0",
            "conda env export --no-builds > environment.yml",
        ),
        (
            "SolverError",
            CONFLICT,
            "No set of packages fits all",
            "environment.yml:3: python=3.11",
            "loosen one",
        ),
        (
            "InvalidMatchSpecError",
            "the build string 'x' is not valid",
            "A line of environment.yml",
            "",
            "- numpy=1.26",
        ),
        (
            "GatewayError",
            "error sending request for url (http://127.0.0.1:1/ch/noarch/repodata.json)\nCaused by: refused",
            "The channel cannot be reached: http://127.0.0.1:1/ch/noarch/repodata.json",
            "",
            "CONDA_CHANNEL_ALIAS",
        ),
        (
            "GatewayError",
            "could not find subdir 'noarch' in channel 'file:///nope/'\nCaused by: No such file or directory",
            "There is no such channel: file:///nope/",
            "",
            "`channels` of environment.yml",
        ),
        (
            "FetchRepoDataError",
            "HTTP status client error (403 Forbidden) for url (https://packages.example/x)",
            "The channel refuses these credentials: https://packages.example/x",
            "",
            "~/.netrc",
        ),
        ("InstallerError", "hash mismatch: expected a, got b", "A package is not the one", "", "who changed"),
        ("InstallerError", "No space left on device", "The disk is full", "", "Free some space."),
        ("LinkError", "something else", "The packages of environment.yml cannot be installed", "", "kept"),
    ],
)
def test_a_failure_says_what_found_and_fix(kind: str, text: str, what: str, found: str, fix: str) -> None:
    error = told(kind, text)
    assert error.what.startswith(what)
    assert found in error.found
    assert error.found.endswith(
        "channels: https://***@packages.example/t/***/own, conda-forge; platform: linux-64"
    )
    assert fix in error.fix
    assert error.detail == text.rstrip("\n")


def test_a_package_of_another_platform_is_said_to_be_one() -> None:
    error = told(
        "SolverError", "No candidates were found for hello 2.*.", elsewhere={"hello": ["osx-64", "win-64"]}
    )
    assert error.what == "There is hello for osx-64, win-64, and none for linux-64"


def test_without_the_network_that_is_the_cause() -> None:
    error = told("GatewayError", "error sending request for url (http://127.0.0.1:1/x)", offline=True)
    assert error.what.startswith("The list of a channel's packages is not kept here")
    assert "CONDA_OFFLINE" in error.fix


def test_names_are_found_wherever_the_solver_says_them() -> None:
    assert missing_names(NEEDED) == ("missing",)
    assert missing_names("No candidates were found for Hello *.") == ("hello",)
    assert missing_names(CONFLICT) == ()


@given(st.sampled_from(["SolverError", "GatewayError", "InstallerError", "OddError"]), st.text())
def test_any_words_are_an_error_that_helps(kind: str, text: str) -> None:
    error = told(kind, text)
    assert error.what
    assert error.found
    assert error.fix
