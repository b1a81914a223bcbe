"""Which package has a shared library."""

from __future__ import annotations

import re

from webstead.project.system_libraries import TABLE, how_to_install, libraries, package_of_library


def test_the_table_names_each_library_once_and_packages_as_debian_writes_them() -> None:
    lines = [line.split() for line in TABLE.splitlines() if line]
    assert len(libraries()) == len(lines) > 150
    for name, package in lines:
        assert re.fullmatch(r"lib[\w.+-]+\.so(\.[\w.]+)?", name), name
        assert re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package), package


def test_libraries_that_apps_are_known_to_lack() -> None:
    assert package_of_library("libGL.so.1") == "libgl1"
    assert package_of_library("libgomp.so.1") == "libgomp1"
    assert package_of_library("libodbc.so.2") == "unixodbc"
    assert package_of_library("libssl.so.1.1") == "libssl1.1"
    assert package_of_library("libGL.so.2") is None


def test_what_to_type_names_each_package_once() -> None:
    assert how_to_install("libglib-2.0.so.0", "libgthread-2.0.so.0", "libGL.so.1") == (
        "apt-get install libglib2.0-0 libgl1, or set REQUIRED_OS_PACKAGES=libglib2.0-0,libgl1."
    )
    assert "apt-file search libown.so.3" in how_to_install("libGL.so.1", "libown.so.3")
