"""Where cgroups v2 are, from what the kernel says of mounts and of us."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.host.cgroups import hierarchy_of

HYBRID = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
MEMBER = "0::/system.slice/webstead.service\n"


def test_version_two_alone() -> None:
    found = hierarchy_of(UNIFIED, MEMBER)
    assert found is not None
    assert found.mount == Path("/sys/fs/cgroup")
    assert found.group == Path("/sys/fs/cgroup/system.slice/webstead.service")
    assert found.elsewhere == frozenset()


def test_a_hybrid_system_says_what_version_one_has() -> None:
    found = hierarchy_of(HYBRID, "9:name=systemd:/\n4:memory:/x\n2:cpu,cpuacct:/\n0::/\n")
    assert found is not None
    assert found.mount == found.group == Path("/sys/fs/cgroup/unified")
    assert found.elsewhere == {"name=systemd", "memory", "cpu", "cpuacct"}


def test_a_part_of_the_tree_is_mounted_in_a_container() -> None:
    mounts = "30 23 0:26 /docker/7f /sys/fs/a\\040b rw - cgroup2 cgroup2 rw\n"
    found = hierarchy_of(mounts, "0::/docker/7f/inner\n")
    assert found is not None
    assert found.group == Path("/sys/fs/a b/inner")
    assert hierarchy_of(mounts, "0::/docker/7fff\n") is None


@pytest.mark.parametrize(
    ("mounts", "membership"),
    [
        ("", MEMBER),
        (HYBRID, "4:memory:/x\n"),
        (HYBRID, ""),
        (UNIFIED, "0::/../outside\n"),
        ("41 31 - cgroup2", MEMBER),
    ],
)
def test_what_is_not_there_is_none(mounts: str, membership: str) -> None:
    assert hierarchy_of(mounts, membership) is None


@given(st.text(), st.text())
def test_any_text_is_read(mounts: str, membership: str) -> None:
    found = hierarchy_of(mounts, membership)
    assert found is None or found.group.is_relative_to(found.mount)
