"""The steps of a pipeline of Apache Beam before ``RunInference``, by the syntax tree of its file.

Sources: apache/beam, sdks/python/apache_beam/transforms/core.py and ml/inference/base.py.
"""

from __future__ import annotations

import ast
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from .instances import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .calls import UserFile

    Step = Callable[[Any], list[Any]]
    """From one element to those after the step."""

__all__ = ["PipelineSteps", "UnknownStep", "make_dofn"]

_OF_FUNCTIONS: dict[str, Callable[[Any, Any], list[Any]]] = {
    "Map": lambda function, item: [function(item)],
    "MapTuple": lambda function, item: [function(*item)],
    "FlatMap": lambda function, item: list(function(item)),
    "FlatMapTuple": lambda function, item: list(function(*item)),
}
_KEEPING = ("Reshuffle", "WindowInto", "Filter", "LogElements", "Distinct")
"""Transforms that pass elements on unchanged."""
_SETTINGS = ("with_input_types", "with_output_types", "with_resource_hints", "with_postprocess_fn", "with_no_batching")
"""Methods of transforms and model handlers that leave the elements unchanged."""
_PIPELINES = ("p", "pipeline", "root", "pbegin")
_MOST_STEPS = 100


class UnknownStep(Exception):
    """A step that cannot be run outside its pipeline; the text is its code."""


def make_dofn(user: UserFile, kind: type, instance: Callable[[], Any] | None = None) -> Any:
    """A DoFn after its setup. instance: makes it; None: its arguments are paths or names, which ``setup`` opens."""
    parameters = inspect.signature(kind).parameters.values()
    values = ["model" for item in parameters if item.default is item.empty and item.kind in (0, 1)]
    function: Any = prepare(user, f"{kind.__name__}(...)", instance or partial(kind, *values))
    for name in ("setup", "start_bundle"):
        if inspect.isfunction(inspect.getattr_static(kind, name, None)):
            prepare(user, name, getattr(function, name))
    return function


class PipelineSteps:
    """Pipelines of a file. Only names that the whole file binds once are followed."""

    def __init__(self, user: UserFile) -> None:
        self.user = user
        tree = ast.parse(user.source)
        nodes = list(ast.walk(tree))
        self._pipes = [node for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)]
        self._parameters = {node.arg for node in nodes if isinstance(node, ast.arg)} - {*_PIPELINES}
        self._bound: dict[str, list[ast.expr | None]] = {}
        """Expressions of each name; None for a change that is not read."""
        for node in nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._bound.setdefault(node.targets[0].id, []).append(node.value)
        for node in nodes:
            if isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.NamedExpr)) and isinstance(node.target, ast.Name):
                self._bound.setdefault(node.target.id, []).append(None)
        self._expands = dict(_expand_functions(nodes))

    def before_model(self) -> list[Step] | None:
        """The steps of the only pipeline with ``RunInference``; None for another number. Raises UnknownStep."""
        ends = [node for node in self._pipes if _name(_without_label(node.right)) == "RunInference"]
        if len(ends) != 1:
            return None
        calls = list(self._calls(ends[0].left, set()))[:_MOST_STEPS]
        first = next((at for at, call in enumerate(calls) if _name(call) in (*_OF_FUNCTIONS, "ParDo")), len(calls))
        model = _without_label(ends[0].right)
        return [step for call in calls[first:] for step in self._steps(call)] + [*self._handler_steps(model)]

    def _calls(self, node: ast.expr, names_so_far: set[str]) -> Iterator[ast.Call]:
        """The transforms of ``a | b | "label" >> c``, also of a name's pipeline and of ``expand``."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            yield from self._calls(node.left, names_so_far)
            yield from self._calls(node.right, names_so_far)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
            yield from self._calls(node.right, names_so_far)
        elif isinstance(node, ast.Call) and (function := self._expands.get(_name(node))) is not None:
            results = [entry.value for entry in ast.walk(function) if isinstance(entry, ast.Return)]
            if len(results) != 1 or results[0] is None:
                raise UnknownStep(_text(node))
            yield from self._calls(results[0], {*names_so_far, *(entry.arg for entry in function.args.args)})
        elif isinstance(node, ast.Call):
            yield node
        elif not isinstance(node, ast.Name) or (node.id in self._parameters and node.id not in names_so_far):
            raise UnknownStep(_text(node))
        elif expressions := self._bound.get(node.id):
            if len(expressions) != 1 or node.id in names_so_far or expressions[0] is None:
                raise UnknownStep(_text(node))
            yield from self._calls(expressions[0], {*names_so_far, node.id})

    def _steps(self, call: ast.expr) -> Iterator[Step]:
        """The step of one transform; none where it keeps the elements."""
        while isinstance(call, ast.Call) and _name(call) in _SETTINGS and isinstance(call.func, ast.Attribute):
            call = call.func.value
        name = _name(call)
        if name in _KEEPING:
            return
        if not isinstance(call, ast.Call) or not call.args:
            raise UnknownStep(_text(call))
        if name in _OF_FUNCTIONS:
            others = [self._value(argument) for argument in call.args[1:]]
            keywords = {entry.arg: self._value(entry.value) for entry in call.keywords if entry.arg}
            function = self._value(call.args[0])
            yield partial(_OF_FUNCTIONS[name], lambda *item: function(*item, *others, **keywords))
        elif name == "ParDo" and inspect.isclass(kind := self.user.names.get(_name(call.args[0]))):
            try:
                instance = self._value(call.args[0])
                dofn = make_dofn(self.user, kind, lambda: instance)
            except UnknownStep:
                dofn = make_dofn(self.user, kind)
            yield lambda item: list(dofn.process(item) or ())
        else:
            raise UnknownStep(_text(call))

    def _handler_steps(self, model: ast.expr) -> Iterator[Step]:
        """The functions that a model handler calls with each element; the last one of the code is the first."""
        node = _argument(model, "model_handler")
        while node is not None:
            expressions = self._bound.get(node.id, []) if isinstance(node, ast.Name) else []
            name = _name(node)
            if len(expressions) == 1:
                node = expressions[0]
            elif name == "with_preprocess_fn" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                function = self._value(_argument(node, "fn"))
                yield partial(_OF_FUNCTIONS["Map"], function)
                node = node.func.value
            elif name in _SETTINGS and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                node = node.func.value
            elif name == "KeyedModelHandler":
                yield lambda item: [item[1]]
                node = _argument(node, "unkeyed")
            elif name in ("HuggingFacePipelineModelHandler", "MaybeKeyedModelHandler") or len(expressions) > 1:
                raise UnknownStep(_text(node))
            else:
                return

    def _value(self, node: ast.expr | None) -> Any:
        """The value of an expression in the file's module. Raises UnknownStep, as for names of a function."""
        try:
            assert node is not None
            return eval(compile(ast.Expression(node), "<step>", "eval"), vars(self.user.module))  # noqa: S307
        except Exception:  # noqa: BLE001 - the user's code
            raise UnknownStep(_text(node)) from None


def _expand_functions(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.FunctionDef]]:
    """``expand`` of classes by their name, and functions with ``@ptransform_fn``."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and any("ptransform_fn" in _name(entry) for entry in node.decorator_list):
            yield node.name, node
        for member in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(member, ast.FunctionDef) and member.name == "expand":
                yield node.name, member  # type: ignore[attr-defined]


def _without_label(node: ast.expr) -> ast.expr:
    return node.right if isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift) else node


def _name(node: ast.expr | None) -> str:
    """``Map`` of ``beam.Map(f)``."""
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else str(getattr(target, "id", ""))


def _argument(node: ast.expr, name: str) -> ast.expr | None:
    """The first argument of a call, which may have this name."""
    if not isinstance(node, ast.Call):
        return None
    return next(iter([*node.args, *(entry.value for entry in node.keywords if entry.arg == name)]), None)


def _text(node: ast.AST | None) -> str:
    """The beginning of an expression's code."""
    return ast.unparse(node)[:80] if node is not None and hasattr(ast, "unparse") else type(node).__name__
