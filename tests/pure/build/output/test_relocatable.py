from __future__ import annotations

import base64
import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.output.activation import relocatable_activation
from webstead.build.output.relocatable import (
    Outside,
    fixed_byte_code,
    record_of,
    relocatable_finder,
    relocatable_pth,
    relocatable_script,
)

PREFIX = "/cache/environments/abc"
HEADER = b'#!/bin/sh\n\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/python'
SITE = "lib/python3.12/site-packages"


@pytest.mark.parametrize(
    "first",
    [
        b"#!/cache/environments/abc/bin/python\n",
        b"#!/bin/sh\n'''exec' /cache/environments/abc/bin/python \"$0\" \"$@\"\n' '''\n",
        b"#!/bin/sh\n'''exec' \"/cache/environments/abc/bin/python\" \"$0\" \"$@\"\n' '''\n",
    ],
)
def test_a_console_script_runs_the_python_beside_it(first: bytes) -> None:
    script = relocatable_script(first + b"import sys\n", PREFIX)
    assert script == HEADER + b" \"$0\" \"$@\"\n' '''\nimport sys\n"
    compile(script, "script", "exec")


def test_a_script_of_the_overlay_runs_the_python_of_the_environment() -> None:
    script = relocatable_script(b"#!/cache/environments/abc/bin/python\n", PREFIX, b"../../bin/")
    assert b'")"/../../bin/python "$0"' in script


def test_words_of_a_first_line_are_kept() -> None:
    script = relocatable_script(b"#!/cache/environments/abc/bin/python3.12 -E\n", PREFIX)
    assert script.startswith(HEADER + b'3.12 -E "$0"')


@given(st.binary())
def test_other_files_stay_as_they_are(data: bytes) -> None:
    assert relocatable_script(data, PREFIX) == data


def test_a_pth_file_names_folders_as_seen_from_itself() -> None:
    text = f"{PREFIX}/overlay\n/src/shop/lib\n/src/shop\nimport x; x.y('{PREFIX}')\nalready/relative\n"
    assert relocatable_pth(text, SITE, PREFIX, "/src/shop", "..").splitlines() == [
        "../../../overlay",
        "../../../../lib",
        "../../../..",
        f"import x; x.y('{PREFIX}')",
        "already/relative",
    ]


def test_a_folder_that_does_not_come_along_is_named() -> None:
    with pytest.raises(Outside, match="/src/shop-tools"):
        relocatable_pth("/src/shop-tools\n", SITE, PREFIX, "/src/shop", "..")


def test_a_finder_of_setuptools_looks_beside_itself() -> None:
    text = "MAPPING: dict[str, str] = {'shop': '/src/shop/src/shop'}\nNAMESPACES = {}\nX = '/other'\n"
    found: dict[str, object] = {"__file__": f"/moved/antenv/{SITE}/__editable___shop_finder.py"}
    exec(relocatable_finder(text, SITE, "/src/shop", ".."), found)  # noqa: S102
    assert found["MAPPING"] == {"shop": "/moved/src/shop"}
    assert found["X"] == "/other"


def test_byte_code_is_valid_whatever_the_time_of_its_source() -> None:
    timed = b"\xcb\r\r\n" + b"\0\0\0\0" + struct.pack("<II", 1_700_000_000, 30) + b"code"
    fixed = b"\xcb\r\r\n" + b"\1\0\0\0" + b"\0" * 8 + b"code"
    assert fixed_byte_code(timed, 1_700_000_000, 30) == fixed
    hashed = b"\xcb\r\r\n" + b"\3\0\0\0" + b"hashhash" + b"code"
    assert fixed_byte_code(hashed, 1, 1) == hashed


@pytest.mark.parametrize(("mtime", "size"), [(1_700_000_001, 30), (1_700_000_000, 31)])
def test_byte_code_of_another_source_is_not_made_valid(mtime: int, size: int) -> None:
    timed = b"\xcb\r\r\n" + b"\0\0\0\0" + struct.pack("<II", 1_700_000_000, 30) + b"code"
    assert fixed_byte_code(timed, mtime, size) is None


def test_a_record_stays_true() -> None:
    rows = ("x/__init__.py,sha256=aaa,3", "../../../bin/x,sha256=bbb,9", "x.dist-info/direct_url.json,,")
    text = "\n".join((*rows, "x.dist-info/RECORD,,", ""))
    data = b"changed"
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    assert record_of(text, {"../../../bin/x": data, "x.dist-info/direct_url.json": None}) == (
        f"x/__init__.py,sha256=aaa,3\n../../../bin/x,sha256={digest},7\nx.dist-info/RECORD,,\n"
    )


@given(st.text(), st.text(min_size=1))
def test_any_record_can_be_read(text: str, path: str) -> None:
    record_of(text.replace("\0", "").replace("\r", ""), {path: b"x"})


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("activate", f"VIRTUAL_ENV='{PREFIX}'"),
        ("activate.csh", f"setenv VIRTUAL_ENV '{PREFIX}'"),
        ("activate.fish", f"set -gx VIRTUAL_ENV '{PREFIX}'"),
        ("activate.nu", f"    const virtual_env = '{PREFIX}'"),
        ("activate.bat", f'@for %%i in ("{PREFIX}") do @set "VIRTUAL_ENV=%%~fi"'),
    ],
)
def test_no_activation_script_holds_the_path(name: str, line: str) -> None:
    text = relocatable_activation(name, f"before\n{line}\nafter\n", PREFIX)
    assert PREFIX not in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
