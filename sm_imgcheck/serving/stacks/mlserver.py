"""MLServer: v2 JSON, of which it trusts dtype, shape and name. Measured: mlserver 1.7.1."""

from __future__ import annotations

from math import prod
from typing import cast

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY101, PAY103, PAY104, PAY120
from sm_imgcheck.rules.payload_values import PAY109, PAY115, PAY117
from sm_imgcheck.serving.open_inference import DATATYPES, InputTensor, is_shape, name_of, numpy_dtype
from sm_imgcheck.serving.stacks import (
    DEFAULT_NAME,
    ParseLimitExceeded,
    RequestRejection,
    Stack,
    describe_dtype_shape,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._json import as_array, parse

__all__ = ["STACK"]

CONTENT_TYPES = ("application/json",)
"""Or none at all; parameters are read apart."""
_V2 = '{"inputs": [{"name", "shape", "datatype", "data"}]}'


@wrap_rejections(422)
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the runtime gets: the dtype and the shape that the request claims."""
    _check_type(body, content_type)
    try:
        document = parse(body, nan=False)
    except RequestRejection as no:
        raise reword_rejection(no, "", measured=no.finding.code == PAY109.code) from None
    tensor = _tensor(document)
    if tensor["datatype"] == "BYTES":
        raise ParseLimitExceeded(
            "the input is of BYTES, whose texts are not looked into; a tensor of numbers is sent as FP32 and the like"
        )
    array = _filled(tensor)
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array), findings=_name(tensor, spec))


def _check_type(body: bytes, content_type: str) -> None:
    """Bytes under another type are taken for a text, which is then no request. Raises Refusal."""
    kind = content_type.partition(";")[0].strip().lower()
    if not kind or kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        return
    why = f"the content type is {content_type!r}; JSON is taken: application/json"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise RequestRejection(
            str(problem), PAY101.finding(why, expected=CONTENT_TYPES[0], actual=content_type), status=500
        ) from None
    raise RequestRejection("", PAY101.finding(why, expected=CONTENT_TYPES[0], actual=content_type))


def _tensor(document: Json) -> InputTensor:
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise RequestRejection(
            "", PAY103.finding(f"the body is no v2 request: {_V2}", expected="inputs", actual=_keys(document))
        )
    missing = [key for key in ("name", "shape", "datatype", "data") if key not in inputs[0]]
    if missing or not is_shape(inputs[0]["shape"]):
        wrong = f"has no {missing[0]!r}" if missing else f"has the shape {str(inputs[0]['shape'])[:60]}"
        raise RequestRejection("", PAY103.finding(f"the input {wrong}; a v2 request is {_V2}"))
    given = inputs[0]["datatype"]
    if given not in (*DATATYPES, "BYTES") or given == "BF16":
        why = f"the datatype is {str(given)[:40]!r}; the protocol's words are FP32, UINT8 and the like"
        raise RequestRejection("", PAY117.finding(why, expected=name_of(str(given)), actual=str(given)[:40]))
    return cast("InputTensor", inputs[0])


def _keys(document: Json) -> str:
    return ", ".join(map(str, list(document)[:5])) if isinstance(document, dict) else "no object"


def _filled(tensor: InputTensor) -> np.ndarray:
    try:
        array = as_array(tensor["data"])
    except RequestRejection as no:
        raise reword_rejection(no, no.text, status=500) from None
    if array.dtype.kind not in "fiub":
        raise RequestRejection(
            "", PAY103.finding("the data are not all numbers", expected=tensor["datatype"]), measured=False
        )
    if array.size != prod(tensor["shape"]):
        text = f"cannot reshape array of size {array.size} into shape"
        why = f"the shape {tensor['shape']} has {prod(tensor['shape'])} values, the data {array.size}"
        wanted = str(prod(tensor["shape"]))
        raise RequestRejection(text, PAY115.finding(why, expected=wanted, actual=str(array.size)), status=500)
    with np.errstate(all="ignore"):
        return array.astype(numpy_dtype(tensor["datatype"])).reshape(tensor["shape"])


def _name(tensor: InputTensor, spec: Spec) -> tuple[Finding, ...]:
    name = str(tensor["name"])[:100]
    if name == spec.name:
        return ()
    if spec.name == DEFAULT_NAME:
        why = f"the spec does not say the input's name (name:), so {name!r} is not checked"
        return (PAY120.finding(why, actual=name),)
    why = f"the input is called {name!r}, the spec's {spec.name!r}; MLServer does not look, the runtime behind it may"
    return (PAY104.finding(why, expected=spec.name, actual=name),)


STACK = Stack(
    path="/v2/models/NAME/infer",
    rank=6,
    summary="MLServer, v2 inference protocol",
    receive=receive,
    content_types=CONTENT_TYPES,
    type_parameters=True,
    envelopes=("kserve-v2",),
)
