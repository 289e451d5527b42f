"""Write the plan for any image as a standalone Python module: the handler that people paste into ``inference.py``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from difflib import get_close_matches
from string import Template
from typing import Any

from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.escape import for_docstring, for_terminal
from sm_imgcheck.core.types import Spec, Step
from sm_imgcheck.core.version import __version__
from sm_imgcheck.features.codegen.definitions import OLDEST_PYTHON, bundle
from sm_imgcheck.ops.execute import op
from sm_imgcheck.pipeline.plan import any_image
from sm_imgcheck.serving import stacks
from sm_imgcheck.spec.load import loaded

__all__ = ["stack_names", "to_python"]

_WIDTH = 100  # characters of a call before it is broken into lines


def stack_names() -> tuple[str, ...]:
    """The stacks that code can be written for."""
    return tuple(name for name in stacks.stacks() if stacks.stack(name).handler)


def to_python(spec: Spec | str | os.PathLike[str] | Mapping[str, Any], stack: str | None = None) -> str:
    """The text of a module with ``preprocess(body: bytes) -> ndarray``, and the functions that ``stack`` calls.

    It needs NumPy and Pillow (OpenCV where the spec names it) and nothing of this package; it gives the same bits as
    ``convert`` and refuses the same files. The same spec gives the same text. Raises ImgcheckError for a stack that
    is not known, and what ``load_spec`` raises for a spec that is named.
    """
    spec = loaded(spec)
    extra, handler = _handler(spec, stack) if stack else ((), "")
    steps = any_image(spec)
    imports, definitions = bundle([*_ALWAYS, *((op(step.op).__module__, step.op) for step in steps[1:])])
    lines = sorted({*imports, *extra, "import numpy as np"}, key=lambda line: (line.startswith("from"), line))
    policy = "\n".join(_call("POLICY = Decode", "", asdict(spec.decode)))
    parts = [_head(spec, steps), "\n".join(["from __future__ import annotations", "", *lines]), *definitions, policy]
    return "\n\n\n".join([*parts, _preprocess(spec, steps), *([handler] if handler else [])]).rstrip() + "\n"


_ALWAYS = (
    ("sm_imgcheck.io.images.header", "look"),
    ("sm_imgcheck.io.images.decode", "hear"),
    ("sm_imgcheck.ops.kernels.values", "kept"),
    ("sm_imgcheck.rules.decode_policy", "refusals"),
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
Written by sm-imgcheck {__version__} from a spec with the sha256 {spec.sha256[:16]}: the functions below
are the ones that `sm-imgcheck convert` runs.
"""'''


def _preprocess(spec: Spec, steps: tuple[Step, ...]) -> str:
    contract = spec.contract
    shape = for_docstring(", ".join(str(dim) for dim in contract.shape))
    body = "\n".join(f"    {line}" for line in _body(spec, steps))
    return f'''def preprocess(body: bytes | bytearray | memoryview) -> np.ndarray:
    """The model's tensor from the bytes of an image file: [{shape}] {contract.layout}, {contract.dtype}.

    Raises CandidateError for a file that the spec refuses or that cannot be read, TypeError for what is no bytes.
    """
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError(f"expected the bytes of an image file, not {{type(body).__name__}}")
    body = bytes(body)
{body}'''


def _body(spec: Spec, steps: tuple[Step, ...]) -> Iterator[str]:
    decoding = dict(steps[0].params)
    yield from _call("header = look", "body", {"max_pixels": decoding.pop("max_pixels")})
    yield from _call(
        "x, header = hear", "body, header", decoding, comment="decode; the header then also says what that has shown"
    )
    yield f"if refused := refusals(header, POLICY, channel_order={spec.contract.channel_order!r}):"
    yield "    raise CandidateError(*refused[0])"
    for step in steps[1:]:
        yield from _call(f"x = {step.op}", "x", step.params, comment=step.why)
    contract = spec.contract
    lengths = [[dim.low, dim.high] for dim in contract.shape]
    expected = None if contract.expect_range is None else list(contract.expect_range)
    yield from _call("return kept", "x", {"lengths": lengths, "expect_range": expected})


def _call(target: str, first: str, params: Mapping[str, Any], *, comment: str = "") -> Iterator[str]:
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


def _inline(target: str, first: str, params: Mapping[str, Any]) -> str:
    words = [*filter(None, [first]), *(f"{key}={_literal(value)}" for key, value in params.items())]
    return f"{target}({', '.join(words)})"


def _literal(value: Any) -> str:
    """A JSON value as Python; ``{"header": KEY}`` as what the file's header says."""
    return f"header.{value['header']}" if isinstance(value, dict) else repr(value)


def _handler(spec: Spec, stack: str) -> tuple[tuple[str, ...], str]:
    if stack not in stack_names():
        near = get_close_matches(stack, stack_names(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ImgcheckError(
            f"no code can be written for the stack {stack!r}: there are {', '.join(stack_names())}{hint}"
        )
    serving = stacks.stack(stack)
    join = "np.concatenate(tensors)" if "N" in spec.contract.layout else "np.stack(tensors)"
    shape, dtype = spec.contract.shape, spec.contract.dtype
    return serving.handler_imports, Template(serving.handler).substitute(
        name=repr(spec.name),
        join=join,
        lengths=repr(tuple((dim.low, dim.high) for dim in shape)),
        dtype=repr(dtype),
        input=repr(f"[{', '.join(map(str, shape))}] of {dtype}"),
    )
