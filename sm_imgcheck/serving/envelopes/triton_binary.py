"""Triton's binary form behind SageMaker: a v2 JSON header, then the values, little-endian and in C order.

The content type declares the length of the header, and must be exactly this: a space after its semicolon is refused.
https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
"""

from __future__ import annotations

import re
from math import prod

from sm_imgcheck.core.errors import PayloadError
from sm_imgcheck.core.types import Payload, Spec
from sm_imgcheck.io.lazy_imports import np, orjson
from sm_imgcheck.serving.envelopes import TensorEnvelope, check_values, format_value, values_of
from sm_imgcheck.serving.envelopes._json import loads
from sm_imgcheck.serving.open_inference import DATATYPE_OF, check_count, tensor_of

__all__ = ["ENVELOPE"]

CONTENT_TYPE = "application/vnd.sagemaker-triton.binary+json;json-header-size=N"
"""N: length of the JSON header, in bytes."""
MAX_HEADER_BYTES = 1 << 20
_VERTEX_TYPE = "application/vnd.vertex-ai-triton.binary+json;json-header-size=N"
"""The same on Vertex AI."""
_CONTENT_TYPE = re.compile(
    r"application/vnd\.(?:sagemaker|vertex-ai)-triton\.binary\+json;json-header-size=([0-9]{1,9})"
)


def build(array: np.ndarray, spec: Spec) -> Payload:
    """The tensor under the spec's ``name``; no other content type than this fits. Raises PayloadError."""
    values = check_values(array, "triton-binary")
    header = _header(values.shape, values.dtype.name, spec)
    content_type = _VERTEX_TYPE if spec.payload.get("stack") == "vertex-ai-triton" else CONTENT_TYPE
    return Payload(
        body=b"".join([header, values_of(values)]),
        content_type=f"{content_type[:-1]}{len(header)}",
        envelope="triton-binary",
    )


def _header(shape: tuple[int, ...], dtype: str, spec: Spec) -> bytes:
    binary = {"binary_data_size": prod(shape) * np.dtype(dtype).itemsize}
    said = {"name": spec.name, "shape": shape, "datatype": DATATYPE_OF[dtype], "parameters": binary}
    return orjson.dumps({"inputs": [said]})


def parse(body: bytes, content_type: str, spec: Spec) -> np.ndarray:  # noqa: ARG001
    """The only input in the dtype and shape that its header declares, without a copy. Raises PayloadError."""
    match = _CONTENT_TYPE.fullmatch(content_type)
    if match is None:
        raise PayloadError(f"the content type is {format_value(content_type)}, not {CONTENT_TYPE}")
    length = int(match[1])
    if length > min(len(body), MAX_HEADER_BYTES):
        raise PayloadError(
            f"JSON header: got a body of {len(body)} bytes, expected {length} for the header (content type)"
        )
    tensor, shape, dtype = tensor_of(loads(body[:length]))
    kind = np.dtype(dtype).newbyteorder("<")
    parameters = tensor.get("parameters")
    said = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    count = len(body) - length
    if said != count:
        raise PayloadError(f'"binary_data_size" is {format_value(said)}, but {count} bytes follow the header')
    if count % kind.itemsize:
        raise PayloadError(f'"binary_data_size" is {said}, not a multiple of {kind.itemsize} ({dtype})')
    check_count(shape, count // kind.itemsize)
    return np.ndarray(shape, kind, buffer=body, offset=length)


def size(shape: tuple[int, ...], dtype: str, spec: Spec) -> tuple[int, bool]:
    """Exact."""
    return len(_header(shape, dtype, spec)) + prod(shape) * np.dtype(dtype).itemsize, True


ENVELOPE = TensorEnvelope(
    rank=9,
    summary="application/vnd.sagemaker-triton.binary+json: v2 JSON header, then the values",
    content_type=CONTENT_TYPE,
    build=build,
    parse=parse,
    size=size,
)
