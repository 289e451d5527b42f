"""MLServer: v2 JSON, whose dtype and shape it uses without a check. Measured: mlserver 1.7.1.

Source: SeldonIO/MLServer, types/dataplane.py (what is a valid request) and codecs/numpy.py (what predict gets).
"""

from __future__ import annotations

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY101, PAY103, PAY104, PAY120
from sm_imgcheck.rules.payload_values import PAY109, PAY115, PAY117
from sm_imgcheck.serving.open_inference import numpy_dtype
from sm_imgcheck.serving.stacks import (
    DEFAULT_NAME,
    ParseLimitExceeded,
    RequestRejection,
    Stack,
    describe_dtype_shape,
    refuse,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._cast import cast_values
from sm_imgcheck.serving.stacks._json import as_array, leaves, parse
from sm_imgcheck.serving.stacks._v2_types import check_request

__all__ = ["STACK"]

CONTENT_TYPES = ("application/json",)
"""Or no content type; parameters are ignored."""
_V2 = '{"inputs": [{"name", "shape", "datatype", "data"}]}'
_NUMPY = "np"
"""The codec, called content type, that makes an array; the model's metadata names it for each input."""
_MAX_BYTES_ELEMENT = 4096
"""Characters of one element of BYTES that is examined."""


@wrap_rejections(422)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the runtime gets: the dtype and the shape that the request claims."""
    _check_type(body, content_type)
    try:
        document = parse(body, nan=False)
    except RequestRejection as no:
        raise reword_rejection(no, "", is_measured=no.finding.code == PAY109.code) from None
    tensor = check_request(document, spec.name)
    if "data" not in tensor:
        refuse("", PAY103, f"the input has no 'data'; a v2 request is {_V2}")
    codec = _content_type(tensor)
    if codec != _NUMPY and (codec or _unknown(tensor, spec)):
        return _codec_output(tensor, codec, spec)
    if tensor["datatype"] == "BYTES":
        return _strings(tensor)
    array, findings = _array(tensor)
    return DecodedRequest(
        form="array", data=array, what=describe_dtype_shape(array), findings=findings + _name(tensor, spec)
    )


def _check_type(body: bytes, content_type: str) -> None:
    """Bytes of another type are read as text, which is not a request. Raises RequestRejection."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind or kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return
    message = f"content type: got {content_type!r}, expected application/json"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as problem:
        refuse(str(problem), PAY101, message, status=500, expected=CONTENT_TYPES[0], actual=content_type)
    refuse("", PAY101, message, expected=CONTENT_TYPES[0], actual=content_type)


def _content_type(tensor: dict[str, Json]) -> str:
    parameters = tensor.get("parameters")
    codec = parameters.get("content_type") if isinstance(parameters, dict) else None
    return codec if isinstance(codec, str) else ""


def _unknown(tensor: dict[str, Json], spec: Spec) -> bool:
    return spec.name not in (tensor["name"], DEFAULT_NAME)


def _codec_output(tensor: dict[str, Json], codec: str, spec: Spec) -> DecodedRequest:
    """No array: the codec depends on the input's name, or the request names another."""
    name = str(tensor["name"])[:60]
    if codec:
        what = f"the output of the codec {codec[:40]!r}"
        message = f"codec: got {codec[:40]!r}, which returns no tensor; remove content_type"
        return DecodedRequest(
            form="object", what=what, findings=(PAY103.finding(message, expected=_NUMPY, actual=codec),)
        )
    message = (
        f"the input is called {name!r}, the model's {spec.name!r}: predict gets the data as sent, a list, no array"
    )
    finding = PAY104.finding(message, expected=spec.name, actual=name)
    return DecodedRequest(form="object", what="the data as sent, a list", findings=(finding,))


def _shape(tensor: dict[str, Json]) -> tuple[int, ...]:
    shape = tensor["shape"]
    assert isinstance(shape, list)  # checked
    return tuple(length for length in shape if isinstance(length, int))


def _array(tensor: dict[str, Json]) -> tuple[np.ndarray, tuple[Finding, ...]]:
    dtype = numpy_dtype(str(tensor["datatype"]))
    assert dtype is not None  # checked
    try:
        array, findings = cast_values(tensor["data"], dtype)
    except RequestRejection as no:
        raise reword_rejection(no, no.text, status=500, is_measured=True) from None
    return _reshape(array, _shape(tensor)), findings


def _reshape(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    try:
        return array.reshape(shape)
    except (ValueError, OverflowError, TypeError) as problem:
        text = f"cannot reshape array of size {array.size} into shape"
        message = (
            f"the shape {list(shape)[:10]} does not hold the {array.size} values of the data: {str(problem)[:100]}"
        )
        refuse(text, PAY115, message, status=500, expected=str(list(shape)[:10]), actual=str(array.size))


def _strings(tensor: dict[str, Json]) -> DecodedRequest:
    """BYTES: an array of texts, which a numeric model does not accept."""
    longest = max((len(leaf) for leaf in leaves(tensor["data"]) if isinstance(leaf, str)), default=0)
    shape = _shape(tensor)
    if longest > _MAX_BYTES_ELEMENT or not _is_texts(tensor["data"]):
        raise ParseLimitExceeded("the input is of BYTES, which is not parsed; a tensor of numbers is sent as FP32")
    array = _reshape(as_array(tensor["data"]), shape)
    message = "datatype: got BYTES: predict gets an array of texts"
    finding = PAY117.finding(message, expected="a numeric datatype such as FP32", actual="BYTES")
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array), findings=(finding,))


def _is_texts(data: Json) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(leaf, str) for leaf in data)


def _name(tensor: dict[str, Json], spec: Spec) -> tuple[Finding, ...]:
    """What the server does not check: the input's name, where the spec has none."""
    name = str(tensor["name"])[:100]
    if name == spec.name or spec.name != DEFAULT_NAME:
        return ()
    message = f"input name: the spec has none (name:), so {name!r} is not checked"
    return (PAY120.finding(message, actual=name),)


STACK = Stack(
    path="/v2/models/NAME/infer",
    rank=6,
    summary="MLServer, v2 inference protocol",
    receive=receive,
    content_types=CONTENT_TYPES,
    type_parameters=True,
    needs_name=True,
    envelopes=("kserve-v2",),
)
