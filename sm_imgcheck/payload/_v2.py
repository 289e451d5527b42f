"""The v2 inference protocol, its only tensor: https://kserve.github.io/website/docs/concepts/architecture/data-plane."""

from __future__ import annotations

from math import prod
from typing import Any

from sm_imgcheck.errors import PayloadError
from sm_imgcheck.payload._named import member
from sm_imgcheck.payload._shared import shown

__all__ = ["DATATYPES", "check_count", "tensor_of"]

DATATYPES = {
    **{f"{kind}int{bits}": f"{kind.upper()}INT{bits}" for kind in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": f"FP{bits}" for bits in (16, 32, 64)},
}
"""What the protocol calls each dtype."""
_DTYPES = {datatype: dtype for dtype, datatype in DATATYPES.items()}


def tensor_of(document: Any) -> tuple[dict[str, Any], tuple[int, ...], str]:
    """The entry of the only input, its shape and its dtype. Raises PayloadError."""
    inputs = member(document, "inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise PayloadError(f'"inputs" holds {shown(inputs)}, not a list with one object')
    tensor = inputs[0]
    shape, datatype = tensor.get("shape"), tensor.get("datatype")
    if not isinstance(shape, list) or not all(type(length) is int and length >= 0 for length in shape):
        raise PayloadError(f'"shape" is {shown(shape)}, not a list of lengths')
    if len(shape) > 32:
        raise PayloadError(f'"shape" has {len(shape)} axes')
    if not isinstance(datatype, str) or datatype not in _DTYPES:
        raise PayloadError(f'"datatype" is {shown(datatype)}, not one of {", ".join(_DTYPES)}')
    return tensor, tuple(shape), _DTYPES[datatype]


def check_count(shape: tuple[int, ...], count: int) -> None:
    """Raise PayloadError unless ``count`` values fill the shape."""
    if prod(shape) != count:
        raise PayloadError(f'"shape" is {list(shape)}, {prod(shape)} values, but {count} are there')
