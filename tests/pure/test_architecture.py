"""The architecture: imports point down, pure packages stay pure, doors are sorted, sizes are reported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "webstead"

LAYERS = (
    {"__main__"},
    {"cli"},
    {"services"},
    {"attach", "client", "site"},
    {"front"},
    {"host"},
    {"build"},
    {"check"},
    {"plan"},
    {"project"},
    {"formats"},
    {"effects"},
    {"events", "site_metrics", "site_table"},
    {"errors", "policies", "settings"},
)
"""From top to bottom: a package imports only what stands below it. `gateway` and `portbind` stand apart."""

PURE = ("formats", "project", "plan", "check")
"""Packages that decide and never act."""

IMPURE_MODULES = {
    "asyncio",
    "os",
    "random",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}

IN_THE_APP = {
    "gateway": ("webstead.gateway", "webstead.formats.fastcgi"),
    "portbind": ("webstead.portbind",),
    "standalone": ("webstead.standalone", "webstead.gateway"),
}
"""Packages that run in the app's own interpreter, and what of Webstead they may import."""

OF_THE_APP = {"applicationinsights", "paste", "ptvsd", "uvloop"}
"""What the gateway uses when the app's own environment has it: imported inside functions only."""

GATEWAY_SHOWS = {"webstead.gateway.options", "webstead.gateway.failure"}
"""What the command line takes from the gateway: the table of its options, and how it refuses them."""

LARGEST_MODULE = 500
LARGEST_FUNCTION = 60

MODULES = sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def level_of(package: str) -> int | None:
    return next((n for n, layer in enumerate(LAYERS) if package in layer), None)


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of every import, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: imports are absolute"
            assert node.module is not None
            yield node.lineno, node.module
            if node.module == "webstead":
                yield from ((node.lineno, f"webstead.{alias.name}") for alias in node.names)


def own_imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, package) of the imports from Webstead itself."""
    for line, module in imports_of(path):
        parts = module.split(".")
        if parts[0] == "webstead" and len(parts) > 1 and module not in GATEWAY_SHOWS:
            yield line, parts[1]


@pytest.mark.parametrize(
    "path", [p for p in MODULES if package_of(p) not in ("gateway", "standalone")], ids=name_of
)
def test_only_the_command_line_looks_into_the_gateway(path: Path) -> None:
    for line, module in imports_of(path):
        if module.startswith("webstead.portbind"):
            assert package_of(path) == "portbind", f"{name_of(path)}:{line} imports {module}"
        if module.startswith("webstead.gateway"):
            assert module in GATEWAY_SHOWS, f"{name_of(path)}:{line} imports {module}"
            assert package_of(path) == "cli", f"{name_of(path)}:{line} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    level = level_of(package_of(path))
    if level is None:
        assert package_of(path) in (*IN_THE_APP, "__init__"), f"{name_of(path)} stands in no layer"
        return
    for line, package in own_imports(path):
        other = level_of(package)
        if package == package_of(path) or package == "__version__":
            continue
        assert other is not None, f"{name_of(path)}:{line} imports {package}, which stands in no layer"
        assert other > level, f"{name_of(path)}:{line} imports {package}, which is not below it"


def test_every_package_stands_in_a_layer() -> None:
    found = {package_of(path) for path in MODULES}
    assert found - {*IN_THE_APP, "__init__"} <= set().union(*LAYERS)


@pytest.mark.parametrize("path", [p for p in MODULES if package_of(p) in PURE], ids=name_of)
def test_pure_packages_touch_no_system(path: Path) -> None:
    for line, module in imports_of(path):
        assert module.split(".")[0] not in IMPURE_MODULES, f"{name_of(path)}:{line} imports {module}"


@pytest.mark.parametrize("path", [p for p in MODULES if package_of(p) in IN_THE_APP], ids=name_of)
def test_what_runs_in_the_app_imports_only_the_standard_library_and_its_own(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    at_start = {node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    for line, module in imports_of(path):
        top = module.split(".")[0]
        own = module.startswith(IN_THE_APP[package_of(path)]) or module in (
            "webstead",
            "webstead.__version__",
        )
        theirs = top in OF_THE_APP and line not in at_start
        assert own or theirs or (top != "webstead" and top in sys.stdlib_module_names), (
            f"{name_of(path)}:{line} imports {module}"
        )


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=name_of)
def test_doors_are_sorted_and_true(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }
    listed = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "__all__"
    ]
    if not listed:
        assert not imported, f"{name_of(path)} imports names but has no __all__"
        return
    assert listed[0] == sorted(listed[0]), f"__all__ of {name_of(path)} is not sorted"
    defined = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    assert set(listed[0]) <= imported | defined


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_stay_small(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= LARGEST_MODULE, f"{name_of(path)} has {lines} lines: two thoughts?"
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            assert size <= LARGEST_FUNCTION, f"{name_of(path)}:{node.lineno} {node.name} has {size} lines"


def test_sizes_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = sorted(path.read_text().count("\n") for path in MODULES)
    functions = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    report = (
        f"{len(sizes)} modules, median {sizes[len(sizes) // 2]} lines, largest {sizes[-1]}; "
        f"{len(functions)} functions, median {functions[len(functions) // 2]} lines, "
        f"90th percentile {functions[len(functions) * 9 // 10]}, largest {functions[-1]}"
    )
    with capsys.disabled():
        print(f"\n{report}")
    assert functions[len(functions) // 2] <= 10, report
    assert functions[len(functions) * 9 // 10] <= 41, report
