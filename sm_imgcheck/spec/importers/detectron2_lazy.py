"""Detectron2 LazyConfig: ``dataloader.test`` of a Python configuration. Code is never executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall, call_of, dotted_name, last_name, literal, parse_module
from sm_imgcheck.spec.importers._python_names import BoundNames
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["IMPORTER"]

_TITLE = "Detectron2 LazyConfig"
_LAZY = ("L", "LazyCall")
_MAPPER = "dataloader.test.mapper"
_TRAIN_FORMAT = re.compile(r"\$\{\.*(?:dataloader\.)?train\.mapper\.image_format\}$")
"""How configurations refer to the format of the training data."""
_LIBRARY = {"interpolation": "bilinear", "library": "pillow"}
_SOURCE = "DatasetMapper of Detectron2"

_Settings = dict[str, ast.expr]
"""Expressions by dotted path, those in ``LazyCall(...)(key=value)`` too."""


def matches(file: SourceFile) -> float:
    """By LazyCall of detectron2 and a data loader."""
    is_lazy = file.json is None and "LazyCall" in file.start and "detectron2" in file.start
    return 0.85 if is_lazy and "dataloader.test" in file.text else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of one image as ``DatasetMapper`` gives it to the model, without a batch."""
    del input_name
    tree = parse_module(file.text)
    if tree is None:
        raise ImgcheckError(f"{for_terminal(file.name)}: Python: cannot be parsed, expected a LazyConfig")
    settings, names = _settings_of(tree), BoundNames(tree)
    builder = DraftBuilder(file)
    if reason := _problem(tree, settings):
        return builder.build(_TITLE, "pixels", missing=reason)
    _add_order(builder, settings, names)
    builder.default("value_range", [0, 255], "the model subtracts pixel_mean and divides by pixel_std inside")
    builder.note("the model normalizes inside: send pixels 0..255")
    builder.default("dtype", "uint8", f"{_SOURCE} keeps the type of the pixels")
    builder.default("layout", "CHW", f"{_SOURCE}: channels first, without a batch")
    builder.default("decode.exif", "apply", "read_image of Detectron2 applies the orientation")
    _add_resize(builder, settings, names)
    return builder.build(_TITLE, "pixels")


def _settings_of(tree: ast.Module) -> _Settings:
    """What the statements of the module set, in their order: a later one replaces what is below its path."""
    settings: _Settings = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            path = dotted_name(statement.targets[0])
            settings = {key: value for key, value in settings.items() if not f"{key}.".startswith(f"{path}.")}
            settings.update(_flatten(path, statement.value))
    return settings


def _flatten(path: str, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """A value, and the arguments of ``LazyCall(...)`` in it."""
    yield path, node
    if isinstance(node, ast.Call) and _lazy_name(node):
        for keyword in node.keywords:
            yield from _flatten(f"{path}.{keyword.arg}", keyword.value)


def _lazy_name(node: ast.expr | None) -> str:
    """``DatasetMapper`` of ``L(DatasetMapper)(...)``; empty for anything else."""
    inner = node.func if isinstance(node, ast.Call) else None
    is_lazy = isinstance(inner, ast.Call) and last_name(inner.func) in _LAZY and len(inner.args) == 1
    return last_name(inner.args[0]) if is_lazy else ""  # type: ignore[union-attr]


def _problem(tree: ast.Module, settings: _Settings) -> str:
    """Why all fields are unknown; empty: the file states the mapper of the test data."""
    if reason := _changes(tree):
        return reason
    mapper = settings.get(_MAPPER)
    if mapper is not None and _lazy_name(mapper) != "DatasetMapper":
        return f"{_MAPPER}: expected LazyCall(DatasetMapper)(...), whose result is known"
    if mapper is None and f"{_MAPPER}.augmentations" not in settings:
        return f"{_MAPPER}: not in this file; import the file of the data loader, such as common/data/coco.py"
    return ""


def _changes(tree: ast.Module) -> str:
    """How code other than assignments of the module may change the mapper; empty where none does."""
    top = {id(statement) for statement in tree.body}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute | ast.Subscript)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign) and id(node) not in top and _touches(node):
            return "dataloader: set in a branch or function"
        if isinstance(node, ast.Subscript | ast.Delete) and _touches(node):
            return "dataloader: an item is set or deleted"
        if isinstance(node, ast.Call) and dotted_name(node.func).startswith("dataloader.test"):
            return "dataloader.test: changed by a method"
        if id(node) not in inner and _passes_mapper(node):
            return f"{_MAPPER}: passed on or under another name, which may change it"
    return ""


def _passes_mapper(node: ast.AST) -> bool:
    """Whether an expression reads the mapper, or an object that has it."""
    if not isinstance(node, ast.Attribute | ast.Name) or not isinstance(node.ctx, ast.Load):
        return False
    path = dotted_name(node)
    return f"{_MAPPER}.".startswith(f"{path}.") or path.startswith(f"{_MAPPER}.")


def _touches(node: ast.AST) -> bool:
    """Whether a statement stores to the data loader, or an item of it is stored or deleted."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(_root(target) == "dataloader" for target in targets)
    if isinstance(node, ast.Delete):
        return any(_root(target) == "dataloader" for target in node.targets)
    return isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and _root(node) == "dataloader"


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _add_order(builder: DraftBuilder, settings: _Settings, names: BoundNames) -> None:
    key = f"{_MAPPER}.image_format"
    value = _literal(settings.get(key), names)
    if isinstance(value, str) and _TRAIN_FORMAT.match(value):
        key = "dataloader.train.mapper.image_format"
        value = _literal(settings.get(key), names)
    if value in ("BGR", "RGB"):
        builder.state("channel_order", value, key)
    else:
        builder.unknown("channel_order", f"{key}: expected BGR or RGB in this file")


def _add_resize(builder: DraftBuilder, settings: _Settings, names: BoundNames) -> None:
    """One ``ResizeShortestEdge`` or ``Resize``, or no augmentation."""
    node = settings.get(f"{_MAPPER}.augmentations")
    entries = node.elts if isinstance(node, ast.List | ast.Tuple) else None
    calls = [_call(entry, names) for entry in entries or ()]
    step = _step(calls[0]) if len(calls) == 1 else None
    if entries is None or (entries and step is None):
        expected = "one ResizeShortestEdge or Resize with numbers and the default interpolation"
        builder.unknown("resize", f"{_MAPPER}.augmentations: expected {expected}")
        builder.infer("shape", [3, "H", "W"], "the size of the image is not known")
        return
    if step is None:
        builder.infer("resize.mode", "none", "augmentations: an empty list")
    for key, value in (step or {}).items():
        builder.state(f"resize.{key}", value, f"{_MAPPER}.augmentations: {calls[0].name}")
    size = step["size"] if step is not None and step["mode"] == "stretch" else ["H", "W"]
    assert isinstance(size, list)
    builder.infer("shape", [3, *size], "augmentations")


def _call(node: ast.expr, names: BoundNames) -> PythonCall:
    arguments = call_of(node, names.values(node)).arguments if isinstance(node, ast.Call) else {}
    return PythonCall(name=_lazy_name(node), arguments=arguments)


def _step(call: PythonCall) -> dict[str, Json] | None:
    """``resize`` of the spec language; None for other augmentations, and for a random or computed size."""
    if call.name == "Resize" and call.arguments.keys() == {"shape"}:
        value = call.arguments["shape"]
        sides = [side(entry) for entry in value] if isinstance(value, list) else [side(value)] * 2
        return {"mode": "stretch", "size": [*sides], **_LIBRARY} if len(sides) == 2 and None not in sides else None
    if call.name != "ResizeShortestEdge" or not call.arguments.keys() <= {
        "short_edge_length",
        "max_size",
        "sample_style",
    }:
        return None
    value = call.arguments.get("short_edge_length")
    edges = {side(entry) for entry in value} if isinstance(value, list) else {side(value)}
    longest = side(call.arguments.get("max_size"))
    if len(edges) != 1 or None in edges or ("max_size" in call.arguments and longest is None):
        return None
    limit: dict[str, Json] = {} if longest is None else {"max_size": longest}
    return {"mode": "shortest_edge", "size": edges.pop(), **limit, "rounding": "half_up", **_LIBRARY}


def _literal(node: ast.expr | None, names: BoundNames) -> Json:
    return None if node is None else literal(node, names.values(node))


IMPORTER = Importer(
    rank=88,
    title=_TITLE,
    requires="Python code with LazyCall of detectron2 and dataloader.test",
    marks=("LazyCall", "detectron2", "dataloader", "ResizeShortestEdge", "DatasetMapper"),
    matches=matches,
    read=read,
    is_code=True,
)
