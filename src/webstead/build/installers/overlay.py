"""Webstead's own additions, behind the app's packages."""

from __future__ import annotations

from webstead.build.environment import OVERLAY, site_packages
from webstead.build.installers.work import Work
from webstead.effects.files import write_atomically

__all__ = ["install_overlay"]

_PTH = "webstead-overlay.pth"


def install_overlay(work: Work) -> None:
    """A `.pth` line comes onto `sys.path` after the folder that holds it, so the app's packages always win;
    the versions are chosen to agree with them.
    """
    environment = work.environment
    folder = environment.prefix / OVERLAY
    constraints = environment.prefix / "webstead-constraints.txt"
    packages = work.uv.packages(environment.python)
    lines = "".join(f"{name}=={version}\n" for name, version in sorted(packages.items()))
    write_atomically(constraints, lines.encode())
    work.uv.install_overlay(environment.python, folder, constraints, work.step.words)
    for packages_folder in site_packages(environment.prefix):
        write_atomically(packages_folder / _PTH, f"{folder}\n".encode())
