"""An archive into a new folder: all of it or nothing, and never a byte outside. Also a program of its own:
`python unpack.py ARCHIVE FOLDER [LINK…]`, which comes along in an output.

Standard library only, Python 3.9 and later: it runs in the app's own interpreter. Everything in an archive
is hostile: names, links, types, sizes. Links are made last, so that nothing is ever written through one, and
then each is followed: where one leads out, the whole archive is refused.
"""

from __future__ import annotations

import errno
import gzip
import importlib
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO, Callable, NamedTuple, cast

__all__ = ["LIMITS", "Limits", "Refused", "unpack"]

CHUNK = 1 << 20
LONGEST_PATH = 4096  # PATH_MAX of Linux
LONGEST_LINK = 4096
LARGEST_HEADER = 1 << 20  # of a tar: its extended headers are held in memory


class Limits(NamedTuple):
    """files: how many members. bytes: of all files together, unpacked. An environment with PyTorch and CUDA
    has 30,000 files and 8 GB."""

    files: int = 1_000_000
    bytes: int = 64 << 30


LIMITS = Limits()


class Refused(Exception):
    """The archive is damaged, or wants what no archive may. The text says which member and why."""


def unpack(archive: str, folder: str, outside: Collection[str] = (), limits: Limits = LIMITS) -> None:
    """Unpack a tar.zst, tar.gz, tar or zip, whatever its name, to a folder that is not there yet; one that
    another process has made meanwhile stays. outside: links that may lead out of it. Raises Refused and
    OSError, and then leaves nothing.
    """
    folder = os.path.abspath(folder)
    parent = os.path.dirname(folder)
    os.makedirs(parent, exist_ok=True)
    part = tempfile.mkdtemp(prefix=f".{os.path.basename(folder)}.", suffix=".part", dir=parent)
    try:
        target = _Target(part, frozenset(outside), limits)
        with open(archive, "rb") as file:
            _read(file, target)
        target.make_links()
        os.chmod(part, 0o755)  # noqa: S103  mkdtemp makes it private
        _put(part, folder)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, *_DAMAGE) as error:
        raise Refused(f"{archive} is damaged: {error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


_DAMAGE = (ValueError, OverflowError, RecursionError, NotImplementedError, RuntimeError, gzip.BadGzipFile)
"""What the libraries raise besides, for fields that make no sense and methods that nobody has."""


def _put(part: str, folder: str) -> None:
    try:
        os.rename(part, folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY) or not os.path.isdir(folder):
            raise


class _Target:
    """The folder that is being filled."""

    def __init__(self, root: str, outside: frozenset[str], limits: Limits) -> None:
        self._root = os.path.realpath(root)
        self._outside = outside
        self._limits = limits
        self._files = 0
        self._bytes = 0
        self._links: list[tuple[str, str]] = []
        self._folders = {""}
        self._written: set[str] = set()

    def folder(self, name: str) -> None:
        self._count(name)
        self._make(_parts(name))

    def file(self, name: str, read: Callable[[int], bytes], size: int, executable: bool) -> None:
        """read(n) gives at most n bytes more, and b"" at the end."""
        path = self._new(name)
        with _create(path, 0o755 if executable else 0o644, name) as file:
            left = size
            while left > 0:
                data = read(min(left, CHUNK))
                if not data:
                    raise Refused(f"{name} is cut off")
                left -= len(data)
                self.weigh(len(data))
                file.write(data)
        self._written.add(path)

    def link(self, name: str, text: str) -> None:
        if not text or len(text) > LONGEST_LINK or "\0" in text:
            raise Refused(f"{name} is a link to nowhere")
        self._links.append((name, text))
        self._count(name)

    def same(self, name: str, other: str) -> None:
        """A hard link, as a copy of a file that came before."""
        path = self._new(name)
        source = os.path.join(self._root, *_parts(other))
        if source not in self._written:
            raise Refused(f"{name} is a hard link to {other}, which is no file of the archive before it")
        self.weigh(os.path.getsize(source))
        shutil.copy(source, path)
        self._written.add(path)

    def make_links(self) -> None:
        made = [(name, text, self._place(name)) for name, text in self._links]
        for name, text, path in made:
            if os.path.lexists(path):
                raise Refused(f"{name} is there twice")
            os.symlink(text, path)
        for name, text, path in made:
            if name not in self._outside and not self._is_inside(path, text):
                raise Refused(f"{name} is a link that leads out of the archive, or round: {text}")

    def _is_inside(self, path: str, text: str) -> bool:
        """Nor does it lead round. A link to one that may lead out is no way to anywhere else."""
        try:
            os.stat(path)
        except OSError as error:
            if error.errno == errno.ELOOP:
                return False
        real = os.path.realpath(path)
        if real == self._root or real.startswith(self._root + os.sep):
            return True
        next_ = os.path.join(os.path.realpath(os.path.dirname(path)), text)
        return os.path.relpath(next_, self._root) in self._outside and ".." not in text.split("/")

    def _new(self, name: str) -> str:
        self._count(name)
        return self._place(name)

    def _place(self, name: str) -> str:
        parts = _parts(name)
        if not parts:
            raise Refused(f"{name!r} is no name of a file")
        self._make(parts[:-1])
        return os.path.join(self._root, *parts)

    def _make(self, parts: list[str]) -> None:
        at = ""
        for part in parts:
            at = f"{at}/{part}" if at else part
            if at not in self._folders:
                try:
                    os.mkdir(os.path.join(self._root, at))
                except FileExistsError:
                    raise Refused(f"{at} is a file and a folder") from None
                self._folders.add(at)

    def _count(self, name: str) -> None:
        self._files += 1
        if self._files > self._limits.files:
            raise Refused(f"it has more than {self._limits.files:,} files ({name})")

    def weigh(self, size: int) -> None:
        self._bytes += size
        if self._bytes > self._limits.bytes:
            raise Refused(f"it holds more than {self._limits.bytes:,} bytes")


def _parts(name: str) -> list[str]:
    """The names on the way to a member; none for the archive's root. Raises Refused."""
    wrong = len(name) > LONGEST_PATH or "\0" in name or name.startswith("/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if wrong or ".." in parts or (os.name == "nt" and any(c in name for c in "\\:")):
        raise Refused(f"a member leads out of the archive: {name[:200]!r}")
    return parts


@contextmanager
def _create(path: str, mode: int, name: str) -> Iterator[IO[bytes]]:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    except (FileExistsError, IsADirectoryError):
        raise Refused(f"{name} is there twice") from None
    with open(descriptor, "wb") as file:
        yield file


# What the archive is


def _read(file: IO[bytes], target: _Target) -> None:
    start = file.read(4)
    file.seek(0)
    if start == b"PK\x03\x04" or start == b"PK\x05\x06":
        _read_zip(file, target)
    elif start[:2] == b"\x1f\x8b":
        with gzip.open(file) as plain:
            _read_tar(cast("IO[bytes]", plain), target)
    elif start == b"\x28\xb5\x2f\xfd":
        with _zstd(file) as plain:
            _read_tar(plain, target)
    else:
        _read_tar(file, target)


@contextmanager
def _zstd(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """By the library that is there, else by the program zstd."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            with module.open(file) as plain:
                yield plain
        except module.ZstdError as error:
            raise Refused(f"it is damaged: {error}") from None
        return
    try:
        zstandard = importlib.import_module("zstandard")
    except ImportError:
        with _zstd_program(file) as plain:
            yield plain
        return
    try:
        with zstandard.ZstdDecompressor().stream_reader(file, closefd=False) as plain:
            yield plain
    except zstandard.ZstdError as error:
        raise Refused(f"it is damaged: {error}") from None


@contextmanager
def _zstd_program(file: IO[bytes]) -> Iterator[IO[bytes]]:
    program = shutil.which("zstd")
    if program is None:
        raise Refused(
            "nothing here unpacks zstd: install the program zstd (apt-get install zstd), use Python 3.14, or "
            "build with --compress tar-gz"
        )
    process = subprocess.Popen([program, "-dcq"], stdin=file, stdout=subprocess.PIPE)
    plain = cast("IO[bytes]", process.stdout)
    try:
        yield plain
        if plain.read(1) == b"" and process.wait(60):
            raise Refused(f"it is damaged: zstd ended with {process.returncode}")
    finally:
        plain.close()
        process.kill()
        process.wait()


class _Forward:
    """A stream as tarfile wants it: it seeks forward only, and no read is large."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > LARGEST_HEADER:
            raise Refused("a header is too large")
        pieces = []
        while size > 0 and (data := self._file.read(size)):
            pieces.append(data)
            self._at += len(data)
            size -= len(data)
        return b"".join(pieces)

    def tell(self) -> int:
        return self._at

    def seek(self, to: int, whence: int = 0) -> int:
        if whence or to < self._at:
            raise Refused("a header points back")
        while self._at < to:
            if not self.read(min(to - self._at, CHUNK)):
                raise Refused("it is cut off")
        return to


def _read_tar(file: IO[bytes], target: _Target) -> None:
    stream = _Forward(file)
    with tarfile.TarFile(fileobj=cast("IO[bytes]", stream), mode="r", errorlevel=2) as tar:
        while (member := tar.next()) is not None:
            vars(tar)["members"] = []  # it would keep all of them
            _take(member, stream, target)
    while rest := stream.read(CHUNK):  # to the end: there is the checksum
        target.weigh(len(rest))


def _take(member: tarfile.TarInfo, stream: _Forward, target: _Target) -> None:
    if member.isdir():
        target.folder(member.name)
    elif member.issym():
        target.link(member.name, member.linkname)
    elif member.islnk():
        target.same(member.name, member.linkname)
    elif member.isreg() and not member.issparse():
        stream.seek(member.offset_data)
        target.file(member.name, stream.read, member.size, bool(member.mode & stat.S_IXUSR))
    else:
        raise Refused(f"{member.name} is neither file, folder nor link")


def _read_zip(file: IO[bytes], target: _Target) -> None:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            mode = member.external_attr >> 16
            kind = stat.S_IFMT(mode)
            if member.is_dir():
                target.folder(member.filename)
            elif kind == stat.S_IFLNK:
                with archive.open(member) as data:
                    text = os.fsdecode(data.read(LONGEST_LINK + 1))
                target.link(member.filename, text)
            elif kind in (0, stat.S_IFREG):
                with archive.open(member) as data:
                    target.file(member.filename, data.read, member.file_size, bool(mode & stat.S_IXUSR))
            else:
                raise Refused(f"{member.filename} is neither file, folder nor link")


def _main(words: list[str]) -> int:
    try:
        unpack(words[0], words[1], words[2:])
    except (Refused, OSError) as error:
        sys.stderr.write(f"error: {words[0]} cannot be unpacked\nfound: {error}\n")
        sys.stderr.write("fix:   See that the disk has room, and copy the output again.\n")
        return 5
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
