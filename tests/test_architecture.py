"""The floors: who may import whom. And the sizes: what fits on half a screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sm_imgcheck

PACKAGE = Path(sm_imgcheck.__file__).parent
FLOORS = (
    ("value", "errors", "folder", "escape", "ordinary", "parse_cost"),  # 0 words
    ("model", "endpoints", "serving"),
    ("layouts", "mapping", "geometry", "policy", "guard"),
    ("assumptions", "evidence", "naming"),  # 1 rules: the arithmetic of facts
    ("effects", "spec", "traits"),
    ("checks", "report", "diagnosis"),
    ("planning",),
    ("judging",),
    ("prior",),
    ("pixels", "tensors", "bundle", "drawing"),  # 2 codecs
    ("arrayfile",),
    ("payload",),
    ("stacks",),
    ("yamltext", "stores"),  # 3 hands
    ("source", "specfile", "sending"),
    ("fix", "code", "identifying", "handler"),  # 4 work
    ("provenance",),
    ("processing",),
    ("request", "golden", "recognition"),
    ("illustration", "packing"),
    ("engine",),  # 5 run
    ("api", "cli"),  # 6 door
    ("__init__", "__main__"),
)
"""From the ground up. A part, a module or a folder of the package, may import from itself and from lower lines."""
RANK = {part: rank for rank, parts in enumerate(FLOORS) for part in parts}
PURE = {part for parts in FLOORS[:8] for part in parts}
HEAVY = {"numpy", "cv2", "PIL", "yaml", "simplejpeg", "orjson", "rich", "typer"}
FILES = sorted(PACKAGE.rglob("*.py"))


def part_of(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Dotted names of all that is imported, with the line: at the top and inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def breaches(part: str, source: str) -> list[str]:
    """The imports of one source text that point up or sideways, or are too heavy for its floor."""
    found = []
    for name, line in imports(ast.parse(source)):
        top, _, rest = name.partition(".")
        if top == "sm_imgcheck":
            target = rest.partition(".")[0]
            if target != "__version__" and target != part and RANK.get(target, 99) >= RANK[part]:
                found.append(f"line {line}: {part} imports {name}")
        elif part in PURE and top in HEAVY:
            found.append(f"line {line}: {part} imports {name}")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_arrows_point_down(file):
    assert part_of(file) in RANK, "a new part of the package needs its place in FLOORS"
    found = breaches(part_of(file), file.read_text(encoding="utf-8"))
    if file.relative_to(PACKAGE).as_posix() == "report/table.py":
        found = [one for one in found if "imports rich." not in one]
    assert not found


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("model", "from sm_imgcheck.spec import parse"),
        ("checks", "from sm_imgcheck.report import Run"),
        ("checks", "def f():\n    import numpy as np"),
        ("report", "from PIL import Image"),
        ("engine", "from sm_imgcheck.cli import main"),
        ("source", "from sm_imgcheck.brand_new import x"),
    ],
)
def test_a_planted_arrow_is_seen(part, source):
    assert len(breaches(part, source)) == 1


def top_level(tree: ast.Module) -> Iterator[str]:
    """What a module imports when it is imported; ``if TYPE_CHECKING`` does not run."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (name.partition(".")[0] for name, _ in imports(node))


@pytest.mark.parametrize("file", sorted((PACKAGE / "pixels").rglob("*.py")), ids=lambda file: file.name)
def test_image_libraries_are_imported_by_the_ops_that_use_them(file):
    """So that an op's source stands alone in generated code, and loading one library does not cost the others."""
    assert not {"PIL", "cv2", "simplejpeg"} & set(top_level(ast.parse(file.read_text(encoding="utf-8"))))


def lines_of(function: ast.FunctionDef) -> int:
    """Lines of the body; the signature and the docstring are words."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_what_is_read_together_fits_on_a_screen(file):
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 310
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert not {function.name: lines_of(function) for function in functions if lines_of(function) > 45}
