"""``Compose([...])`` in Python code and in the code blocks of Markdown. Code is never executed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._python_calls import PythonCall, call_of, literal, parse_module
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["evaluation_transforms"]

_BLOCK = re.compile(r"^```(?:python|py)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_EVALUATION = re.compile(r"val|test|eval|infer|pred|deploy|serv", re.IGNORECASE)
_TRAINING = re.compile(r"train|aug", re.IGNORECASE)
_AUGMENTATIONS = re.compile(
    r"Random|Jitter|Augment|Flip|Blur|Noise|Cutout|Dropout|Mix|Rotate|OneOf|Elastic|CLAHE|Hue|Shift"
)
_MOST_LISTS = 100


@frozen
class _ComposeList:
    """One ``Compose`` in the code."""

    context: str
    """Names that it is assigned to, with those of the function around it."""
    calls: tuple[PythonCall, ...]


def evaluation_transforms(file: SourceFile) -> tuple[PythonCall, ...]:
    """The transforms for evaluation: those without augmentation, of several those named so.

    Raises ImgcheckError for none, and for several that differ.
    """
    where = for_terminal(file.name)
    lists = [entry for text in _code_of(file) for entry in _lists(text)]
    plain = [entry for entry in lists if not any(_AUGMENTATIONS.search(call.name) for call in entry.calls)]
    by_name = [entry for entry in plain if _EVALUATION.search(entry.context)]
    others = [entry for entry in plain if not _TRAINING.search(entry.context)]
    choices = {repr(entry.calls): entry for entry in by_name or others or plain}
    if len(choices) == 1:
        return next(iter(choices.values())).calls
    if not lists:
        raise ImgcheckError(f"{where}: Compose: got no list of transforms, expected Compose([...])")
    if not plain:
        raise ImgcheckError(f"{where}: Compose: got transforms with augmentation only, expected those of evaluation")
    names = for_terminal(", ".join(entry.context or "without a name" for entry in choices.values())[:200])
    raise ImgcheckError(
        f"{where}: Compose: got {len(choices)} different ones ({names}), expected one; save that of evaluation to a "
        "separate file"
    )


def _code_of(file: SourceFile) -> Iterator[str]:
    """The file, or the code blocks of Markdown."""
    if file.base.lower().endswith((".md", ".markdown", ".rst")):
        yield from _BLOCK.findall(file.text)
    else:
        yield file.text


def _lists(text: str) -> Iterator[_ComposeList]:
    tree = parse_module(text)
    if tree is None:
        return
    values, calls = _assignments(tree)
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    count = 0
    while stack and count < _MOST_LISTS:
        node, context = stack.pop()
        if isinstance(node, ast.Call) and _last_name(node.func) == "Compose" and node.args:
            entries = node.args[0].elts if isinstance(node.args[0], ast.List | ast.Tuple) else [node.args[0]]
            count += 1
            yield _ComposeList(context=context, calls=tuple(_transform(entry, values, calls) for entry in entries))
            continue
        stack += [(child, f"{context} {name}".strip()) for name, child in _children(node)]


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Inner nodes, each with the name that it gets: of a variable, a key, a function or an argument."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield str(getattr(key, "value", "")), value
        return
    name = ""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = _last_name(target)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        name = node.name
    elif isinstance(node, ast.keyword):
        name = node.arg or ""
    for child in ast.iter_child_nodes(node):
        yield name, child


def _assignments(tree: ast.Module) -> tuple[dict[str, Json], dict[str, ast.Call]]:
    """Values and calls of names that get a value once; a constant of a class also under ``Class.name``."""
    names, attributes = _stores(tree)
    nodes: dict[str, ast.expr] = {}
    for owner in ast.walk(tree):
        for node in ast.iter_child_nodes(owner):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if not isinstance(node, ast.Assign | ast.AnnAssign) or target is None or node.value is None:
                continue
            name = _last_name(target)
            if names[name] + attributes[name] == 1:
                nodes[name] = node.value
            if isinstance(owner, ast.ClassDef) and not attributes[name]:
                nodes[f"{owner.name}.{name}"] = node.value
    calls = {name: node for name, node in nodes.items() if isinstance(node, ast.Call)}
    values: dict[str, Json] = {name: literal(node) for name, node in nodes.items() if name not in calls}
    return {name: value for name, value in values.items() if value is not None}, calls


def _stores(tree: ast.Module) -> tuple[Counter[str], Counter[str]]:
    """How often each name, and each attribute, gets a value; as a parameter and by an import too."""
    names: Counter[str] = Counter()
    attributes: Counter[str] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] += 1
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            attributes[node.attr] += 1
        elif isinstance(node, ast.arg):
            names[node.arg] += 1
        elif isinstance(node, ast.alias):
            names[node.asname or node.name] += 1
    return names, attributes


def _transform(node: ast.expr, values: dict[str, Json], calls: dict[str, ast.Call]) -> PythonCall:
    """A transform; anything else is one of unknown effect, under its own text."""
    if isinstance(node, ast.Name | ast.Attribute):
        node = calls.get(_last_name(node), node)
    if isinstance(node, ast.Call):
        return call_of(node, values)
    return PythonCall(name=ast.unparse(node)[:40], arguments={})


def _last_name(node: ast.AST) -> str:
    """``b`` of ``a.b``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
