"""Which operations of ``nvidia.dali.fn`` the result of a pipeline went through, by the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._python_calls import PythonCall, call_of, dotted_name, last_name, literal
from sm_imgcheck.spec.importers._python_names import BoundNames

__all__ = ["SCALE", "Pipeline", "pipelines_of"]

SCALE = "*"
"""Name of an operation that multiplies all values by its only argument."""
_SOURCES = ("external_source", "readers.", "inputs.")
_MOST_STATEMENTS = 500

Operations = tuple[PythonCall, ...]
_Flow = dict[str, Operations | None]
"""Operations by variable; None where they are not known."""


@frozen
class Pipeline:
    """One function with ``@pipeline_def``."""

    name: str
    operations: Operations | None
    """From the decoder to the returned image; None where they cannot be read."""
    is_random: bool = False
    """Whether the function names an operation of ``fn.random`` or ``decoders.image_random_crop``."""
    decodes: bool = True
    """Whether the function names a decoder of images."""

    @property
    def problem(self) -> str:
        """Why the operations are not known; empty: they are."""
        return "" if self.operations is not None else f"{self.name}: one chain of operations of fn is expected"


def pipelines_of(tree: ast.Module) -> Iterator[Pipeline]:
    """The pipelines of a module, in its order."""
    names = BoundNames(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(_is_pipeline, node.decorator_list)):
            yield _read(node, names)


def _is_pipeline(node: ast.expr) -> bool:
    return last_name(node.func if isinstance(node, ast.Call) else node) == "pipeline_def"


def _read(function: ast.FunctionDef, names: BoundNames) -> Pipeline:
    flow: _Flow = {}
    result: Operations | None = None
    text = " ".join(dotted_name(node) for node in ast.walk(function) if isinstance(node, ast.Attribute))
    for statement in function.body[:_MOST_STATEMENTS]:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            _bind(flow, statement.targets[0], statement.value, names)
        elif isinstance(statement, ast.Return):
            result = _image_operations(flow, statement.value, names)
            break
        elif any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            break  # under a condition
        elif not isinstance(statement, ast.Expr | ast.Pass):
            flow.update(dict.fromkeys(_stores(statement)))
    decodes = "decoders.image" in text
    return Pipeline(name=function.name, operations=result, is_random="random" in text, decodes=decodes)


def _stores(statement: ast.stmt) -> Iterator[str]:
    """Variables that a statement with a block may bind."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _bind(flow: _Flow, target: ast.expr, value: ast.expr, names: BoundNames) -> None:
    """Readers return the encoded image first, then labels."""
    if isinstance(target, ast.Tuple):
        flow.update(dict.fromkeys(_stores(ast.Assign(targets=[target], value=value))))
        target = target.elts[0] if target.elts else target
    if isinstance(target, ast.Name):
        flow[target.id] = _chain(flow, value, names)


def _image_operations(flow: _Flow, value: ast.expr | None, names: BoundNames) -> Operations | None:
    """The operations of the only returned value that is an image."""
    entries = value.elts if isinstance(value, ast.Tuple | ast.List) else [value] if value is not None else []
    chains = [_chain(flow, entry, names) for entry in entries]
    images = [chain for chain in chains if chain and any(call.name.startswith("decoders.image") for call in chain)]
    return images[0] if len(images) == 1 else None


def _chain(flow: _Flow, node: ast.expr, names: BoundNames) -> Operations | None:
    """The operations that an expression went through."""
    if isinstance(node, ast.Name):
        return flow.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Mult):
        return _scale(flow, node, names)
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("gpu", "cpu") and not node.args:
            return _chain(flow, node.func.value, names)
        return _call(flow, node, names)
    return None


def _call(flow: _Flow, node: ast.Call, names: BoundNames) -> Operations | None:
    """The operations before a function of ``fn``, and this one."""
    name = dotted_name(node.func)
    operation = name.partition("fn.")[2] if name.startswith("fn.") or ".fn." in name else ""
    if operation.startswith(_SOURCES):
        return ()
    before = _chain(flow, node.args[0], names) if operation and len(node.args) == 1 else None
    if before is None or any(keyword.arg is None for keyword in node.keywords):
        return None
    values = {**names.values(node), **dict.fromkeys(flow)}
    return (*before, PythonCall(name=operation, arguments=call_of(node, values).arguments))


def _scale(flow: _Flow, node: ast.BinOp, names: BoundNames) -> Operations | None:
    """``images / 255`` and ``images * factor``."""
    before, factor = _chain(flow, node.left, names), literal(node.right, names.values(node))
    if before is None or isinstance(factor, bool) or not isinstance(factor, int | float) or not factor > 0:
        return None
    scale: Json = 1 / factor if isinstance(node.op, ast.Div) else factor
    return (*before, PythonCall(name=SCALE, arguments={"0": scale}))
