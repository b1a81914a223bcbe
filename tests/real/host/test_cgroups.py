"""Control groups of sites, in a folder that looks like the system's: few machines let a test have the real
one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from webstead.errors import StartError
from webstead.host.cgroups import Share, check_limits, hierarchy_of, own_group, remove_group, site_group
from webstead.host.confinement import Confinement, entrance
from webstead.host.isolation import on_fork


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    mount = tmp_path / "cgroup"
    unit = mount / "system.slice" / "webstead.service"
    unit.mkdir(parents=True)
    (mount / "cgroup.controllers").write_text("cpu memory pids\n")
    for name, text in {
        "controllers": "cpu memory pids\n",
        "subtree_control": "\n",
        "type": "domain\n",
        "procs": "4710\n4711\n",
    }.items():
        (unit / f"cgroup.{name}").write_text(text)
    (tmp_path / "self").write_text("4:memory:/old\n0::/system.slice/webstead.service\n")
    return mount


def mounted(mount: Path) -> Path:
    """A mountinfo that says so."""
    other, ours = (
        "31 23 0:28 / /sys rw - sysfs sysfs rw",
        f"41 31 0:38 / {mount} rw shared:9 - cgroup2 none rw",
    )
    text = f"{other}\n{ours}\n"
    (mount.parent / "mounts").write_text(text)
    return mount.parent / "mounts"


def own(mount: Path) -> Path:
    return own_group(mounted(mount), mount.parent / "self")


def test_the_server_leaves_its_group_which_then_shares_out(mount: Path) -> None:
    group = site_group(own(mount), "shop", Share(256 * 1024 * 1024, 50))
    assert group == mount / "system.slice" / "webstead.service" / "webstead-shop"
    assert (group / "memory.max").read_text() == "268435456"
    assert (group / "cpu.max").read_text() == "50000 100000"
    assert (own(mount) / "cgroup.subtree_control").read_text() == "+memory +cpu"
    assert (own(mount) / "webstead-server" / "cgroup.procs").read_text() == "4711", "the last that was there"


def test_from_the_server_s_own_group_the_same_is_found(mount: Path) -> None:
    first = own(mount)
    (mount.parent / "self").write_text("0::/system.slice/webstead.service/webstead-server\n")
    assert own(mount) == first


def test_what_is_shared_out_already_is_left_alone(mount: Path) -> None:
    (own(mount) / "cgroup.subtree_control").write_text("cpu memory pids\n")
    site_group(own(mount), "shop", Share(memory=1))
    assert not (own(mount) / "webstead-server").exists()
    group = site_group(own(mount), "shop", Share(cpu=150))
    assert (group / "memory.max").read_text() == "max", "a limit that was taken away is lifted"
    assert (group / "cpu.max").read_text() == "150000 100000"


def test_a_system_without_them_is_said(tmp_path: Path) -> None:
    (tmp_path / "self").write_text("4:memory:/old\n")
    for membership in (tmp_path / "self", tmp_path / "none"):
        with pytest.raises(StartError, match="cannot be limited here") as error:
            own_group(mounted(tmp_path / "cgroup"), membership)
        assert error.value.found == "There is no hierarchy of cgroups v2."


def test_a_limit_that_no_server_here_could_enforce_is_refused_with_what_is_missing(mount: Path) -> None:
    membership = mount.parent / "self"
    check_limits(mounted(mount), membership)
    (mount / "cgroup.controllers").write_text("hugetlb\n")
    with pytest.raises(StartError, match="cannot be limited here") as error:
        check_limits(mounted(mount), membership)
    found = error.value.found
    assert found.startswith("The controllers cpu and memory belong to cgroups v1 on this system;")
    assert found.endswith("has: hugetlb.")
    membership.write_text("0::/\n")
    with pytest.raises(StartError) as error:
        check_limits(mounted(mount), membership)
    assert error.value.found.startswith("The kernel has no controllers cpu and memory")


def test_a_group_that_may_share_out_nothing_is_said(mount: Path) -> None:
    (own(mount) / "cgroup.controllers").write_text("pids\n")
    with pytest.raises(StartError) as error:
        site_group(own(mount), "shop", Share(memory=1))
    assert "may not share out cpu and memory; it has: pids" in error.value.found


def test_a_group_that_cannot_be_made_is_said(mount: Path) -> None:
    (own(mount) / "cgroup.subtree_control").write_text("cpu memory\n")
    (own(mount) / "webstead-shop").write_text("in the way")
    with pytest.raises(StartError) as error:
        site_group(own(mount), "shop", Share(memory=1))
    assert error.value.found.endswith("webstead-shop: File exists")


REAL = hierarchy_of(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())


def test_a_real_group_takes_processes_in_and_is_ended_with_all_of_them(tmp_path: Path) -> None:
    """Where this system has the tree, and lets us; elsewhere one that is not there is one that has gone."""
    if REAL is None or not os.access(REAL.group, os.W_OK):
        assert remove_group(tmp_path / "none")
        return
    group = REAL.group / f"webstead-test-{os.getpid()}"
    group.mkdir()
    words = [
        sys.executable,
        "-c",
        "import os, time; os.fork(); os.setsid(); os.write(1, b'1\\n'); time.sleep(600)",
    ]
    try:
        with entrance(Confinement(cgroup=group)) as file:
            process = subprocess.Popen(words, stdout=subprocess.PIPE, preexec_fn=on_fork(file))
        assert process.stdout is not None
        with process.stdout as lines:
            assert [lines.readline(), lines.readline()] == [b"1\n", b"1\n"]
            assert len((group / "cgroup.procs").read_text().split()) == 2, "with what it has started"
            assert remove_group(group)
            assert lines.read() == b"", "nobody holds it any more"
        assert process.wait() == -9
        assert not group.exists()
    finally:
        assert remove_group(group)
