"""The floors of the package, read from its folders; and the sizes of modules and functions."""

import ast
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import sm_imgcheck

PACKAGE = Path(sm_imgcheck.__file__).parent
FLOORS = ("core", "ops", "rules", "io", "serving", "spec", "pipeline", "features", "report", "run", "cli")
"""Each folder imports from itself and from the folders before it. Modules at the top import from every folder."""
PURE = ("core", "ops", "rules", "spec", "report")
"""Folders that load no array or file library when they are imported."""
HEAVY = {"numpy", "cv2", "PIL", "yaml", "simplejpeg", "orjson", "rich", "typer"}
HEAVY_ALLOWED = (
    "ops/combined/",
    "ops/execute.py",
    "ops/kernels/",
    "spec/load.py",
    "spec/yaml.py",
    "spec/yaml_errors.py",
    "report/_tables.py",
)
FILES = sorted(PACKAGE.rglob("*.py"))
NAMES = [file.relative_to(PACKAGE).as_posix() for file in FILES]
TOP = ("__init__.py", "__main__.py", "api.py")


@cache
def declarations(name: str) -> list[ast.stmt]:
    """The imports, classes and functions of a module, at its top and inside functions; each module is read once."""
    return declarations_in(ast.parse((PACKAGE / name).read_text(encoding="utf-8")))


def declarations_in(tree: ast.AST) -> list[ast.stmt]:
    kinds = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def imports(nodes: Iterable[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Dotted names of all imports with their lines."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def breaches(name: str, nodes: Iterable[ast.stmt]) -> list[str]:
    """The imports of one module that point up, or that are too heavy for its floor."""
    floor = name.partition("/")[0]
    found = []
    for imported, line in imports(nodes):
        package, _, rest = imported.partition(".")
        target = rest.partition(".")[0]
        up = package == "sm_imgcheck" and (target not in FLOORS or FLOORS.index(target) > FLOORS.index(floor))
        if up or (floor in PURE and package in HEAVY and not name.startswith(HEAVY_ALLOWED)):
            found.append(f"line {line}: {floor} imports {imported}")
    return found


def test_package_folders_equal_the_floors():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__", "manual"}
    assert folders == set(FLOORS)
    assert {path.name for path in PACKAGE.glob("*.py")} == set(TOP)


def test_imports_point_to_lower_floors():
    found = {name: breaches(name, declarations(name)) for name in NAMES if name not in TOP}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("core/types/facts.py", "from sm_imgcheck.spec import parse"),
        ("rules/dtype.py", "from sm_imgcheck.report import Run"),
        ("rules/dtype.py", "def f():\n    import numpy as np"),
        ("report/formats/text.py", "from PIL import Image"),
        ("run/work.py", "from sm_imgcheck.cli import main"),
        ("io/stores/local.py", "from sm_imgcheck.brand_new import x"),
        ("pipeline/process.py", "from sm_imgcheck import api"),
    ],
)
def test_planted_import_is_reported(name, source):
    assert len(breaches(name, declarations_in(ast.parse(source)))) == 1


def test_modules_have_no_import_cycle():
    modules = {module_of(name): declarations(name) for name in NAMES}
    assert cycles({name: set(imported_modules(name, nodes, modules)) for name, nodes in modules.items()}) == set()


def test_planted_cycle_is_reported():
    source = "if TYPE_CHECKING:\n    from sm_imgcheck.b import B\n"
    sources = {"a": source, "b": "def f():\n    from sm_imgcheck import a, c\n", "c": ""}
    modules = {f"sm_imgcheck.{name}": declarations_in(ast.parse(text)) for name, text in sources.items()}
    graph = {name: set(imported_modules(name, nodes, modules)) for name, nodes in modules.items()}
    assert cycles(graph) == {"sm_imgcheck.a", "sm_imgcheck.b"}


def module_of(name: str) -> str:
    return ".".join(("sm_imgcheck", *Path(name).with_suffix("").parts)).removesuffix(".__init__")


def cycles(graph: Mapping[str, set[str]]) -> set[str]:
    """Return the modules that are in a cycle, or between two of them."""
    graph = {name: used - {name} for name, used in graph.items()}
    while leaves := {name for name, used in graph.items() if not used & graph.keys()}:
        graph = {name: used for name, used in graph.items() if name not in leaves}
    while roots := graph.keys() - set().union(*graph.values()):
        graph = {name: used for name, used in graph.items() if name not in roots}
    return set(graph)


def imported_modules(own: str, nodes: Iterable[ast.stmt], modules: Container[str]) -> Iterator[str]:
    """Modules that a module imports anywhere: at the top, in functions and for types."""
    for name, _ in imports(nodes):
        parts = name.split(".")
        names = (".".join(parts[:length]) for length in range(len(parts), 1, -1))
        if (module := next((name for name in names if name in modules), own)) != own:
            yield module


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("ops/kernels/", "io/images/"))])
def test_image_libraries_are_imported_where_they_are_used(name):
    """A kernel's source text is complete in generated code, and loading one library loads no other."""
    at_top = (node for node in declarations(name) if node.col_offset == 0)
    assert not {"PIL", "cv2", "simplejpeg"} & {name.partition(".")[0] for name, _ in imports(at_top)}


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of the body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def test_modules_and_functions_are_short():
    lengths = {name: (PACKAGE / name).read_text(encoding="utf-8").count("\n") for name in NAMES}
    assert {name: lines for name, lines in lengths.items() if lines > 350} == {}
    functions = [
        (f"{name}: {node.name}", node)
        for name in NAMES
        for node in declarations(name)
        if isinstance(node, ast.FunctionDef)
    ]
    assert {name: body_lines(node) for name, node in functions if body_lines(node) > 50} == {}
    assert [name for name, node in functions if node.end_lineno - node.lineno + 1 > 80] == []


def test_class_names_have_one_meaning():
    places = defaultdict(list)
    for name in NAMES:
        for node in declarations(name):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{name}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
