"""The v2 inference protocol, its only tensor: https://kserve.github.io/website/docs/concepts/architecture/data-plane."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import TypedDict

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.serving.envelopes import format_value
from sm_imgcheck.serving.envelopes._json import member

__all__ = [
    "DATATYPES",
    "DATATYPE_OF",
    "InputTensor",
    "check_count",
    "inference_headers",
    "is_shape",
    "name_of",
    "tensor_of",
]

DATATYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    "BF16": "bfloat16",
}
"""NumPy's names; BYTES, which holds texts, has none."""
DATATYPE_OF = {
    dtype: word for kind in ("int", "uint", "float") for word, dtype in DATATYPES.items() if dtype.startswith(kind)
}
"""The protocol's name of each dtype that an envelope carries."""
_DTYPES = {word: dtype for dtype, word in DATATYPE_OF.items()}


class InputTensor(TypedDict, total=False):
    """An entry of ``inputs``, once its shape and its datatype are checked."""

    name: Json
    shape: list[int]
    datatype: str
    data: Json
    parameters: Json


def tensor_of(document: Json) -> tuple[dict[str, Json], tuple[int, ...], str]:
    """The entry of the only input, its shape and its dtype. Raises PayloadError."""
    inputs = member(document, "inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise PayloadError(f'"inputs" holds {format_value(inputs)}, not a list with one object')
    tensor = inputs[0]
    shape, datatype = tensor.get("shape"), tensor.get("datatype")
    axes = shape if isinstance(shape, list) else [None]
    lengths = tuple(length for length in axes if type(length) is int and length >= 0)
    if len(lengths) != len(axes):
        raise PayloadError(f'"shape" is {format_value(shape)}, not a list of lengths')
    if len(lengths) > 32:
        raise PayloadError(f'"shape" has {len(lengths)} axes')
    if not isinstance(datatype, str) or datatype not in _DTYPES:
        raise PayloadError(f'"datatype" is {format_value(datatype)}, not one of {", ".join(_DTYPES)}')
    return tensor, lengths, _DTYPES[datatype]


def check_count(shape: tuple[int, ...], count: int) -> None:
    """Raise PayloadError unless ``count`` values fill the shape."""
    if prod(shape) != count:
        raise PayloadError(f'"shape" is {list(shape)}, {prod(shape)} values, but the data has {count}')


def name_of(dtype: str) -> str:
    """The protocol's name of a NumPy dtype."""
    return next((word for word, name in DATATYPES.items() if name == dtype), dtype)


def is_shape(shape: Json) -> bool:
    """Whether it is a list of lengths that an array can have."""
    if not isinstance(shape, list) or not 0 < len(shape) <= 32:
        return False
    lengths = [length for length in shape if isinstance(length, int) and not isinstance(length, bool) and length >= 0]
    return len(lengths) == len(shape) and prod(length or 1 for length in lengths) < 1 << 59


def numpy_dtype(word: str) -> np.dtype | None:
    """NumPy's dtype of a datatype; None for those that NumPy cannot hold."""
    name = DATATYPES.get(word, "")
    return np.dtype(name) if name and name != "bfloat16" else None


_INFERENCE_PATH = re.compile(r"/v2/models/[^/]+(?:/versions/[^/]+)?/infer/?")
_HEADER_SIZE = re.compile(r"application/vnd\.sagemaker-triton\.binary\+json;json-header-size=(\d{1,9})")


def inference_headers(path: str, headers: dict[str, str]) -> Mapping[str, str]:
    """Replace SageMaker's content type of the binary form on the URL of KServe and Triton.

    The header ``Inference-Header-Content-Length`` states the length of the JSON there:
    https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
    """
    match = _HEADER_SIZE.fullmatch(headers.get("Content-Type", ""))
    if match is None or not _INFERENCE_PATH.fullmatch(path):
        return headers
    names = {name.lower() for name in headers}
    length = {} if "inference-header-content-length" in names else {"Inference-Header-Content-Length": match[1]}
    return {**headers, "Content-Type": "application/octet-stream", **length}
