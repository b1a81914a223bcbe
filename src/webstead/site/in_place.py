"""Packages that were installed in place, as people do from a console: `pip install X` on a site that runs.

An environment is shared and never changed. So what a site adds of its own goes into a layer over it: a
virtual environment of the same interpreter, `data/python/3.12` in the site's home, whose packages come first,
followed by the environment's. It is made when the first command is run, without a process; the app's
instances have it from their next start on. A deployment for another version of Python leaves it where it is,
unused: a rollback has it again.

pip sees the environment's packages as there, and as none of its own: it installs other versions beside them,
and removes none.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from webstead.build import Environment
from webstead.build.environment import BELOW, environment_at, recorded_interpreter, site_packages
from webstead.effects.files import remove_tree
from webstead.effects.plain_files import open_plain
from webstead.host.confinement import FREE, Confinement, acting_as
from webstead.site.files.inside import find, own_as

__all__ = [
    "LayerFiles",
    "in_place",
    "in_place_facts",
    "layer_of",
    "made_in_place",
    "made_over",
    "unused_layers",
]

_DATA = ("data", "python")
_PTH = "webstead.pth"
_SCRIPT_LIMIT = 64 << 10
"""What `pip` and `uv` write as a program's script is a few hundred bytes."""


def layer_of(home: Path, environment: Environment) -> Path | None:
    """Where the layer over this environment is, or would be; None for an environment of unknown version."""
    version = _version(environment)
    return None if version is None else home.joinpath(*_DATA, version)


def in_place(home: Path, environment: Environment) -> Environment:
    """With the site's layer, when it has one for this version of Python. home: of the site."""
    layer = layer_of(home, environment)
    if layer is None or environment.layer is not None or not _is_whole(layer):
        return environment
    return environment.with_layer(layer)


def in_place_facts(home: Path, environment: Environment) -> tuple[str, ...]:
    """What changes when a package is installed in place, or removed: the names in the layer's folders of
    packages, with their times."""
    layer = in_place(home, environment).layer
    folders = () if layer is None else sorted(layer.glob("lib/python*/site-packages"))
    found: list[str] = []
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            found += (f"{entry.name} {entry.stat(follow_symlinks=False).st_mtime_ns}" for entry in entries)
    return tuple(f"in place: {each}" for each in sorted(found) if not each.startswith("__pycache__ "))


def unused_layers(home: Path, environment: Environment) -> tuple[str, ...]:
    """The versions of Python that packages were installed in place for, and that this environment has not:
    to be told, once a deployment brings another."""
    mine = _version(environment)
    with suppress(OSError):
        found = sorted(path.name for path in home.joinpath(*_DATA).iterdir() if _is_whole(path))
        return tuple(name for name in found if name != mine)
    return ()


def made_in_place(
    home: Path, environment: Environment, uv: Path | None, temporary: Path, confinement: Confinement = FREE
) -> Environment:
    """As `in_place`; the layer is made when there is none. uv: to be found by commands. temporary: a private
    folder on the same file system. confinement: of the site, whose user may have made the environment: it is
    read with that user's rights. Raises OSError; the environment itself when its version is unknown."""
    with acting_as(confinement):
        interpreter = recorded_interpreter(environment.prefix)
        layer = layer_of(home, environment)
        if layer is None or interpreter is None:
            return environment
        below = site_packages(environment.prefix)
        programs = dict(_programs(environment, layer))
    _make(home, LayerFiles.over(layer, Path(interpreter.base), below), uv, temporary)
    for name, text in programs.items():
        _place(home, (*_DATA, layer.name, "bin", name), text, temporary)
    return environment.with_layer(layer)


def made_over(home: Path, base: Path, version: str, uv: Path | None, temporary: Path) -> Environment:
    """A layer over an interpreter alone, for a site that has no environment yet. base: the interpreter's
    program. version: as `3.12`."""
    layer = home.joinpath(*_DATA, version)
    _make(home, LayerFiles.over(layer, base, ()), uv, temporary)
    return Environment(base, layer).with_layer(layer)


class LayerFiles:
    """What a new layer consists of, as texts.

    layer: where it will be. base: the interpreter's own program. version: as `3.12`. pip: a wheel of it."""

    def __init__(
        self, layer: Path, base: Path, version: str, below: Iterable[Path], pip: Path | None
    ) -> None:
        self._layer = layer
        self._base = base
        self._version = version
        self._below = tuple(below)
        self._pip = pip

    @classmethod
    def over(cls, layer: Path, base: Path, below: Iterable[Path]) -> LayerFiles:
        """Of this machine. The layer is named as its version."""
        return cls(layer, base, layer.name, below, _pip_wheel(base, layer.name))

    @property
    def layer(self) -> Path:
        return self._layer

    @property
    def packages(self) -> str:
        return f"lib/python{self._version}/site-packages"

    def texts(self) -> dict[str, str]:
        """By relative path; those in `bin` are programs."""
        programs = ("pip", "pip3", f"pip{self._version}") if self._pip else ()
        return {
            "pyvenv.cfg": self._settings(),
            f"{self.packages}/{_PTH}": self._path(),
            **{f"bin/{name}": self._program() for name in programs},
        }

    def links(self) -> dict[str, str]:
        return {
            "bin/python": str(self._base),
            "bin/python3": "python",
            f"bin/python{self._version}": "python",
        }

    def _settings(self) -> str:
        return (
            f"home = {self._base.parent}\ninclude-system-site-packages = false\nversion = {self._version}\n"
        )

    def _path(self) -> str:
        """Lines of a `.pth`: one that begins with `import` is run. The variable says which environment; what
        it was made over stands in for it, for programs that were started without. A
        comprehension would not see the imports."""
        made_over = os.pathsep.join(map(str, self._below))
        folders = f"os.environ.get({BELOW!r}, {made_over!r}).split(os.pathsep)"
        line = f"import os, site; list(map(site.addsitedir, filter(None, {folders})))\n"
        return line + (f"{self._pip}\n" if self._pip else "")

    def _program(self) -> str:
        return f"#!{self._layer}/bin/python\nimport runpy\n\nrunpy.run_module('pip', run_name='__main__')\n"


def _version(environment: Environment) -> str | None:
    interpreter = recorded_interpreter(environment.prefix)
    return None if interpreter is None else ".".join(map(str, interpreter.release[:2]))


def _is_whole(layer: Path) -> bool:
    """It comes by one rename."""
    return (layer / "pyvenv.cfg").is_file()


def _make(home: Path, files: LayerFiles, uv: Path | None, temporary: Path) -> None:
    """Unless it is there."""
    if _is_whole(files.layer):
        return
    folder = Path(tempfile.mkdtemp(prefix="python-", dir=temporary))
    try:
        _write(folder, files, uv)
        folder.chmod(0o755)
        with find(home, (*_DATA, files.layer.name), make=True) as place:
            _give(folder, place.folder)
            os.rename(folder, place.name, dst_dir_fd=place.folder)
    except OSError:
        if not _is_whole(files.layer):  # made by another command meanwhile
            raise
    finally:
        remove_tree(folder)


def _write(folder: Path, files: LayerFiles, uv: Path | None) -> None:
    (folder / files.packages).mkdir(parents=True)
    (folder / "bin").mkdir()
    for path, text in files.texts().items():
        (folder / path).write_text(text)
        if path.startswith("bin/"):
            (folder / path).chmod(0o755)
    for path, target in (files.links() | ({"bin/uv": str(uv)} if uv else {})).items():
        (folder / path).symlink_to(target)


def _give(folder: Path, to: int) -> None:
    """All of it to whom the open folder belongs: the site's user, where the server is root."""
    if os.geteuid() != 0:
        return
    owner = os.fstat(to)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _pip_wheel(base: Path, version: str) -> Path | None:
    """The wheel of pip that a Python brings for its own virtual environments, or the system beside
    it: it runs
    as it is."""
    library = base.parent.parent / "lib" / f"python{version}" / "ensurepip" / "_bundled"
    found = [*library.glob("pip-*.whl"), *Path("/usr/share/python-wheels").glob("pip-*.whl")]
    return found[0] if found else None


def _place(home: Path, parts: tuple[str, ...], text: bytes, temporary: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=temporary)
    with open(descriptor, "wb") as file:
        file.write(text)
    Path(name).chmod(0o755)
    try:
        with find(home, parts) as place:
            os.replace(name, place.name, dst_dir_fd=place.folder)
            own_as(place.folder, place.name)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _programs(environment: Environment, layer: Path) -> Iterator[tuple[str, bytes]]:
    """The environment's programs that the layer has not, run by the layer's Python: else `flask` would not
    see what it installed."""
    folder = environment.prefix / "bin"
    own, theirs = str(layer / "bin" / "python"), str(environment_at(environment.prefix).python)
    with suppress(OSError):
        for name in sorted(os.listdir(folder)):
            if not (layer / "bin" / name).exists() and (text := _script(folder, name)) is not None:
                yield name, text.replace(os.fsencode(theirs), os.fsencode(own))


def _script(folder: Path, name: str) -> bytes | None:
    """The text of a program that names the environment's Python in its first lines; None for another."""
    try:
        with open(open_plain(folder / name), "rb") as file:
            info = os.fstat(file.fileno())
            if info.st_size >= _SCRIPT_LIMIT or not info.st_mode & 0o111:
                return None
            text = file.read(_SCRIPT_LIMIT)
    except OSError:
        return None
    return text if text.startswith(b"#!") and os.fsencode(folder / "python") in text[:1024] else None
