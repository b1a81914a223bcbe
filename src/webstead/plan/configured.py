"""The project's own `web.config` files: found in any case of their name, parsed, and laid over each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from webstead.errors import ConfigError
from webstead.formats.webconfig import Configuration, Site, compile_site, parse
from webstead.plan.model import WebConfig
from webstead.project.paths import folder_of, name_of
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["MADE_PATH", "Configured", "config_paths", "lay_over", "made", "read_own", "read_one"]

MADE_PATH = "the plan's web.config"
"""What stands for the path in the origins of values that the plan's own file holds."""

_ENCODING = re.compile(r"(<\?xml[^>]*?encoding\s*=\s*)([\"'])[^\"']*\2")


@dataclass(frozen=True, slots=True)
class Configured:
    """One file, as a value of the plan and parsed."""

    config: WebConfig
    parsed: Configuration

    @property
    def folder(self) -> str:
        """As `compile_site` wants it: "" for the root."""
        folder = folder_of(self.config.path)
        return "" if folder == "." else folder


def read_own(tree: Tree, files: Sequence[str]) -> tuple[Configured, ...]:
    """All of the project's web.config files, the root's first. Raises ConfigError with file, line and
    column."""
    return tuple(read_one(tree, path) for path in config_paths(files))


def config_paths(files: Sequence[str]) -> list[str]:
    """The root's first, then by depth."""
    paths = [path for path in files if name_of(path).lower() == "web.config"]
    return sorted(paths, key=lambda path: (path.count("/"), path))


def read_one(tree: Tree, path: str) -> Configured:
    """Raises ConfigError, with line and column."""
    try:
        data = tree.read(path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read.",
            path=path,
            found=error.strerror or str(error),
            fix="Give the user that runs webstead the right to read it.",
        ) from None
    folder = folder_of(path)
    beside: dict[str, bytes] = {}

    def read_beside(name: str) -> bytes | None:
        full = name if folder == "." else f"{folder}/{name}"
        try:
            beside[full] = tree.read(full)
        except OSError:
            return None
        return beside[full]

    parsed = parse(data, path, read_beside)
    others = tuple((full, _as_utf8(found)) for full, found in beside.items())
    return Configured(WebConfig("file", path, _as_utf8(data), others), parsed)


def _as_utf8(data: bytes) -> str:
    """The text goes to the front as UTF-8, whatever encoding the file had."""
    return _ENCODING.sub(r"\1\2utf-8\2", decode(data).text, count=1)


def lay_over(files: Sequence[Configured]) -> Site:
    """The site of these files; of several in one folder the later lies over the earlier."""
    return compile_site([(file.folder, file.parsed) for file in files])


def made(text: str) -> Configured:
    """The file that the plan wrote, read back as any other."""
    config = WebConfig("plan", "web.config", text)
    return Configured(config, parse(text.encode(), MADE_PATH))
