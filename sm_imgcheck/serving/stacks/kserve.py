"""KServe's Python server: v2 JSON, and the binary form with the header ``Inference-Header-Content-Length``.

Source: kserve/kserve, protocol/dataplane.py and protocol/infer_type.py (InferRequest.from_bytes, InferInput.as_numpy);
run with kserve 0.15 and 0.21, HTTP statuses read. The header is written here as the ``json-header-size`` of
SageMaker's content type, which ``send`` translates on a URL of this protocol; for ``application/octet-stream`` it is
derived from the body.
"""

from __future__ import annotations

import json
import re

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY101, PAY103, PAY104, PAY116, PAY120
from sm_imgcheck.rules.payload_values import PAY115, PAY117
from sm_imgcheck.serving.open_inference import numpy_dtype
from sm_imgcheck.serving.stacks import (
    RequestRejection,
    Stack,
    describe_dtype_shape,
    refuse,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._cast import cast_values
from sm_imgcheck.serving.stacks._json import leaves, parse
from sm_imgcheck.serving.stacks._v2_types import check_request

__all__ = ["STACK"]

_BINARY_TYPE = re.compile(
    r"application/(?:vnd\.sagemaker-triton\.binary\+json|octet-stream);\s*json-header-size=([0-9]{1,12})"
)
_HEADER = "Inference-Header-Content-Length"


@wrap_rejections(400, '{"error":"{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the predictor's first input holds as an array; neither datatype nor shape is compared with the model's."""
    length, notices = _json_length(body, content_type)
    try:
        document = parse(body[:length])
    except RequestRejection as no:
        words = "Unrecognized request format: "
        raise reword_rejection(no, words) from None
    tensor = check_request(document, spec.name)
    array, findings = _array(tensor, body[length:])
    return DecodedRequest(
        form="array", data=array, what=describe_dtype_shape(array), findings=(*findings, *notices, *_name(tensor, spec))
    )


def _json_length(body: bytes, content_type: str) -> tuple[int, tuple[Finding, ...]]:
    """Bytes of the JSON, and a notice where no header declares them."""
    kind = content_type.partition(";")[0].strip().lower()
    if match := _BINARY_TYPE.fullmatch(content_type):
        length = int(match[1])
        if length > len(body):
            message = f"{_HEADER}: got {length}, expected at most the {len(body)} bytes of the body"
            refuse("Unrecognized request format: ", PAY115, message, is_measured=False)
        return length, ()
    if kind in ("application/json", ""):
        return len(body), ()
    if kind != "application/octet-stream":
        message = f"content type: got {content_type!r}, expected application/json or application/octet-stream"
        refuse("received byte inputs, but the 'inference-header-content-length' header is missing.", PAY101, message)
    length = _end_of_json(body)
    message = f"the header {_HEADER}: {length} is assumed: the request is refused without it"
    return length, (PAY120.finding(message, actual=str(length)),)


def _end_of_json(body: bytes) -> int:
    text = body[: 1 << 20].decode("latin-1")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        refuse("Unrecognized request format: ", PAY116, "the body does not begin with a JSON object", is_measured=False)
    return end


def _array(tensor: dict[str, Json], tail: bytes) -> tuple[np.ndarray, tuple[Finding, ...]]:
    dtype = numpy_dtype(str(tensor["datatype"]))
    if tensor["datatype"] == "BYTES" and "data" in tensor:
        return _texts(tensor)
    if dtype is None:
        refuse("invalid datatype None in the input", PAY117, f"datatype: {tensor['datatype']!r} makes no array")
    parameters = tensor.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if "data" in tensor:
        if dtype.name == "float16":
            text = "Sending FP16 data via JSON is not supported. Please use the binary data format for input"
            message = "datatype: got FP16 in JSON, expected the binary form (envelope triton-binary)"
            refuse(text, PAY117, message, expected="the binary form", actual="JSON")
        array, findings = cast_values(tensor["data"], dtype)
    elif isinstance(size, int) and not isinstance(size, bool):
        array, findings = _frombuffer(tail, size, dtype), ()
    else:
        name = str(tensor["name"])[:40]
        refuse(f"'data' field is missing for input '{name}' for model", PAY103, "the input has no data")
    return _reshape(array, tensor), findings


def _texts(tensor: dict[str, Json]) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """An array of Python objects, which a numeric model does not accept."""
    message = "datatype: got BYTES: the predictor gets an array of texts"
    finding = PAY117.finding(message, expected="a numeric datatype such as FP32", actual="BYTES")
    values = list(leaves(tensor["data"]))
    array = np.empty(len(values), object)
    array[:] = values
    return _reshape(array, tensor), (finding,)


def _reshape(array: np.ndarray, tensor: dict[str, Json]) -> np.ndarray:
    shape = tensor["shape"]
    assert isinstance(shape, list)  # checked
    try:
        return array.reshape([int(length) for length in shape if isinstance(length, int)])
    except (ValueError, OverflowError) as problem:
        message = f"the shape {str(shape)[:60]} does not hold {array.size} values"
        refuse(str(problem)[:100], PAY115, message, status=500, expected=str(shape)[:60], actual=str(array.size))


def _frombuffer(tail: bytes, size: int, dtype: np.dtype) -> np.ndarray:
    part = tail[: max(size, 0)]
    if len(part) % dtype.itemsize:
        text = "buffer size must be a multiple of element size"
        refuse(
            text,
            PAY115,
            f"body size: got {len(part)} bytes, expected a multiple of {dtype.itemsize} ({dtype})",
            status=500,
        )
    return np.frombuffer(part, dtype.newbyteorder("<"))


def _name(tensor: dict[str, Json], spec: Spec) -> tuple[Finding, ...]:
    name = str(tensor["name"])[:60]
    if name == spec.name:
        return ()
    message = f"the input is called {name!r}, the spec's {spec.name!r}; KServe does not compare, the predictor may"
    return (PAY104.finding(message, expected=spec.name, actual=name, severity="warning"),)


STACK = Stack(
    rank=9,
    summary="KServe's Python server, v2 inference protocol",
    receive=receive,
    needs_name=True,
    envelopes=("triton-binary", "kserve-v2"),
)
