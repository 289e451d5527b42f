"""The steps of a pipeline of Apache Beam before ``RunInference``, by the syntax tree of its file.

Sources: apache/beam, sdks/python/apache_beam/transforms/core.py and ml/inference/base.py.
"""

from __future__ import annotations

import ast
import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from .bindings import CONTEXT, Bindings
from .instances import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .calls import UserFile

    Step = Callable[[Any], list[Any]]
    """From one element to those after the step."""
    _Arguments = dict[str, ast.expr]
    _Inputs = dict[tuple[ast.AST, str], ast.expr]
    """By the function and its parameter."""

__all__ = ["PipelineSteps", "UnknownStep", "make_dofn"]

_OF_FUNCTIONS: dict[str, Callable[[Any, Any], list[Any]]] = {
    "Map": lambda function, item: [function(item)],
    "MapTuple": lambda function, item: [function(*item)],
    "FlatMap": lambda function, item: list(function(item)),
    "FlatMapTuple": lambda function, item: list(function(*item)),
}
_KEEPING = ("Reshuffle", "WindowInto", "Filter", "LogElements", "Distinct", "Partition")
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
    """Pipelines of a file. Raises UnknownStep where a part between the source and the model cannot be read."""

    def __init__(self, user: UserFile) -> None:
        self.user = user
        self._names = Bindings(ast.parse(user.source))
        nodes = self._names.nodes()
        self._pipes = [node for node in nodes if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)]
        self._beam = {*_names_of_beam(nodes)}
        self._functions: dict[str, _Function | None] = {}
        for entry in _functions_of(nodes):
            self._functions[entry.name] = None if entry.name in self._functions else entry
        left_of = {_without_label(node.right): node.left for node in self._pipes}
        self._uses: dict[ast.AST, list[_Arguments]] = {}
        """The arguments of each call of a function."""
        for node in nodes:
            if isinstance(node, ast.Call) and (function := self._functions.get(_own_name(node))) is not None:
                self._uses.setdefault(function.node, []).append(function.arguments(node, left_of.get(node)))

    def before_model(self) -> list[Step] | None:
        """The steps of the only pipeline with ``RunInference``; None for another number. Raises UnknownStep."""
        ends = [node for node in self._pipes if _name(_without_label(node.right)) == "RunInference"]
        if len(ends) != 1:
            return None
        calls = [_bare(call) for call in self._calls(ends[0].left, {}, 0)]
        first = next((at for at, call in enumerate(calls) if _name(call) in (*_OF_FUNCTIONS, "ParDo")), len(calls))
        for call in calls[:first]:
            if _root(call) not in self._beam:
                raise UnknownStep(_text(call))
        model = _without_label(ends[0].right)
        return [step for call in calls[first:] for step in self._steps(call)] + [*self._handler_steps(model)]

    def _calls(self, node: ast.expr | None, inputs: _Inputs, depth: int) -> Iterator[ast.Call]:
        """The transforms of ``a | b | "label" >> c``, also of a name's pipeline and of functions of the file.

        inputs: the arguments of functions that are being followed.
        """
        if node is None or depth > _MOST_STEPS:
            raise UnknownStep("" if node is None else _text(node))
        follow = partial(self._calls, inputs=inputs, depth=depth + 1)
        node = _without_label(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            right = _without_label(node.right)
            function = self._functions.get(_own_name(right))
            if function is None or not function.has_input:
                yield from follow(node.left)
            yield from self._of_right(right, node.left, inputs, depth)
        elif isinstance(node, ast.Call):
            yield from self._of_right(node, None, inputs, depth)
        elif isinstance(node, (ast.Subscript, ast.Attribute)):
            calls = [*follow(node.value)]
            if not calls or not self._is_main_output(calls[-1], node):
                raise UnknownStep(_text(node))
            yield from calls
        elif not isinstance(node, ast.Name):
            raise UnknownStep(_text(node))
        elif (value := self._value_of_name(node, inputs)) is not CONTEXT:
            yield from follow(value)

    def _of_right(self, node: ast.expr, left: ast.expr | None, inputs: _Inputs, depth: int) -> Iterator[ast.Call]:
        """The transforms of what is on the right of ``left |``, or of a call at the beginning."""
        name = _own_name(node)
        if not isinstance(node, ast.Call):
            yield from self._calls(node, inputs, depth + 1)
        elif name not in self._functions:
            yield node
        else:
            function = self._functions[name]
            if function is None or len(function.results) != 1:
                raise UnknownStep(_text(node))
            arguments = function.arguments(node, left or CONTEXT)
            more: _Inputs = {(function.node, parameter): value for parameter, value in arguments.items()}
            yield from self._calls(function.results[0], {**inputs, **more}, depth + 1)

    def _value_of_name(self, node: ast.Name, inputs: _Inputs) -> ast.expr:
        """The expression of a name; CONTEXT: a pipeline without steps. Raises UnknownStep."""
        scope, values = self._names.find(node)
        if (scope, node.id) in inputs:
            return inputs[scope, node.id]
        if values == [None] and scope in self._uses:
            values = [arguments.get(node.id) for arguments in self._uses[scope]]
        elif values == [None] and _is_parameter(scope, node.id):
            values = []
        if len(values) == 1 and values[0] is not None:
            return values[0]
        if all(value is CONTEXT or _names_pipeline(value) for value in values) and node.id in _PIPELINES:
            return CONTEXT
        raise UnknownStep(_text(node))

    def _is_main_output(self, call: ast.Call, node: ast.Subscript | ast.Attribute) -> bool:
        """Whether a part of a transform's outputs has elements as the transform returns them."""
        if _name(call) == "Partition":
            return isinstance(node, ast.Subscript)
        if _name(call) != "with_outputs":
            return False
        main = next((self._value(entry.value) for entry in call.keywords if entry.arg == "main"), None)
        key = node.attr if isinstance(node, ast.Attribute) else self._value(node.slice)
        return bool(key == main or (main is not None and key == 0))  # the first of several targets is the main one

    def _steps(self, call: ast.expr) -> Iterator[Step]:
        """The step of one transform; none where it keeps the elements."""
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
            yield lambda item: [entry for entry in dofn.process(item) or () if type(entry).__name__ != "TaggedOutput"]
        else:
            raise UnknownStep(_text(call))

    def _handler_steps(self, model: ast.expr) -> Iterator[Step]:
        """The functions that a model handler calls with each element; the last one of the code is the first."""
        node = _argument(model, "model_handler")
        for _ in range(_MOST_STEPS):
            values = self._names.find(node)[1] if isinstance(node, ast.Name) else []
            name = _name(node)
            if len(values) == 1 and values[0] is not None:
                node = values[0]
            elif name == "with_preprocess_fn" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                function = self._value(_argument(node, "fn"))
                yield partial(_OF_FUNCTIONS["Map"], function)
                node = node.func.value
            elif name in _SETTINGS and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                node = node.func.value
            elif name == "KeyedModelHandler" and node is not None:
                yield lambda item: [item[1]]
                node = _argument(node, "unkeyed")
            elif name in ("HuggingFacePipelineModelHandler", "MaybeKeyedModelHandler") or len(values) > 1:
                raise UnknownStep(_text(node))
            else:
                return
        raise UnknownStep(_text(node))

    def _value(self, node: ast.expr | None) -> Any:
        """The value of an expression in the file's module. Raises UnknownStep, as for names of a function."""
        try:
            assert node is not None
            expression = ast.fix_missing_locations(ast.Expression(node))
            return eval(compile(expression, "<step>", "eval"), vars(self.user.module))  # noqa: S307
        except Exception:  # noqa: BLE001 - the user's code
            raise UnknownStep(_text(node)) from None


class _Function:
    """A function that makes a pipeline, or ``expand`` of a class, by the class's name."""

    def __init__(self, name: str, node: ast.FunctionDef, *, has_input: bool) -> None:
        self.name, self.node = name, node
        self.has_input = has_input
        """Its first argument is what is on the left of ``|``."""
        self.results = [entry.value for entry in ast.walk(node) if isinstance(entry, ast.Return)]
        self._parameters = [entry.arg for entry in node.args.args if entry.arg != "self"]

    def arguments(self, call: ast.Call, left: ast.expr | None) -> _Arguments:
        """The expression of each parameter that a call passes; left: of ``left | call``."""
        values = [*([left] if self.has_input else []), *([] if self.node.name == "expand" else call.args)]
        if any(isinstance(value, ast.Starred) for value in values):
            return {}
        keywords = {entry.arg: entry.value for entry in call.keywords if entry.arg}
        pairs = zip(self._parameters, values)  # noqa: B905 - Python 3.8 has no such parameter
        return {**keywords, **{name: value for name, value in pairs if value is not None}}


def _functions_of(nodes: list[ast.AST]) -> Iterator[_Function]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            yield _Function(node.name, node, has_input=any("ptransform_fn" in _name(e) for e in node.decorator_list))
        for member in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(member, ast.FunctionDef) and member.name == "expand":
                yield _Function(node.name, member, has_input=True)  # type: ignore[attr-defined]


def _names_of_beam(nodes: list[ast.AST]) -> Iterator[str]:
    """Names that the file imports from Beam."""
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                module = alias.name if isinstance(node, ast.Import) else node.module or ""
                if module.partition(".")[0] == "apache_beam":
                    yield alias.asname or alias.name.partition(".")[0]


def _is_parameter(scope: ast.AST, name: str) -> bool:
    return isinstance(scope, ast.FunctionDef) and any(entry.arg == name for entry in scope.args.args)


def _names_pipeline(node: ast.expr | None) -> bool:
    """Whether an expression is a new pipeline, or the name of one: ``beam.Pipeline()``, ``test_pipeline``."""
    name = _name(node)
    return name in _PIPELINES or name.lower().endswith("pipeline")


def _bare(call: ast.Call) -> ast.Call:
    """``Map(f)`` of ``Map(f).with_output_types(t)``."""
    while _name(call) in (*_SETTINGS, "with_outputs") and isinstance(call.func, ast.Attribute):
        if not isinstance(call.func.value, ast.Call):
            break
        call = call.func.value
    return call


def _root(node: ast.expr) -> str:
    """``beam`` of ``beam.io.Read(x)``."""
    while isinstance(node, (ast.Call, ast.Attribute)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _own_name(node: ast.expr) -> str:
    """The name of a call of ``f(x)`` or ``self.f(x)``; empty for another expression."""
    return (
        _name(node) if isinstance(node, ast.Call) and _text(node.func) in (_name(node), f"self.{_name(node)}") else ""
    )


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
