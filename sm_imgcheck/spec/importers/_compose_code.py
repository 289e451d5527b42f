"""``Compose([...])`` in Python code and in the code blocks of Markdown. Code is never executed."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from itertools import islice

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.spec.importers._draft import DraftBuilder
from sm_imgcheck.spec.importers._python_calls import PythonCall, call_of, dotted_name, last_name, parse_module
from sm_imgcheck.spec.importers._python_names import BoundNames
from sm_imgcheck.spec.importers._source_file import SourceFile

__all__ = ["code_texts", "evaluation_transforms", "is_compose_code"]

_MARKDOWN = (".md", ".markdown")
_BLOCK = re.compile(r"^[ \t]*```[ \t{]*py[^\n]*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?: |$)(.*)$", re.MULTILINE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_EVALUATION = frozenset(
    (
        *("val", "valid", "validate", "validation", "test", "tests", "testing", "eval", "evaluate", "evaluation"),
        *("infer", "inference", "pred", "predict", "prediction", "predictor", "deploy", "deployment", "serve"),
        *("server", "serving"),
    )
)
_TRAINING = frozenset(["train", "training", "aug", "augment", "augmented", "augmentation", "augmentations"])
_NO_INPUT = frozenset(
    (
        *("mask", "masks", "target", "targets", "label", "labels", "inv", "inverse", "invert", "inverted", "reverse"),
        *("de", "denorm", "denormalize", "un", "unnorm", "unnormalize", "undo"),
    )
)
"""Transforms of the expected result, and those that convert a tensor back to an image."""
_AUGMENTATIONS = re.compile(
    r"Random|Jitter|Augment|Flip|Blur|Noise|Cutout|Dropout|Mix|Rotate|OneOf|Elastic|CLAHE|Hue|Shift"
)
_CONVERSIONS = {"RGB": "Identity", "L": "Grayscale"}
"""Transforms with the effect of ``image.convert(mode)``."""
_MOST_LISTS = 100
_MOST_NODES = 500
"""Syntax nodes of one list, with the lists that it refers to."""


@frozen
class _ComposeList:
    """One ``Compose`` in the code."""

    context: tuple[str, ...]
    """Names of the functions, variables and keys around it, outermost first."""
    calls: tuple[PythonCall, ...]

    @property
    def name(self) -> str:
        """As messages name it."""
        return " ".join(self.context) or "without a name"

    @property
    def own_words(self) -> frozenset[str]:
        """Words of the innermost name."""
        return _words(self.context[-1:])

    @property
    def words(self) -> frozenset[str]:
        """Words of all names."""
        return _words(self.context)

    @property
    def is_input(self) -> bool:
        """Whether the result is the input of a model."""
        is_named_image = bool(self.own_words & {"image", "images", "img", "input"})
        return not self.own_words & _NO_INPUT and (is_named_image or not self.words & _NO_INPUT)

    @property
    def is_evaluation(self) -> bool:
        """Whether a name is that of evaluation, and the innermost one is not that of training."""
        return bool(self.words & _EVALUATION) and not self.own_words & _TRAINING - _EVALUATION


def is_compose_code(file: SourceFile, package: str) -> bool:
    """Whether a file is Python code or Markdown that imports a package and has a ``Compose``."""
    start = file.start
    is_other_text = file.base.lower().endswith((".rst", ".ipynb"))
    return "import" in start and package in start and "Compose(" in start and file.json is None and not is_other_text


def evaluation_transforms(file: SourceFile, builder: DraftBuilder) -> tuple[PythonCall, ...]:
    """The transforms for evaluation: those without augmentation, of several those named so, which is noted.

    Raises ImgcheckError for none, and for several that differ.
    """
    where = f"{for_terminal(file.name)}: Compose"
    lists = list(islice((entry for text in code_texts(file) for entry in _lists(text)), _MOST_LISTS + 1))
    if len(lists) > _MOST_LISTS:
        raise ImgcheckError(f"{where}: got more than {_MOST_LISTS}, expected one; save it to a separate file")
    if not lists:
        raise ImgcheckError(f"{where}: got no list of transforms, expected Compose([...])")
    inputs = [entry for entry in lists if entry.is_input]
    if not inputs:
        raise ImgcheckError(
            f"{where}: got transforms of masks, labels or inverse ones only ({_names(lists)}), expected those of images"
        )
    plain = [entry for entry in inputs if not any(_AUGMENTATIONS.search(call.name) for call in entry.calls)]
    if not plain:
        raise ImgcheckError(f"{where}: got transforms with augmentation only, expected those of evaluation")
    by_name = [entry for entry in plain if entry.is_evaluation]
    others = [entry for entry in plain if not entry.words & _TRAINING]
    choices, all_plain = _different(by_name or others or plain), _different(plain)
    if len(choices) > 1:
        raise ImgcheckError(
            f"{where}: got {len(choices)} different ones ({_names(choices)}), expected one; save that of evaluation to "
            "a separate file"
        )
    if len(all_plain) > 1:
        builder.note(
            f"Compose: got {len(all_plain)} different ones without augmentation ({_names(all_plain)}); selected "
            f"{_names(choices)} by its name"
        )
    return choices[0].calls


def _different(lists: list[_ComposeList]) -> list[_ComposeList]:
    result: list[_ComposeList] = []
    for entry in lists:
        if all(entry.calls != other.calls for other in result):
            result.append(entry)
    return result


def _names(lists: list[_ComposeList]) -> str:
    return for_terminal(", ".join(entry.name for entry in lists)[:200])


def _words(names: tuple[str, ...]) -> frozenset[str]:
    """Words of names, split at underscores and capital letters."""
    return frozenset(word.lower() for name in names for word in _WORD.findall(name))


def code_texts(file: SourceFile) -> Iterator[str]:
    """The file, or the code blocks of Markdown; of a session with prompts what was entered."""
    if not file.base.lower().endswith(_MARKDOWN):
        yield file.text
        return
    for block in _BLOCK.findall(file.text):
        text = textwrap.dedent(block)
        yield "\n".join(_PROMPT.findall(text)) if text.lstrip().startswith(">>>") else text


def _lists(text: str) -> Iterator[_ComposeList]:
    tree = parse_module(text)
    if tree is None:
        return
    names = BoundNames(tree)
    stack: list[tuple[ast.AST, tuple[str, ...]]] = [(tree, ())]
    while stack:
        node, context = stack.pop()
        if (entries := _entries(node)) is not None:
            later = _later_transforms(context[-1:], names, node)
            yield _ComposeList(context=context, calls=(*_transforms(entries, names, node), *later))
            continue
        inner = [(child, (*context, name) if name else context) for name, child in _children(node)]
        stack += reversed(inner)


def _later_transforms(names_of: tuple[str, ...], names: BoundNames, node: ast.AST) -> Iterator[PythonCall]:
    """What ``name.transforms.append`` adds to a Compose; one of unknown effect for any other change of it."""
    for name in names_of:
        if not names.is_changed(name, "transforms"):
            continue
        growth = names.growth(name, "transforms")
        if growth is None:
            yield PythonCall(name=f"{name}.transforms is changed later", arguments={})
        else:
            yield from _transforms(ast.List(elts=growth), names, node)


def _entries(node: ast.AST) -> ast.expr | None:
    """What a call of Compose contains; None for any other code."""
    if not isinstance(node, ast.Call) or last_name(node.func) != "Compose":
        return None
    keywords = (keyword.value for keyword in node.keywords if keyword.arg == "transforms")
    return node.args[0] if node.args else next(keywords, None)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Inner nodes, each with the name that it gets: of a variable, a key, a function or an argument."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield str(getattr(key, "value", "")), value
        return
    name = ""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = last_name(target)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        name = node.name
    elif isinstance(node, ast.keyword):
        name = node.arg or ""
    for child in ast.iter_child_nodes(node):
        yield name, child


def _transforms(entries: ast.expr, names: BoundNames, use: ast.AST) -> Iterator[PythonCall]:
    """Transforms, one after another, with those of inner lists; anything else is one of unknown effect."""
    values = names.values(use)
    stack: list[ast.AST] = [entries]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        node = stack.pop()
        if isinstance(node, ast.Name | ast.Attribute):
            node = names.node(dotted_name(node), use) or node
        if (inner := _inner(node)) is not None:
            stack += reversed(inner[: _MOST_NODES + 1])
        elif isinstance(node, ast.Call) and dotted_name(node.func) not in names.definitions:
            yield _of_conversion(node) or call_of(node, values)
        else:
            yield PythonCall(name=ast.unparse(node)[:40], arguments={})
    yield PythonCall(name=f"more than {_MOST_NODES} transforms", arguments={})


def _inner(node: ast.AST) -> list[ast.expr] | None:
    """What a list, a sum of lists, ``*list``, a Compose or a Sequential contains."""
    if isinstance(node, ast.List | ast.Tuple):
        return node.elts
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [node.left, node.right]
    if isinstance(node, ast.Starred):
        return [node.value]
    if isinstance(node, ast.Call) and dotted_name(node.func).endswith("nn.Sequential") and not node.keywords:
        return node.args
    entries = _entries(node)
    is_certain = isinstance(node, ast.Call) and all(keyword.arg == "transforms" for keyword in node.keywords)
    return [entries] if entries is not None and is_certain else None


def _of_conversion(node: ast.Call) -> PythonCall | None:
    """The transform that ``Lambda(lambda image: image.convert(mode))`` equals; None for any other."""
    function = node.args[0] if last_name(node.func) == "Lambda" and len(node.args) == 1 else None
    body = function.body if isinstance(function, ast.Lambda) else None
    if not isinstance(body, ast.Call) or not isinstance(body.func, ast.Attribute) or body.func.attr != "convert":
        return None
    is_direct = isinstance(body.func.value, ast.Name) and len(body.args) == 1 and not body.keywords
    mode = body.args[0].value if is_direct and isinstance(body.args[0], ast.Constant) else None
    return PythonCall(name=_CONVERSIONS[str(mode)], arguments={}) if mode in _CONVERSIONS else None
