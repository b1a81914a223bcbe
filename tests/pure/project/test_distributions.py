"""Which package brings an import: the table is sound, and namespaces are followed."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from webstead.project.distribution_table import TABLE
from webstead.project.distributions import (
    NAMESPACES,
    distribution_of,
    distributions,
    distributions_of,
    is_known,
)

LINES = [line.split() for line in TABLE.splitlines() if line]
LEFT_THE_LIBRARY = {"distutils", "imp"}


def test_the_table_is_sorted_and_names_each_import_once() -> None:
    names = [name for name, *_ in LINES]
    assert names == sorted(names)
    assert len(names) == len(set(names)) == len(distributions())
    assert len(names) > 400


@pytest.mark.parametrize("words", LINES, ids=lambda words: words[0])
def test_a_line_is_sound(words: list[str]) -> None:
    name, *packages = words
    assert all(part.isidentifier() for part in name.split("."))
    assert packages
    for package in packages:  # PEP 508's names
        assert re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", package)
        assert "_" not in package
    assert len({canonicalize_name(package) for package in packages}) == len(packages)


def test_a_line_says_more_than_the_name() -> None:
    plain = [words for words in LINES if len(words) == 2 and "." not in words[0]]
    same = [name for name, package in plain if canonicalize_name(name) == canonicalize_name(package)]
    assert same == []


def test_no_line_is_about_the_standard_library_of_all_pythons() -> None:
    removed = {"aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "distutils", "mailcap"}
    removed |= {"nntplib", "pipes", "sndhdr", "telnetlib", "imghdr", "sunau", "uu", "xdrlib"}
    assert {name for name, *_ in LINES} & sys.stdlib_module_names <= removed


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("flask", "flask"),
        ("flask.views", "flask"),
        ("my_package", "my-package"),
        ("cv2", "opencv-python-headless"),
        ("rest_framework.views", "djangorestframework"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google.cloud.storage.blob", "google-cloud-storage"),
        ("google.cloud.compute_v1", "google-cloud-compute"),
        ("google.cloud.secretmanager_v1beta1.types", "google-cloud-secret-manager"),
        ("google.cloud", "google"),
        ("google.protobuf.message", "protobuf"),
        ("azure.storage.blob.aio", "azure-storage-blob"),
        ("azure.storage.filedatalake", "azure-storage-file-datalake"),
        ("azure.identity", "azure-identity"),
        ("azure.mgmt.web.models", "azure-mgmt-web"),
        ("opentelemetry.trace", "opentelemetry-api"),
        ("opentelemetry.sdk.trace", "opentelemetry-sdk"),
        ("opentelemetry.instrumentation.flask", "opentelemetry-instrumentation-flask"),
        ("zope.interface", "zope-interface"),
        ("ruamel.yaml", "ruamel-yaml"),
    ],
)
def test_the_package_of_an_import(name: str, package: str) -> None:
    assert canonicalize_name(distribution_of(name)) == package


def test_all_packages_that_bring_an_import_are_known() -> None:
    assert distributions_of("psycopg2") == ("psycopg2-binary", "psycopg2")
    assert "opencv-python" in distributions_of("cv2")


def test_what_is_known_of_a_name() -> None:
    assert is_known("yaml")
    assert is_known("google.cloud.anything")
    assert not is_known("flask.views")


@given(st.from_regex(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){0,4}", fullmatch=True))
def test_every_import_has_a_package(name: str) -> None:
    assert distribution_of(name)
    assert distribution_of(name) in distributions_of(name)


def test_namespaces_are_shorter_than_what_they_name() -> None:
    assert all(outer.count(".") + 1 < parts for outer, parts in NAMESPACES.items())
