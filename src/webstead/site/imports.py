"""What a script that serves itself imports, and its environment lacks: asked of build/reachable.py, which is
run by the app's interpreter, and runs nothing of the script."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.build import reachable
from webstead.build.reachable import Broken, Missing
from webstead.effects.processes import Completed
from webstead.errors import StartError
from webstead.host.launch import Launch
from webstead.plan.served import Script
from webstead.site.loading import Loading

__all__ = ["Imports", "find_imports", "read_answer"]

_PROGRAM = Path(reachable.__file__)


@dataclass(frozen=True, slots=True)
class Imports:
    """broken: the first file that does not compile."""

    missing: tuple[Missing, ...] = ()
    broken: Broken | None = None


def find_imports(script: Script, launch: Launch, root: Path, loading: Loading) -> Imports:
    """root: the project's folder. Raises StartError when the interpreter cannot say."""
    path = launch.directory / script.path if script.path else None
    folders = [str(path.parent)] if path else []
    asked = {
        "script": str(path) if path else None,
        "modules": list(script.modules),
        "root": str(root),
        "path": [*folders, *([str(launch.directory)] if script.modules else [])],
    }
    words = (str(launch.python), str(_PROGRAM), json.dumps(asked))
    quiet = replace(loading, programs=replace(loading.programs, on_line=None))
    done = quiet.run(words, launch, {})
    answer = read_answer(done.tail) if isinstance(done, Completed) and done.code == 0 else None
    if answer is None:
        raise StartError(
            f"{launch.python} cannot tell what the start command needs.",
            found=done.tail[-1] if done.tail else "it said nothing",
            fix="See that this Python starts; a .pth file or sitecustomize of its packages may break it.",
            detail="\n".join(done.tail),
        )
    return answer


def read_answer(lines: tuple[str, ...]) -> Imports | None:
    """The last line that is an answer."""
    for line in reversed(lines):
        try:
            data = json.loads(line)
            missing = tuple(Missing(**each) for each in data["missing"])
            return Imports(missing, Broken(**data["broken"]) if data["broken"] else None)
        except (ValueError, KeyError, TypeError):
            continue
    return None
