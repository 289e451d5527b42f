"""YOLOX experiments: ``test_size`` of a class ``Exp``. Code is never executed."""

from __future__ import annotations

import ast
import re

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import dotted_name, literal, parse_module
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["IMPORTER"]

_TITLE = "YOLOX experiment"
_CLASS = re.compile(r"^class Exp\(", re.MULTILINE)
_ATTRIBUTE = "self.test_size"
_DEFAULT = (640, 640)
_SOURCE = "preproc of yolox/data/data_augment.py"
_OWN_CLASS = re.compile(r"from yolox\.exp import (?:\w+, *)*Exp\b")
_OWN_TRANSFORM = re.compile(r"ValTransform|rgb_means|legacy|def preproc\b")
"""ByteTrack's ValTransform makes RGB with mean and std of ImageNet."""


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
    builder.default("layout", "NCHW", _SOURCE)
    builder.default("dtype", "float32", _SOURCE)
    builder.default("decode.library", "opencv", "cv2.imread")
    size = _add_size(builder, tree)
    if _OWN_TRANSFORM.search(file.text) or not _OWN_CLASS.search(file.text):
        for key in ("channel_order", "value_range", "resize"):
            builder.unknown(key, "the file has its own transform or another base class, which are not read")
        return builder.build(_TITLE, "pixels")
    builder.default("channel_order", "BGR", "cv2.imread, which preproc keeps")
    builder.default("value_range", [0, 255], _SOURCE)
    builder.note("since YOLOX 0.2; models of 0.1 and --legacy take RGB with the mean and std of ImageNet")
    if size is not None:
        builder.default("geometry[0]", _resize(size), _SOURCE)
        builder.default("geometry[1]", {"pad": {"size": [*size], "position": "top_left", "fill": [114] * 3}}, _SOURCE)
    return builder.build(_TITLE, "pixels", missing=f"{_ATTRIBUTE}: expected one pair of pixels")


def _add_size(builder: DraftBuilder, tree: ast.Module) -> tuple[int, int] | None:
    """Height and width; None where they are not literals, or given twice."""
    values = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and any(dotted_name(target) == _ATTRIBUTE for target in node.targets)
    ]
    if not values:
        builder.default("shape", ["N", 3, *_DEFAULT], "test_size of yolox.exp.Exp")
        return _DEFAULT
    value = literal(values[0]) if len(values) == 1 else None
    sides = [side(entry) for entry in value] if isinstance(value, list) else []
    height, width = sides if len(sides) == 2 else (None, None)
    if not height or not width:
        return None
    builder.state("shape", ["N", 3, height, width], _ATTRIBUTE)
    return height, width


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
