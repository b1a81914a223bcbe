"""Packages from an index that asks who is there, by each of the ways in which people say it; and one that
does not give them."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.package_index import PackageIndex, package_index
from webstead.build import Environment
from webstead.errors import BuildError
from webstead.events import Event
from webstead.plan.model import InstallStep
from webstead.settings import Setting

TOKEN = "s3cr3t-t0k3n"
ASKS = InstallStep("requirements", "requirements", "requirements.txt", (), ("requirements.txt",))


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    cache: Path
    events: list[Event]
    environ: dict[str, str]

    def write(self, **files: str) -> None: ...

    def environments(self) -> list[str]: ...

    def says(self, environment: Environment, source: str) -> str: ...

    def build(self, *steps: InstallStep, settings: tuple[Setting, ...] = ()) -> Environment: ...


@pytest.fixture
def index(tmp_path: Path, builder: Builds) -> Iterator[PackageIndex]:
    """With the package `inhouse`. Nothing of this machine's own configuration is used."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")
    builder.environ = {name: os.environ[name] for name in kept if name in os.environ}
    builder.environ |= {"UV_CACHE_DIR": str(tmp_path / "uv"), "HOME": str(tmp_path)}
    builder.write(requirements__txt="inhouse\n")
    with package_index(tmp_path / "index", f"me:{TOKEN}") as served:
        served.add("inhouse")
        yield served


def told(builder: Builds, error: BuildError | None = None) -> str:
    """All that a person may see of a build."""
    said = json.dumps([dataclasses.asdict(event) for event in builder.events], default=str)
    return said + (json.dumps(error.as_json()) if error else "")


def installed(builder: Builds, environment: Environment) -> bool:
    """And no file that the build leaves holds the token."""
    kept = [path for path in builder.cache.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]
    assert TOKEN not in told(builder)
    return builder.says(environment, "import inhouse; print(inhouse.VERSION)") == "1.0"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_INDEX_URL", "{with_user}"),
        ("PIP_EXTRA_INDEX_URL", "{with_user}"),
        ("UV_DEFAULT_INDEX", "{with_user}"),
        ("UV_INDEX", "own={with_user}"),
    ],
)
def test_an_index_by_a_variable(builder: Builds, index: PackageIndex, name: str, value: str) -> None:
    builder.environ[name] = value.format(with_user=index.url_with_user)
    assert installed(builder, builder.build(ASKS))


def test_an_index_by_a_setting_of_the_site(builder: Builds, index: PackageIndex) -> None:
    setting = Setting("PIP_INDEX_URL", index.url_with_user, "--env")
    assert installed(builder, builder.build(ASKS, settings=(setting,)))


def test_the_credentials_of_an_index_by_name(builder: Builds, index: PackageIndex) -> None:
    builder.environ |= {
        "UV_INDEX": f"own={index.url}",
        "UV_INDEX_OWN_USERNAME": "me",
        "UV_INDEX_OWN_PASSWORD": TOKEN,
    }
    assert installed(builder, builder.build(ASKS))


def test_credentials_in_netrc(builder: Builds, index: PackageIndex, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {TOKEN}\n")
    builder.environ |= {"PIP_INDEX_URL": index.url, "NETRC": str(netrc)}
    assert installed(builder, builder.build(ASKS))


def test_an_index_in_requirements_with_its_token_in_a_variable(builder: Builds, index: PackageIndex) -> None:
    url = index.url.replace("//", "//me:${INDEX_TOKEN}@")
    builder.write(requirements__txt=f"--index-url {url}\ninhouse\n")
    builder.environ["INDEX_TOKEN"] = TOKEN
    assert installed(builder, builder.build(ASKS))


def test_an_index_in_uvs_table_of_the_project(builder: Builds, index: PackageIndex) -> None:
    builder.write(
        pyproject__toml='[project]\nname = "shop"\nversion = "1"\ndependencies = ["inhouse"]\n'
        f'[[tool.uv.index]]\nname = "own"\nurl = "{index.url}"\n'
    )
    builder.environ |= {"UV_INDEX_OWN_USERNAME": "me", "UV_INDEX_OWN_PASSWORD": TOKEN}
    step = InstallStep("pyproject", "pyproject", "pyproject.toml", (), ("pyproject.toml",))
    assert installed(builder, builder.build(step))


def test_an_index_in_uvs_table_of_a_folder_in_the_project(builder: Builds, index: PackageIndex) -> None:
    path = "backend/pyproject.toml"
    builder.write(
        **{
            "backend/pyproject__toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["inhouse"]\n'
            f'[[tool.uv.index]]\nname = "own"\nurl = "{index.url}"\n'
        }
    )
    builder.environ |= {"UV_INDEX_OWN_USERNAME": "me", "UV_INDEX_OWN_PASSWORD": TOKEN}
    assert installed(builder, builder.build(InstallStep("pyproject", "pyproject", path, (), (path,))))


def lock_step(kind: str, path: str, *others: str) -> InstallStep:
    step = InstallStep("lock", "lock", path, (), (path, *others))
    return dataclasses.replace(step, kind=kind)  # type: ignore[arg-type]


def test_poetrys_source_with_the_credentials_that_poetry_reads(builder: Builds, index: PackageIndex) -> None:
    digest = index.add("inhouse")
    builder.write(
        poetry__lock='[[package]]\nname = "inhouse"\nversion = "1.0"\npython-versions = "*"\n'
        f'groups = ["main"]\nfiles = [{{file = "inhouse-1.0-py3-none-any.whl", hash = "{digest}"}}]\n'
        f'[package.source]\ntype = "legacy"\nurl = "{index.url}"\nreference = "in-house"\n'
    )
    builder.environ |= {
        "POETRY_HTTP_BASIC_IN_HOUSE_USERNAME": "me",
        "POETRY_HTTP_BASIC_IN_HOUSE_PASSWORD": TOKEN,
    }
    assert installed(builder, builder.build(lock_step("poetry.lock", "poetry.lock")))


def test_a_pipfiles_source_without_a_lock(builder: Builds, index: PackageIndex) -> None:
    index.add("inhouse")
    url = index.url.replace("//", "//me:${INDEX_TOKEN}@")
    builder.write(Pipfile=f'[[source]]\nname = "own"\nurl = "{url}"\n[packages]\ninhouse = "*"\n')
    builder.environ["INDEX_TOKEN"] = TOKEN
    environment = builder.build(lock_step("pipfile", "Pipfile"))
    assert installed(builder, environment)
    assert TOKEN not in (environment.prefix / "webstead-requirements.txt").read_text()


def pipfile_lock(index: PackageIndex) -> str:
    source = {"name": "own", "url": index.url.replace("//", "//me:${INDEX_TOKEN}@")}
    package = {"version": "==1.0", "hashes": [index.add("inhouse")], "index": "own"}
    return json.dumps({"_meta": {"sources": [source]}, "default": {"inhouse": package}})


def test_pipfiles_source_with_its_token_in_a_variable(builder: Builds, index: PackageIndex) -> None:
    builder.write(Pipfile__lock=pipfile_lock(index))
    builder.environ["INDEX_TOKEN"] = TOKEN
    assert installed(builder, builder.build(lock_step("pipfile.lock", "Pipfile.lock")))


def test_a_variable_that_is_not_set_is_named(builder: Builds, index: PackageIndex) -> None:
    builder.write(Pipfile__lock=pipfile_lock(index))
    with pytest.raises(BuildError, match="The address of the package index own is not whole") as caught:
        builder.build(lock_step("pipfile.lock", "Pipfile.lock"))
    assert "INDEX_TOKEN, which is not set" in caught.value.found


def test_pdms_source_for_what_only_it_has(builder: Builds, index: PackageIndex) -> None:
    digest, url = index.add("inhouse"), index.url.replace("//", "//me:${INDEX_TOKEN}@")
    builder.write(
        pdm__lock='[metadata]\nstrategy = ["inherit_metadata"]\n[[package]]\nname = "inhouse"\n'
        'version = "1.0"\ngroups = ["default"]\n'
        f'files = [{{file = "inhouse-1.0-py3-none-any.whl", hash = "{digest}"}}]\n',
        pyproject__toml='[project]\nname = "shop"\nversion = "1"\ndependencies = ["inhouse"]\n'
        f'[[tool.pdm.source]]\nname = "own"\nurl = "{url}"\n',
    )
    builder.environ["INDEX_TOKEN"] = TOKEN
    assert installed(builder, builder.build(lock_step("pdm.lock", "pdm.lock", "pyproject.toml")))


@pytest.mark.parametrize(
    ("status", "what"),
    [
        (200, "The package index refuses these credentials"),
        (403, "The package index refuses these credentials"),
        (404, "There is no package inhouse on the package index"),
        (503, "The package index cannot answer: 503 Service Unavailable"),
    ],
)
def test_an_index_that_gives_nothing(builder: Builds, index: PackageIndex, status: int, what: str) -> None:
    index.status = status
    wrong = index.url.replace("//", f"//me:wrong-{TOKEN}@")
    builder.environ |= {"PIP_INDEX_URL": wrong, "UV_HTTP_RETRIES": "0"}
    with pytest.raises(BuildError) as caught:
        builder.build(ASKS)
    assert caught.value.what == what
    assert caught.value.fix
    assert TOKEN not in told(builder, caught.value)
    assert builder.environments() == []


def test_an_index_that_does_not_answer_in_time(builder: Builds, index: PackageIndex) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections, and says nothing
        port = silent.getsockname()[1]
        builder.environ |= {
            "PIP_INDEX_URL": f"http://me:{TOKEN}@127.0.0.1:{port}/simple",
            "UV_HTTP_RETRIES": "0",
            "PIP_DEFAULT_TIMEOUT": "1",
        }
        with pytest.raises(BuildError, match="The package index cannot be reached") as caught:
            builder.build(ASKS)
    assert TOKEN not in told(builder, caught.value)
