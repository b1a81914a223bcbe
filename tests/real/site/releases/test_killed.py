"""A process that deploys, killed at any moment: the pointer leads to one release, whole, and what people and
apps have put into wwwroot is all there.

WEBSTEAD_KILLS says how often; 200 takes two minutes.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site_homes import Site, seen

KILLS = int(os.environ.get("WEBSTEAD_KILLS", "12"))
FILES = 40

DEPLOYING = """
import itertools, os, sys
from pathlib import Path
from tests.site_homes import Site
from webstead.site.releases.prune import prune_releases, remove_unfinished, releases_of

site, told = Site(Path(sys.argv[1])), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def tell(path, text):
    os.write(told, f"{path}\\t{text}\\n".encode())

def write(path, text):  # in place, with one call; all texts have one length
    (site.www / path).parent.mkdir(parents=True, exist_ok=True)
    if not (site.www / path).exists():
        return replace(path, text)
    file = os.open(site.www / path, os.O_WRONLY)
    os.write(file, text.encode())
    os.close(file)
    tell(path, text)

def replace(path, text):
    (site.www / "part").write_text(text)
    os.replace(site.www / "part", site.www / path)
    tell(path, text)

remove_unfinished(site.home)
first = max((int(name[1:]) for name in releases_of(site.home)), default=0) + 1
print("ready", flush=True)
for number in itertools.count(first):
    files = {f"f{n % 7}/{n}.py": f"{number}" for n in range(FILES)}
    site.number = number - 1
    site.deploy(files)
    write(f"note{number % 5}", f"n{number:06}")
    write(f"uploads/{number % 4}/{number % 3}", f"u{number:06}")
    write(f"f1/mine{number % 2}", f"m{number:06}")
    replace("state.json", f"s{number:06}")
    if number % 3 == 0:
        tell(f"note{(number + 1) % 5}", "gone")
        (site.www / f"note{(number + 1) % 5}").unlink(missing_ok=True)
    prune_releases(site.home, releases_of(site.home)[:-3])
"""


def told(path: Path) -> dict[str, str]:
    lines = path.read_text().split("\n")[:-1]
    return dict(line.split("\t") for line in lines)


@pytest.mark.timeout(60 + KILLS * 2)
def test_a_deployment_that_is_killed_leaves_the_old_release_or_the_new_one(tmp_path: Path) -> None:
    site, notes = Site(tmp_path), tmp_path / "told"
    notes.touch()
    chosen = random.Random(KILLS)
    program = DEPLOYING.replace("FILES", str(FILES))
    current: set[str | None] = set()
    for _ in range(KILLS):
        words = [sys.executable, "-c", program, str(tmp_path), str(notes)]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[4]
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chosen.random() * 0.4)
            process.kill()
        current.add(site.home.release)
        if site.home.release is not None:
            check_whole(site, told(notes))
    assert len(current) > KILLS // 3


def check_whole(site: Site, expected: dict[str, str]) -> None:
    there = {path: data.decode() for path, data in seen(site.www).items() if data is not None}
    deployed = {text for path, text in there.items() if path.endswith(".py")}
    assert deployed == {str(site.home.release)[1:]}
    assert sum(path.endswith(".py") for path in there) == FILES
    for path, text in expected.items():
        if text == "gone":  # it was told before, and may be there yet
            continue
        assert path in there, f"{path} of {text} is lost"
        assert int(there[path][1:]) >= int(text[1:]), f"{path} is of {there[path]}, not of {text}"
