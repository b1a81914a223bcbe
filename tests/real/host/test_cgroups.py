"""Control groups of sites, in a folder that looks like the system's: few machines let a test have the real
one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from webstead.errors import StartError
from webstead.host.cgroups import Share, own_group, site_group


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
    }.items():
        (unit / f"cgroup.{name}").write_text(text)
    (tmp_path / "self").write_text("4:memory:/old\n0::/system.slice/webstead.service\n")
    return mount


def own(mount: Path) -> Path:
    return own_group(mount, mount.parent / "self")


def test_the_server_leaves_its_group_which_then_shares_out(mount: Path) -> None:
    group = site_group(own(mount), "shop", Share(256 * 1024 * 1024, 50))
    assert group == mount / "system.slice" / "webstead.service" / "webstead-shop"
    assert (group / "memory.max").read_text() == "268435456"
    assert (group / "cpu.max").read_text() == "50000 100000"
    assert (own(mount) / "cgroup.subtree_control").read_text() == "+memory +cpu"
    moved = int((own(mount) / "webstead-server" / "cgroup.procs").read_text())
    assert moved == os.getpid() or Path(f"/proc/{moved}").exists()


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
            own_group(tmp_path, membership)
        assert error.value.found == f"{tmp_path} is no cgroup v2 hierarchy."


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
