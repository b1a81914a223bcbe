"""setup.py and setup.cfg, read without running them."""

from __future__ import annotations

import pytest

from webstead.project.manifests import Manifest, read_manifests
from webstead.project.manifests.setup_files import setup_of
from webstead.project.tree import MemoryTree

IMPORT = "from setuptools import setup\n"


def read(script: str = "", **others: str) -> Manifest | None:
    files = {name.replace("__", "."): text for name, text in others.items()}
    scripts = {"setup.py": IMPORT + script} if script else {}
    return read_manifests(MemoryTree({**scripts, **files})).chosen


@pytest.mark.parametrize(
    "script",
    [
        "setup(install_requires=['flask', 'idna'])",
        "setup(install_requires=('flask', 'idna'))",
        "setup(install_requires='flask\\nidna')",
        "setup(install_requires='flask idna'.split())",
        "setup(install_requires=list(['flask']) + ['idna'])",
        "needs = ['flask']\nneeds += ['idna']\nsetup(install_requires=needs)",
        "needs = ['flask']\nneeds.append('idna')\nsetup(install_requires=needs)",
        "needs = ['flask']\nneeds.extend(['idna'])\nsetup(install_requires=needs)",
        "base = ['flask']\nsetup(install_requires=[*base, 'idna'])",
        "name = 'flask'\nsetup(install_requires=[f'{name}', 'id' + 'na'])",
        "def needs():\n    '''all'''\n    return ['flask', 'idna']\nsetup(install_requires=needs())",
        "kwargs = {'install_requires': ['flask', 'idna']}\nsetup(**kwargs)",
        "kwargs = {}\nkwargs['install_requires'] = ['flask', 'idna']\nsetup(**kwargs)",
        "setup(**dict(install_requires=['flask', 'idna']))",
        "if __name__ == '__main__':\n    needs = ['flask', 'idna']\n    setup(install_requires=needs)",
        "def main():\n    needs = ['flask', 'idna']\n    setup(install_requires=needs)\nmain()",
        "import setuptools\nsetuptools.setup(install_requires=['flask', 'idna'])",
        "try:\n    import x\nexcept ImportError:\n    pass\nsetup(install_requires=['flask', 'idna'])",
    ],
)
def test_what_is_written_out_is_read(script: str) -> None:
    found = read(script)
    assert found is not None
    assert (found.kind, found.path, found.computed) == ("setup", "setup.py", False)
    assert found.lines == ("flask", "idna")
    assert [item.name for item in found.listed] == ["flask", "idna"]


def test_the_lines_are_those_of_the_texts() -> None:
    found = read("setup(\n    install_requires=[\n        'flask',\n        'idna',\n    ])")
    assert found is not None
    assert [item.evidence.where for item in found.listed] == ["setup.py:4", "setup.py:5"]


@pytest.mark.parametrize(
    "script",
    [
        "setup(install_requires=open('reqs/base.txt').read().splitlines())",
        "setup(install_requires=open('reqs/base.txt').readlines())",
        "setup(install_requires=list(open('reqs/base.txt')))",
        "setup(install_requires=[line.strip() for line in open('reqs/base.txt') if line.strip()])",
        "with open('reqs/base.txt') as f:\n    needs = f.read().splitlines()\nsetup(install_requires=needs)",
        "import os\nhere = os.path.dirname(__file__)\n"
        "needs = open(os.path.join(here, 'reqs', 'base.txt')).read().split('\\n')\n"
        "setup(install_requires=needs)",
        "from pathlib import Path\nHERE = Path(__file__).parent\n"
        "setup(install_requires=(HERE / 'reqs' / 'base.txt').read_text().splitlines())",
        "def read(name):\n    return open(name).read()\n"
        "setup(long_description=read('README.md'), install_requires=read('reqs/base.txt').splitlines())",
        "def needs():\n    with open('reqs/base.txt') as f:\n        return [l for l in f if l[0] != '#']\n"
        "setup(install_requires=needs())",
        "needs = []\nfor line in open('reqs/base.txt'):\n    needs.append(line)\n"
        "setup(install_requires=needs)",
        "from pip.req import parse_requirements\n"
        "setup(install_requires=[str(r.req) for r in parse_requirements('reqs/base.txt', session=False)])",
    ],
)
def test_a_file_that_it_reads_is_the_manifest(script: str) -> None:
    found = read(script, **{"reqs/base__txt": "flask==3.0\n", "README__md": "a shop"})
    assert found is not None
    assert (found.kind, found.path) == ("requirements", "reqs/base.txt")
    assert "setup.py:" in found.why
    assert [item.text for item in found.listed] == ["flask==3.0"]


def test_a_file_and_more_are_both_read() -> None:
    found = read("setup(install_requires=['idna'] + open('in.txt').readlines())", in__txt="flask\n")
    assert found is not None
    assert (found.kind, found.lines) == ("setup", ("idna", "flask"))


@pytest.mark.parametrize(
    "script",
    [
        "import sys\nneeds = ['flask']\nif sys.argv:\n    needs.append('x')\nsetup(install_requires=needs)",
        "setup(install_requires=[name for name in ('a', 'b')])",
        "import other\nsetup(install_requires=other.NEEDS)",
        "setup(install_requires=open('gone.txt').readlines())",
        "setup(install_requires=['flask' if 1 else 'idna'])",
        "a = b\nb = a\nsetup(install_requires=a)",
    ],
)
def test_what_is_computed_is_left_to_the_backend_and_said(script: str) -> None:
    tree = MemoryTree({"setup.py": IMPORT + script, "requirements-dev.txt": "", "app.py": ""})
    found = read_manifests(tree)
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.computed, found.chosen.lines) == ("setup", True, None)
    assert found.chosen.files == ("setup.py", "requirements-dev.txt")
    assert any("computes install_requires" in finding.text and finding.fix for finding in found.findings)


@pytest.mark.parametrize(
    "script", ["setup(name='shop')", "import x\nx.setup(install_requires=['a'])", "print(1)"]
)
def test_a_script_that_states_no_packages_is_no_manifest(script: str) -> None:
    assert read(script) is None


def test_another_setup_py_is_no_manifest() -> None:
    assert (
        read_manifests(MemoryTree({"setup.py": "def setup(**k): ...\nsetup(install_requires=['a'])"})).found
        == ()
    )


def test_a_script_of_python_2_is_said() -> None:
    found = read_manifests(MemoryTree({"setup.py": IMPORT + "print 'x'\nsetup(install_requires=['a'])"}))
    assert any("is Python 2 code" in finding.text for finding in found.findings)


CONFIG = "[metadata]\nname = shop\n[options]\npython_requires = >=3.9\ninstall_requires =\n"


@pytest.mark.parametrize("sum_of", ["{0} + {0}", "f'{{{0}}}{{{0}}}'", "[*{0}, *{0}]"])
def test_names_that_double_each_other_end_in_time(sum_of: str) -> None:
    first = "['a']" if "*" in sum_of else "'a'"
    lines = [f"n0 = {first}", *(f"n{at + 1} = {sum_of.format(f'n{at}')}" for at in range(60))]
    found = read("\n".join([*lines, "setup(install_requires=n60)"]))
    assert found is not None
    assert found.computed


@pytest.mark.parametrize("script", ["x" + ".y" * 2500, "[" * 90 + "]" * 90, "-" * 2500 + "x"])
def test_what_is_nested_deeply_is_computed(script: str) -> None:
    found = read(f"setup(install_requires={script})")
    assert found is not None
    assert found.computed


def test_setup_cfg_lists_and_wins() -> None:
    text = CONFIG + "    flask>=3\n    # a comment\n    idna; python_version > '3'\n"
    found = read("setup(install_requires=['other'])", setup__cfg=text)
    assert found is not None
    assert (found.kind, found.path, found.lines) == (
        "setup",
        "setup.cfg",
        ("flask>=3", "idna; python_version > '3'"),
    )
    assert [item.evidence.where for item in found.listed] == ["setup.cfg:6", "setup.cfg:8"]


def test_setup_cfg_on_one_line() -> None:
    found = read(setup__cfg="[options]\ninstall_requires = flask; idna\n")
    assert found is not None
    assert found.lines == ("flask", "idna")


def test_setup_cfg_may_name_a_file() -> None:
    found = read(setup__cfg="[options]\ninstall_requires = file: in.txt\n", in__txt="flask\n")
    assert found is not None
    assert (found.kind, found.path, found.why) == ("requirements", "in.txt", "setup.cfg:2 reads it")


def test_a_file_of_setup_cfg_that_is_not_there_is_said() -> None:
    found = read_manifests(MemoryTree({"setup.cfg": "[options]\ninstall_requires = file: in.txt\n"}))
    assert "setup.cfg:2 takes install_requires from in.txt, which does not exist" in found.findings[0].text


def test_a_setup_cfg_of_tools_is_no_manifest() -> None:
    assert read(setup__cfg="[flake8]\nmax-line-length = 100\n") is None


def test_a_broken_setup_cfg_does_not_hide_setup_py() -> None:
    found = read("setup(install_requires=['flask'])", setup__cfg="flask\n")
    assert found is not None
    assert found.lines == ("flask",)


@pytest.mark.parametrize(
    ("files", "asked", "where"),
    [
        ({"setup.py": IMPORT + "setup(python_requires='>=3.9')"}, ">=3.9", "setup.py:2"),
        ({"setup.cfg": CONFIG}, ">=3.9", "setup.cfg:4"),
        (
            {"setup.cfg": CONFIG, "setup.py": IMPORT + "setup(python_requires='>=3.8')"},
            ">=3.9",
            "setup.cfg:4",
        ),
    ],
)
def test_both_say_which_python(files: dict[str, str], asked: str, where: str) -> None:
    found = setup_of(MemoryTree(files), ".").python
    assert found is not None
    assert (found[0], found[1].where) == (asked, where)
