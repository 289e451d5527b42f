"""YOLOX experiments: ``test_size`` of a class ``Exp``. Code is never executed."""

from __future__ import annotations

import ast
import re

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import last_name, literal, parse_module
from sm_imgcheck.spec.importers._python_names import BoundNames
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["IMPORTER"]

_TITLE = "YOLOX experiment"
_CLASS = re.compile(r"^class Exp\(", re.MULTILINE)
_NAME = "test_size"
_ATTRIBUTE = f"self.{_NAME}"
_DEFAULT = (640, 640)
_SOURCE = "preproc of yolox/data/data_augment.py"
_OWN_CLASS = re.compile(r"from yolox\.exp import (?:\w+, *)*Exp\b")
_OWN_TRANSFORM = re.compile(
    r"ValTransform|rgb_means|legacy|def (?:preproc|get_eval_\w+)\b|\bpreproc\s*=\s*(?!\s|TrainTransform\b)"
)
"""ByteTrack's ValTransform makes RGB with mean and std of ImageNet; the data of ``get_eval_loader`` has any."""


def matches(file: SourceFile) -> float:
    """By an import from yolox.exp and a class Exp."""
    return 0.85 if _CLASS.search(file.start) and "yolox.exp" in file.start else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the tensor that ``preproc`` makes: BGR pixels in the top left corner, without normalization."""
    del input_name
    tree = parse_module(file.text)
    if tree is None:
        raise ImgcheckError(f"{for_terminal(file.name)}: Python: cannot be parsed, expected a YOLOX experiment")
    builder = DraftBuilder(file)
    if _OWN_TRANSFORM.search(file.text) or not _OWN_CLASS.search(file.text):
        reason = "the file has its own transform or another base class, which are not read"
        return builder.build(_TITLE, "pixels", missing=reason)
    builder.default("layout", "NCHW", _SOURCE)
    builder.default("dtype", "float32", _SOURCE)
    builder.default("decode.library", "opencv", "cv2.imread")
    size = _add_size(builder, file.text, tree)
    builder.default("channel_order", "BGR", "cv2.imread, which preproc keeps")
    builder.default("value_range", [0, 255], _SOURCE)
    builder.note("since YOLOX 0.2; models of 0.1 and --legacy take RGB with the mean and std of ImageNet")
    if size is not None:
        builder.default("geometry[0]", _resize(size), _SOURCE)
        builder.default("geometry[1]", {"pad": {"size": [*size], "position": "top_left", "fill": [114] * 3}}, _SOURCE)
    return builder.build(_TITLE, "pixels", missing=f"{_ATTRIBUTE}: expected one pair of pixels in __init__")


def _add_size(builder: DraftBuilder, text: str, tree: ast.Module) -> tuple[int, int] | None:
    """Height and width; None where the file names ``test_size`` without stating it."""
    if _NAME not in text:
        builder.default("shape", ["N", 3, *_DEFAULT], "test_size of yolox.exp.Exp")
        return _DEFAULT
    value = _stated_size(tree)
    sides = [side(entry) for entry in value] if isinstance(value, list) else []
    height, width = sides if len(sides) == 2 else (None, None)
    if not height or not width:
        return None
    builder.state("shape", ["N", 3, height, width], _ATTRIBUTE)
    return height, width


def _stated_size(tree: ast.Module) -> Json:
    """What ``Exp.__init__`` assigns after the constructor of its base, which sets the default; None for any other form.

    The class may not set it again, and the file may not set it by name, as ``setattr`` or a keyword, or on an object.
    """
    nodes = list(ast.walk(tree))
    classes = [node for node in nodes if isinstance(node, ast.ClassDef) and node.name == "Exp"]
    if len(classes) != 1 or any(map(_sets_elsewhere, nodes)):
        return None
    value = BoundNames(ast.Module(body=[*classes], type_ignores=[])).node(_ATTRIBUTE, classes[0])
    constructors = [node for node in classes[0].body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    last = None
    for statement in constructors[0].body if len(constructors) == 1 else []:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is value:
            last = value
        elif _calls_constructor(statement):
            last = None
    return None if last is None else literal(last)


def _sets_elsewhere(node: ast.AST) -> bool:
    """Whether a node sets ``test_size`` by its name, or on another object than ``self``."""
    if isinstance(node, ast.Constant):
        return node.value == _NAME
    if isinstance(node, ast.keyword):
        return node.arg == _NAME
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and node.attr == _NAME:
        return last_name(node.value) != "self"
    if isinstance(node, ast.Call) and last_name(node.func) == "setattr":
        return not any(isinstance(entry, ast.Constant) for entry in node.args[1:2])
    return False


def _calls_constructor(statement: ast.stmt) -> bool:
    """Whether a statement calls ``super().__init__`` or that of a class."""
    return any(isinstance(node, ast.Attribute) and node.attr == "__init__" for node in ast.walk(statement))


def _resize(size: tuple[int, int]) -> Json:
    """As ``preproc`` resizes: int(side * ratio)."""
    common: dict[str, Json] = {"rounding": "floor", "interpolation": "bilinear", "library": "opencv"}
    return {"resize": {"mode": "longest_edge", "size": [*size], **common}}


IMPORTER = Importer(
    rank=98,
    title=_TITLE,
    requires="Python code with a class Exp of yolox.exp and self.test_size",
    marks=("yolox.exp", "test_size", "class Exp", "self.depth", "mosaic"),
    matches=matches,
    read=read,
    is_code=True,
)
