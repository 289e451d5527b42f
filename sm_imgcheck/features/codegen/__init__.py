"""The plan for any image as a standalone Python module: the handler that users paste into ``inference.py``.

The module consists of the source text of the functions that run here and of everything in the package that they name,
so that both are always identical. It runs on older Python versions than the package: from ``OLDEST_PYTHON``.
"""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from string import Template
from typing import TypeGuard

from sm_imgcheck.core import __version__
from sm_imgcheck.core.errors import ImgcheckError, InternalError
from sm_imgcheck.core.escape import for_docstring, for_terminal
from sm_imgcheck.core.types import Spec, Step
from sm_imgcheck.ops.execute import op
from sm_imgcheck.pipeline.plan import any_image
from sm_imgcheck.serving.stacks import STACKS
from sm_imgcheck.spec.load import resolve_spec

__all__ = ["OLDEST_PYTHON", "bundle", "stack_names", "to_python"]

_WIDTH = 100  # characters of a call before it is broken into lines


def stack_names() -> tuple[str, ...]:
    """The stacks that code can be written for."""
    return tuple(name for name in STACKS.names() if STACKS[name].handler)


def to_python(spec: Spec | str | os.PathLike[str] | Mapping[str, object], stack: str | None = None) -> str:
    """The text of a module with ``preprocess(body: bytes) -> ndarray``, and the functions that ``stack`` calls.

    It needs NumPy and Pillow (OpenCV where the spec names it), but not this package; it gives the same bits as
    ``convert`` and refuses the same files. The same spec gives the same text. Raises ImgcheckError for an
    unknown stack, and what ``load_spec`` raises for the name of a spec.
    """
    spec = resolve_spec(spec)
    extra, handler = _handler(spec, stack) if stack else ((), "")
    steps = any_image(spec)
    imports, definitions = bundle([*_ALWAYS, *((op(step.op).__module__, step.op) for step in steps[1:])])
    lines = sorted({*imports, *extra, "import numpy as np"}, key=lambda line: (line.startswith("from"), line))
    policy = "\n".join(_call("POLICY = Decode", "", asdict(spec.decode)))
    parts = [_head(spec, steps), "\n".join(["from __future__ import annotations", "", *lines]), *definitions, policy]
    return "\n\n\n".join([*parts, _preprocess(spec, steps), *([handler] if handler else [])]).rstrip() + "\n"


_ALWAYS = (
    ("sm_imgcheck.io.images.header", "read_header"),
    ("sm_imgcheck.io.images.decode", "decode_with_header"),
    ("sm_imgcheck.ops.kernels.values", "check_tensor"),
    ("sm_imgcheck.rules.source_image", "refusals"),
    ("sm_imgcheck.core.types", "Decode"),
    ("sm_imgcheck.core.errors", "CandidateError"),
)


def _head(spec: Spec, steps: tuple[Step, ...]) -> str:
    by_opencv = spec.decode.library == "opencv" or any("opencv" in step.op for step in steps)
    libraries = "NumPy, Pillow and OpenCV" if by_opencv else "NumPy and Pillow"
    title = spec.description.strip() or f"Preprocessing for {spec.name}."
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return f'''"""{for_docstring(title)}

Runs on Python {oldest} and later with {libraries}.
Written by sm-imgcheck {__version__} from a spec with the sha256 {spec.sha256[:16]}: `sm-imgcheck convert`
runs the same functions.
"""'''


def _preprocess(spec: Spec, steps: tuple[Step, ...]) -> str:
    contract = spec.contract
    shape = for_docstring(", ".join(str(dim) for dim in contract.shape))
    body = "\n".join(f"    {line}" for line in _body(spec, steps))
    return f'''def preprocess(body: bytes | bytearray | memoryview) -> np.ndarray:
    """The model's tensor from the bytes of an image file: [{shape}] {contract.layout}, {contract.dtype}.

    Raises CandidateError for a file that the spec refuses or that cannot be read, TypeError for other types than bytes.
    """
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError(f"expected the bytes of an image file, not {{type(body).__name__}}")
    body = bytes(body)
{body}'''


def _body(spec: Spec, steps: tuple[Step, ...]) -> Iterator[str]:
    decoding = dict(steps[0].params)
    yield from _call("header = read_header", "body", {"max_pixels": decoding.pop("max_pixels")})
    yield from _call(
        "x, header = decode_with_header",
        "body, header",
        decoding,
        comment="the header then also holds what decoding has shown",
    )
    yield f"if refused := refusals(header, POLICY, channel_order={spec.contract.channel_order!r}):"
    yield "    raise CandidateError(*refused[0])"
    for step in steps[1:]:
        yield from _call(f"x = {step.op}", "x", step.params, comment=step.why)
    contract = spec.contract
    lengths = [[dim.low, dim.high] for dim in contract.shape]
    expected = None if contract.expect_range is None else list(contract.expect_range)
    yield from _call("return check_tensor", "x", {"lengths": lengths, "expect_range": expected})


def _call(target: str, first: str, params: Mapping[str, object], *, comment: str = "") -> Iterator[str]:
    """A call, in one line where it fits, with the reason above it."""
    if comment:
        yield f"# {for_terminal(comment)}"
    line = _inline(target, first, params)
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"{target}("
    if first:
        yield f"    {first},"
    for key, value in params.items():
        yield f"    {key}={_literal(value)},"
    yield ")"


def _inline(target: str, first: str, params: Mapping[str, object]) -> str:
    words = [*filter(None, [first]), *(f"{key}={_literal(value)}" for key, value in params.items())]
    return f"{target}({', '.join(words)})"


def _literal(value: object) -> str:
    """A JSON value as Python; ``{"header": KEY}`` as the field of the file's header."""
    return f"header.{value['header']}" if isinstance(value, dict) else repr(value)


def _handler(spec: Spec, stack: str) -> tuple[tuple[str, ...], str]:
    if stack not in stack_names():
        near = get_close_matches(stack, stack_names(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ImgcheckError(
            f"no code can be written for the stack {stack!r}: there are {', '.join(stack_names())}{hint}"
        )
    serving = STACKS[stack]
    join = "np.concatenate(tensors)" if "N" in spec.contract.layout else "np.stack(tensors)"
    shape, dtype = spec.contract.shape, spec.contract.dtype
    return serving.handler_imports, Template(serving.handler).substitute(
        name=repr(spec.name),
        join=join,
        lengths=repr(tuple((dim.low, dim.high) for dim in shape)),
        dtype=repr(dtype),
        input=repr(f"[{', '.join(map(str, shape))}] of {dtype}"),
    )


OLDEST_PYTHON = (3, 8)
"""The oldest version that runs the text; SageMaker's image ``pytorch-inference:1.12.1-cpu-py38`` has it."""
_PACKAGE = __name__.partition(".")[0]
_REPLACE_FIELDS = '''def replace_fields(record: NamedTuple, **fields: Any) -> Any:
    """The same with other values in some fields."""
    return record._replace(**fields)'''


@dataclass(frozen=True, slots=True)
class _Definition:
    """A module-level name: its text, the names that the text uses, and whether it is an import."""

    text: str
    uses: frozenset[str]
    elsewhere: str | None = None
    """The module of the package that it is imported from."""
    imported: bool = False


def bundle(functions: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The import lines and the definitions, in an order in which they can be executed.

    functions: (module, name) of each function that the caller needs.
    Raises ImgcheckError if the package's source is missing (a frozen application).
    """
    definitions_by_name: dict[tuple[str, str], _Definition | None] = {}
    for module, name in functions:
        _gather(module, name, definitions_by_name)
    definitions = [definition for definition in definitions_by_name.values() if definition is not None]
    names = [
        name
        for (_, name), definition in definitions_by_name.items()
        if definition is not None and not definition.imported
    ]
    if duplicates := {name for name in names if names.count(name) > 1}:
        raise InternalError(f"two modules define {', '.join(sorted(duplicates))}: one would hide the other")
    imports = sorted(
        {definition.text for definition in definitions if definition.imported},
        key=lambda line: (line.startswith("from"), line),
    )
    # A line that defines several names is written once.
    return tuple(imports), tuple(
        dict.fromkeys(definition.text for definition in definitions if not definition.imported)
    )


def _gather(module: str, name: str, definitions_by_name: dict[tuple[str, str], _Definition | None]) -> None:
    """Depth first, so that what a definition needs at import time precedes it."""
    if (module, name) in definitions_by_name:
        return
    definition = _replacement(module, name) or _definitions(module).get(name)
    if definition is None:  # a builtin, a parameter, a local name
        return
    if definition.elsewhere is not None:
        _gather(definition.elsewhere, name, definitions_by_name)
        return
    definitions_by_name[module, name] = None  # a cycle of calls ends here
    for dependency in sorted(definition.uses):
        _gather(module, dependency, definitions_by_name)
    del definitions_by_name[module, name]
    definitions_by_name[module, name] = definition


@cache
def _definitions(module: str) -> dict[str, _Definition]:
    try:
        text = inspect.getsource(import_module(module))
    except OSError as error:
        raise ImgcheckError(f"source text of {module}: missing, expected for generated code") from error
    lines = text.splitlines()
    return {name: definition for node in _top(ast.parse(text)) for name, definition in _node_definitions(node, lines)}


def _top(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module; imports for the type checker count, because annotations name them."""
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from node.body
        else:
            yield node


def _node_definitions(node: ast.stmt, lines: list[str]) -> Iterator[tuple[str, _Definition]]:
    if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.split(".")[0] == _PACKAGE:
        for alias in node.names:
            yield alias.name, _Definition("", frozenset(), elsewhere=node.module)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            statement = ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], 0)
            yield alias.asname or alias.name, _import_definition(ast.unparse(statement))
    elif _is_dataclass(node):
        yield node.name, _record(node, lines)
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        yield node.name, _Definition("\n".join(lines[start - 1 : node.end_lineno]), _uses(node))
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        for name in names:
            if name != "__all__":
                yield name, _Definition(_with_comment(node, lines), _uses(node))


def _import_definition(line: str) -> _Definition:
    return _Definition(line, frozenset(), imported=True)


def _replacement(module: str, name: str) -> _Definition | None:
    """What the generated module defines instead of what dataclasses need."""
    if name in {"Any", "NamedTuple"}:
        return _import_definition(f"from typing import {name}")
    if (module, name) == (f"{_PACKAGE}.core.frozen", "replace_fields"):
        return _Definition(_REPLACE_FIELDS, frozenset({"Any", "NamedTuple"}))
    return None


def _is_dataclass(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef) and any(
        isinstance(decorator, ast.Name) and decorator.id == "frozen" for decorator in node.decorator_list
    )


def _record(node: ast.ClassDef, lines: list[str]) -> _Definition:
    """A dataclass as a named tuple: its fields, defaults, docstrings and methods."""
    head = f"class {node.name}(NamedTuple):"
    body = lines[node.body[0].lineno - 1 : node.end_lineno]
    return _Definition("\n".join([head, *body]), _uses(ast.Module(node.body, [])) | {"NamedTuple"})


def _with_comment(node: ast.stmt, lines: list[str]) -> str:
    """The lines of an assignment with the comment above it, which names the source of the number."""
    start = node.lineno - 1
    while start > 0 and lines[start - 1].startswith("#"):
        start -= 1
    return "\n".join(lines[start : node.end_lineno])


def _uses(node: ast.AST) -> frozenset[str]:
    return frozenset(name.id for name in ast.walk(node) if isinstance(name, ast.Name))
