"""What a layer of packages that are installed in place consists of."""

from __future__ import annotations

from pathlib import Path

from webstead.build.environment import BELOW, Environment
from webstead.site.in_place import LayerFiles

LAYER, BASE, BELOW_IT = (
    Path("/home/data/python/3.12"),
    Path("/opt/python/bin/python3.12"),
    Path("/env/packages"),
)


def test_it_is_a_virtual_environment_of_the_interpreter() -> None:
    files = LayerFiles(LAYER, BASE, "3.12", [BELOW_IT], None)
    assert files.texts()["pyvenv.cfg"].startswith("home = /opt/python/bin\n")
    assert files.links()["bin/python"] == "/opt/python/bin/python3.12"
    assert not any(path.startswith("bin/") for path in files.texts())


def test_with_a_wheel_of_pip_pip_is_a_program_and_a_module() -> None:
    files = LayerFiles(LAYER, BASE, "3.12", [BELOW_IT], Path("/wheels/pip.whl"))
    assert files.texts()["bin/pip"].startswith("#!/home/data/python/3.12/bin/python\n")
    assert files.texts()["lib/python3.12/site-packages/webstead.pth"].endswith("\n/wheels/pip.whl\n")


def test_the_packages_of_the_environment_come_behind() -> None:
    line = LayerFiles(LAYER, BASE, "3.12", [BELOW_IT], None).texts()[
        "lib/python3.12/site-packages/webstead.pth"
    ]
    assert line.startswith("import ")
    assert line.count("\n") == 1
    assert BELOW in line
    assert "/env/packages" in line


def test_an_environment_with_a_layer_runs_its_python_and_finds_its_programs_first() -> None:
    environment = Environment(Path("/env/bin/python"), Path("/env")).with_layer(LAYER)
    variables = environment.variables({"PATH": "/usr/bin"})
    assert environment.python == LAYER / "bin" / "python"
    assert variables["PATH"].split(":")[:2] == [str(LAYER / "bin"), "/env/bin"]
    assert variables["VIRTUAL_ENV"] == str(LAYER)
    assert BELOW in variables
    assert BELOW not in Environment(Path("/env/bin/python"), Path("/env")).variables({})
