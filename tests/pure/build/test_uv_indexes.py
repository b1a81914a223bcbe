"""The indexes that a lock names, as the variables that uv is run with."""

from __future__ import annotations

import pytest

from webstead.build.uv import index_variables
from webstead.errors import BuildError
from webstead.project.manifests import Index

OWN = Index("own", "https://host/simple")


def variables(*indexes: Index, hashed: bool = True, environ: dict[str, str] | None = None) -> dict[str, str]:
    return index_variables("a.lock", indexes, environ or {}, hashed=hashed)


def test_pypi_needs_none() -> None:
    assert variables(Index("pypi", "https://pypi.org/simple/", default=True)) == {}


def test_one_that_takes_pypis_place_and_one_beside_it() -> None:
    first = Index("first", "https://a/simple", default=True)
    assert variables(first, OWN) == {
        "UV_DEFAULT_INDEX": "first=https://a/simple",
        "UV_INDEX": "own=https://host/simple",
        "UV_INDEX_STRATEGY": "unsafe-first-match",
    }


def test_without_hashes_the_first_index_that_has_a_package_is_the_only_one() -> None:
    assert "UV_INDEX_STRATEGY" not in variables(OWN, hashed=False)


def test_a_host_whose_certificate_is_not_looked_at() -> None:
    index = Index("own", "https://host:8443/simple", verified=False)
    assert variables(index)["UV_INSECURE_HOST"] == "host"
    assert variables(index, environ={"UV_INSECURE_HOST": "x"})["UV_INSECURE_HOST"] == "x host"


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_the_users_own_default_stays(name: str) -> None:
    found = variables(Index("a", "https://a", default=True), environ={name: "https://mirror"})
    assert "UV_DEFAULT_INDEX" not in found


def test_the_users_own_come_first() -> None:
    assert (
        variables(OWN, environ={"UV_INDEX": "https://x"})["UV_INDEX"] == "https://x own=https://host/simple"
    )


def test_words_of_an_address_come_from_variables() -> None:
    index = Index("own", "https://${NAME}:$TOKEN@host/simple")
    found = variables(index, environ={"NAME": "me", "TOKEN": "t"})
    assert found["UV_INDEX"] == "own=https://me:t@host/simple"
    with pytest.raises(BuildError) as caught:
        variables(index, environ={"NAME": "me"})
    assert "a.lock takes a part of it from the variable TOKEN" in caught.value.found


def test_the_credentials_that_poetry_reads_are_uvs() -> None:
    environ = {"POETRY_HTTP_BASIC_IN_HOUSE_USERNAME": "me", "POETRY_HTTP_BASIC_IN_HOUSE_PASSWORD": "t"}
    found = variables(Index("in-house", "https://host/simple"), environ=environ)
    assert (found["UV_INDEX_IN_HOUSE_USERNAME"], found["UV_INDEX_IN_HOUSE_PASSWORD"]) == ("me", "t")
