"""Packages that are installed in place: into the site's own layer, never into the shared environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.package_index import wheel
from webstead.build.environment import Environment, environment_at, mark, site_packages
from webstead.build.interpreter import PROBE, parse_probe
from webstead.host.confinement import Confinement
from webstead.site.in_place import in_place, in_place_facts, layer_of, made_in_place, unused_layers

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def environment_with(prefix: Path, wheels: Path, *names: str) -> Environment:
    """A whole environment as a build leaves it, with modules of these names, version 1.0."""
    venv.create(prefix, symlinks=True)
    environment = environment_at(prefix)
    (packages,) = site_packages(prefix)
    for name in names:
        subprocess.run(["unzip", "-qo", wheel(wheels, name), "-d", packages], check=True)
    script = prefix / "bin" / "serve"
    script.write_text(f"#!{environment.python}\nimport added\nprint(added.VERSION)\n")
    script.chmod(0o755)
    probed = parse_probe(subprocess.check_output([environment.python, "-c", PROBE], text=True))
    assert probed is not None
    mark(prefix, probed, {}, datetime.now(UTC))
    return environment


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("home/data", "tmp", "wheels"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def shared(tmp_path: Path, home: Path) -> Environment:
    return environment_with(tmp_path / "cache" / "env", tmp_path / "wheels", "there")


def made(home: Path, shared: Environment) -> Environment:
    return made_in_place(home, shared, None, home.parent / "tmp")


def run(environment: Environment, *words: str, code: int = 0) -> str:
    base = {"PATH": os.environ["PATH"], "PIP_NO_INPUT": "1", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(words, env=environment.variables(base), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def files_of(prefix: Path) -> dict[str, int]:
    """But what Python keeps of modules."""
    files = [path for path in prefix.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path): path.lstat().st_mtime_ns for path in files}


def test_a_site_without_one_has_its_environment_as_it_is(home: Path, shared: Environment) -> None:
    assert in_place(home, shared) == shared
    assert unused_layers(home, shared) == ()


@pytest.mark.alone
def test_it_is_made_without_a_process_and_shows_what_the_environment_has(
    home: Path, shared: Environment
) -> None:
    began = time.monotonic()
    layered = made(home, shared)
    assert time.monotonic() - began < 1
    assert layered.layer == home / "data" / "python" / VERSION
    assert in_place(home, shared) == layered
    assert run(layered, "python", "-c", "import there; print(there.VERSION)") == "1.0\n"
    assert list((home.parent / "tmp").iterdir()) == []


def test_pip_installs_into_it_and_leaves_the_environment_alone(home: Path, shared: Environment) -> None:
    before = files_of(shared.prefix)
    layered = made(home, shared)
    wheels = home.parent / "wheels"
    added, newer = wheel(wheels, "added"), wheel(wheels, "there", "2.0")
    (home / "requirements.txt").write_text(f"{added}\n")
    run(layered, "python", "-m", "pip", "install", "--no-index", "-r", str(home / "requirements.txt"))
    assert run(layered, "python", "-c", "import added; print(added.VERSION)") == "1.0\n"
    run(layered, "pip", "install", "--no-index", str(newer))
    assert run(layered, "python", "-c", "import there; print(there.VERSION)") == "2.0\n"
    assert run(shared, "python", "-c", "import there; print(there.VERSION)") == "1.0\n"
    run(shared, "python", "-c", "import added", code=1)
    run(layered, "pip", "uninstall", "-y", "there")
    assert run(layered, "python", "-c", "import there; print(there.VERSION)") == "1.0\n"
    assert files_of(shared.prefix) == before


def test_programs_of_the_environment_see_what_was_installed_in_place(home: Path, shared: Environment) -> None:
    layered = made(home, shared)
    added = wheel(home.parent / "wheels", "added")
    run(layered, "pip", "install", "--no-index", str(added))
    assert run(layered, "serve") == "1.0\n"


def test_another_environment_of_the_same_python_has_the_same_layer_over_its_own_packages(
    home: Path, shared: Environment
) -> None:
    made(home, shared)
    other = environment_with(home.parent / "cache" / "other", home.parent / "wheels", "elsewhere")
    layered = in_place(home, other)
    run(layered, "python", "-c", "import elsewhere")
    run(layered, "python", "-c", "import there", code=1)


def test_another_python_does_not_have_it_and_that_can_be_told(home: Path, shared: Environment) -> None:
    layer = layer_of(home, shared)
    assert layer is not None
    made(home, shared)
    layer.rename(layer.with_name("3.7"))
    assert in_place(home, shared) == shared
    assert unused_layers(home, shared) == ("3.7",)


def test_a_link_in_the_place_of_its_folder_is_not_written_through(home: Path, shared: Environment) -> None:
    outside = home.parent / "outside"
    outside.mkdir()
    (home / "data" / "python").symlink_to(outside)
    with pytest.raises(OSError, match="No such file"):
        made(home, shared)
    assert list(outside.iterdir()) == []


def test_what_was_verified_without_a_package_in_place_is_not_what_runs_with_it(
    home: Path, shared: Environment, tmp_path: Path
) -> None:
    assert in_place_facts(home, shared) == ()
    layer = made(home, shared).layer
    assert layer is not None
    before = in_place_facts(home, shared)
    (packages,) = layer.glob("lib/python*/site-packages")
    subprocess.run(["unzip", "-qo", wheel(tmp_path / "wheels", "added"), "-d", packages], check=True)
    assert set(in_place_facts(home, shared)) > set(before)


def test_of_an_environment_nothing_is_read_that_its_user_could_not_read() -> None:
    """The user of a site makes its environment, and may put there what it likes."""
    if os.geteuid() != 0:
        return
    with TemporaryDirectory(prefix="webstead-test-") as made:
        root = Path(made)
        root.chmod(0o755)
        (root / "home" / "data").mkdir(parents=True)
        (root / "tmp").mkdir(mode=0o700)
        (root / "wheels").mkdir()
        environment = environment_with(root / "env", root / "wheels", "there")
        text = f"#!{environment.python}\n"
        (root / "secret").write_text(text + "secret = 1\n")
        (root / "secret").chmod(0o700)
        programs = root / "env" / "bin"
        os.link(root / "secret", programs / "taken")
        (programs / "led").symlink_to(root / "secret")
        os.mkfifo(programs / "pipe", 0o755)
        (programs / "long").write_text(text)
        (programs / "long").chmod(0o755)
        os.truncate(programs / "long", 1 << 40)
        for path in (root / "env", *(root / "env").rglob("*"), root / "home" / "data"):
            if path.name != "taken":
                os.chown(path, 65534, 65534, follow_symlinks=False)
        layered = made_in_place(
            root / "home", environment, None, root / "tmp", Confinement(user=65534, group=65534)
        )
        assert layered.layer is not None
        found = {path.name for path in (layered.layer / "bin").iterdir()}
        assert "serve" in found
        assert not found & {"taken", "led", "pipe", "long"}
        assert (layered.layer / "bin" / "serve").stat().st_uid == 65534
