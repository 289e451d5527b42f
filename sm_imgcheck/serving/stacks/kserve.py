"""KServe's Python server: v2 JSON, and the binary form with the header ``Inference-Header-Content-Length``.

Source: kserve/kserve, protocol/dataplane.py and protocol/infer_type.py (InferRequest.from_bytes, InferInput.as_numpy);
the server was run with kserve 0.21 (FastAPI 0.165), its parts with 0.15. The header is written here as the
``json-header-size`` of SageMaker's content type, which ``send`` translates on a URL of this protocol; for
``application/octet-stream`` it is derived from the body.
"""

from __future__ import annotations

import json
import re
from itertools import takewhile

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY101, PAY103, PAY104, PAY116, PAY120
from sm_imgcheck.rules.payload_values import PAY106, PAY115, PAY117
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
_NO_HEADER = "received byte inputs, but the'inference-header-content-length' header is missing."


@wrap_rejections(400, '{"error":"{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the predictor's first input holds as an array; neither datatype nor shape is compared with the model's."""
    length, notices = _json_length(body, content_type)
    document = _document(body, length)
    try:
        tensor = check_request(document, spec.name, names_datatypes=False)
    except RequestRejection as no:  # the binary form is read without a data model
        raise no if length is None else reword_rejection(no, "", status=500) from None
    if length is None and not isinstance(tensor.get("data"), list):
        refuse("", PAY103, f"data: got {str(tensor.get('data'))[:40]}, expected a list", status=422)
    try:
        array, findings = _array(tensor, body[(length or len(body)) + _bytes_before(document, tensor) :])
    except RequestRejection as no:
        if no.status is not None or not no.text:
            raise
        error = "TypeError" if "argument must be" in no.text else "ValueError"
        error = "OverflowError" if no.finding.code == PAY106.code else error
        raise reword_rejection(no, f"{error} : {no.text}", status=500, is_measured=True) from None
    return DecodedRequest(
        form="array", data=array, what=describe_dtype_shape(array), findings=(*findings, *notices, *_name(tensor, spec))
    )


def _bytes_before(document: Json, tensor: dict[str, Json]) -> int:
    """Bytes of the values of all inputs before the input that the model reads."""
    inputs = document["inputs"] if isinstance(document, dict) else []
    entries = [entry for entry in inputs if isinstance(entry, dict)] if isinstance(inputs, list) else []
    sizes = [_binary_size(entry) for entry in takewhile(lambda entry: entry is not tensor, entries)]
    return sum(size for size in sizes if isinstance(size, int))


def _binary_size(tensor: dict[str, Json]) -> Json:
    parameters = tensor.get("parameters")
    return parameters.get("binary_data_size") if isinstance(parameters, dict) else None


def _document(body: bytes, length: int | None) -> Json:
    """The document as FastAPI reads it, or orjson where the header declares its length. Raises RequestRejection."""
    try:
        document = parse(body, detect=True) if length is None else parse(body[:length], nan=False)
    except RequestRejection as no:
        if length is not None:
            raise reword_rejection(no, "Unrecognized request format: ") from None
        is_text = "codec" not in no.text and "recursion" not in no.text
        raise reword_rejection(no, "", status=422 if is_text else 400, is_measured=True) from None
    if isinstance(document, str) and length is None:  # FastAPI passes a JSON string on as bytes
        refuse(_NO_HEADER, PAY103, "body: got a JSON string, expected a v2 request: it is encoded twice")
    return document


def _json_length(body: bytes, content_type: str) -> tuple[int | None, tuple[Finding, ...]]:
    """Bytes of the JSON that precedes the values, and a notice where no header declares them; None: JSON alone."""
    kind = content_type.partition(";")[0].strip().lower()
    if match := _BINARY_TYPE.fullmatch(content_type):
        length = int(match[1])
        if length > len(body):
            message = f"{_HEADER}: got {length}, expected at most the {len(body)} bytes of the body"
            refuse("Unrecognized request format: ", PAY115, message, is_measured=False)
        return length, ()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return None, ()
    if kind != "application/octet-stream":
        message = f"content type: got {content_type!r}, expected application/json or application/octet-stream"
        refuse(_NO_HEADER, PAY101, message)
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
    datatype = str(tensor["datatype"]).upper()
    dtype = numpy_dtype(datatype)
    if datatype == "BYTES" and "data" in tensor:
        return _texts(tensor)
    if dtype is None:
        message = f"datatype: got {tensor['datatype']!r}, of which no array is made"
        refuse("invalid datatype None in the input", PAY117, message, status=400)
    size = _binary_size(tensor)
    if "data" in tensor:
        if tensor["datatype"] == "FP16":  # as written: fp16 is read
            text = "Sending FP16 data via JSON is not supported. Please use the binary data format for input"
            message = "datatype: got FP16 in JSON, expected the binary form (envelope triton-binary)"
            refuse(text, PAY117, message, status=400, expected="the binary form", actual="JSON")
        array, findings = cast_values(tensor["data"], dtype)
    elif isinstance(size, int):
        array, findings = _frombuffer(tail, size, dtype), ()
    elif size is not None:
        message = f"binary_data_size: got {str(size)[:40]}, expected a number of bytes"
        refuse("TypeError : ", PAY115, message, status=500)
    else:
        name = str(tensor["name"])[:40]
        refuse(f"'data' field is missing for input '{name}' for model", PAY103, "the input has no data", status=400)
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
        refuse(str(problem)[:100], PAY115, message, expected=str(shape)[:60], actual=str(array.size))


def _frombuffer(tail: bytes, size: int, dtype: np.dtype) -> np.ndarray:
    part = tail[: max(size, 0)]
    if len(part) % dtype.itemsize:
        text = "buffer size must be a multiple of element size"
        refuse(
            text,
            PAY115,
            f"body size: got {len(part)} bytes, expected a multiple of {dtype.itemsize} ({dtype})",
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
    path="/v2/models/NAME/infer",
    endpoint="direct",
    needs_name=True,
    envelopes=("triton-binary", "kserve-v2"),
)
