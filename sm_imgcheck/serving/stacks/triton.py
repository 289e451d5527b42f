"""Triton: ``model.py`` of a Python backend that takes encoded images as BYTES and feeds the next model of an ensemble.

Source: triton-inference-server/python_backend, README, "Usage". Measured: Triton 2.51.0 with ``--allow-sagemaker``.
"""

from __future__ import annotations

import re
from math import prod
from typing import cast

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY101, PAY102, PAY103, PAY104, PAY111, PAY116, PAY120
from sm_imgcheck.rules.payload_values import PAY105, PAY107, PAY115, PAY117, PAY118
from sm_imgcheck.serving.open_inference import DATATYPES, InputTensor, is_shape, name_of, numpy_dtype
from sm_imgcheck.serving.stacks import (
    DEFAULT_NAME,
    RequestRejection,
    Stack,
    describe_dtype_shape,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._decoders import looks_encoded, texts
from sm_imgcheck.serving.stacks._json import as_array, first_float, leaves, parse
from sm_imgcheck.serving.stacks.toolkit import json_body

__all__ = ["STACK"]

_BINARY = "application/vnd.sagemaker-triton.binary+json"
_SIZED = re.compile(re.escape(_BINARY) + r";json-header-size=(\d{1,15})")


@wrap_rejections(500, '{"error":"{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the model gets of a v2 request: name, datatype and shape are held against the model's."""
    head, tail = _split(body, content_type)
    tensor = _tensor(_document(head, content_type))
    array = _binary(tensor, tail) if "data" not in tensor else _listed(tensor)
    said = _check(tensor, spec)
    if isinstance(array, int):
        array = _filled(tensor, tail, array)
    return DecodedRequest(form="array", data=array, what=describe_dtype_shape(array), findings=said)


def _split(body: bytes, content_type: str) -> tuple[bytes, bytes]:
    """The JSON header, and the bytes behind it."""
    match = _SIZED.fullmatch(content_type)
    if match is None:
        return body, b""
    size = int(match[1])
    if size > len(body):
        why = f"the content type says a JSON header of {size} bytes, but the body has {len(body)}"
        raise RequestRejection("", PAY115.finding(why, expected=str(size), actual=str(len(body))), measured=False)
    return body[:size], body[size:]


def _document(head: bytes, content_type: str) -> Json:
    try:
        json_body(head[:8])
    except RequestRejection as no:
        if no.finding.code == PAY102.code:
            words = "failed to parse the request JSON buffer: Invalid value. at 0"
            raise reword_rejection(no, words, measured=True) from None
    try:
        return parse(head, nan=False)
    except RequestRejection as no:
        words = "failed to parse the request JSON buffer: "
        if no.finding.code == PAY116.code and (
            b"binary_data_size" in head[:10_000] or content_type.startswith(_BINARY)
        ):
            size = max(head.find(b"}]}") + 3, 0) or "N"
            why = (
                f"bytes follow the JSON header, and the content type {content_type!r} does not say so exactly: "
                f"{_BINARY};json-header-size={size}, without a space"
            )
            raise RequestRejection(
                words, PAY101.finding(why, expected=f"{_BINARY};json-header-size=", actual=content_type)
            ) from None
        raise reword_rejection(no, words) from None


def _tensor(document: Json) -> InputTensor:
    """The one input."""
    v2 = '{"inputs": [{"name", "shape", "datatype", "data"}]}'
    why = f"the body is no v2 request: {v2}"
    if not isinstance(document, dict) or "inputs" not in document:
        raise RequestRejection(
            "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'", PAY103.finding(why)
        )
    inputs = document["inputs"]
    if not isinstance(inputs, list):
        raise RequestRejection(
            "Unable to parse 'inputs': attempt to access JSON non-array as array", PAY103.finding(why)
        )
    if len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise RequestRejection("", PAY103.finding(why), status=400)
    missing = [key for key in ("name", "shape", "datatype") if key not in inputs[0]]
    if missing or not is_shape(inputs[0]["shape"]):
        wrong = f"has no {missing[0]!r}" if missing else f"has the shape {str(inputs[0]['shape'])[:60]}"
        raise RequestRejection(
            "", PAY103.finding(f"the input {wrong}; a v2 request is {v2}"), status=400, measured=False
        )
    if inputs[0]["datatype"] not in (*DATATYPES, "BYTES"):
        raise _no_datatype(inputs[0])
    return cast("InputTensor", inputs[0])


def _no_datatype(tensor: dict[str, Json]) -> RequestRejection:
    given = str(tensor["datatype"])[:40]
    text = f"invalid datatype for input {str(tensor['name'])[:60]}"
    why = f"the datatype is {given!r}; the protocol's words are {', '.join(DATATYPES)} and BYTES"
    return RequestRejection(text, PAY117.finding(why, expected=name_of(given), actual=given), status=400)


def _listed(tensor: InputTensor) -> np.ndarray:
    """The values of ``data``, flat or nested, in the shape that is claimed."""
    data, dtype = tensor["data"], numpy_dtype(tensor["datatype"])
    if dtype is None:
        return np.empty(0)  # BYTES: no model of numbers takes it, which is said below
    try:
        array = as_array(data).reshape(-1)
    except RequestRejection:
        array = as_array(list(leaves(data)))
    if array.dtype.kind not in "fiub":
        raise RequestRejection(
            "Unable to parse 'data': attempt to access JSON", PAY103.finding("the data are not all numbers")
        )
    if dtype.kind in "iu" and array.dtype.kind == "f":
        sign = "unsigned" if dtype.kind == "u" else "signed"
        text = f"Unable to parse 'data': attempt to access JSON non-{sign}-integer as {sign}-integer"
        shown = repr((first_float(data) or (0, 0.0))[1])
        why = f"{shown} is written under {tensor['datatype']}: whole numbers without a point (1, not 1.0)"
        raise RequestRejection(text, PAY107.finding(why, expected=tensor["datatype"], actual=shown))
    if array.size != prod(tensor["shape"]):
        text = "Unable to parse 'data': Shape does not match true shape of 'data' field"
        why = f"the shape {tensor['shape']} has {prod(tensor['shape'])} values, the data {array.size}"
        raise RequestRejection(text, PAY115.finding(why, expected=str(prod(tensor["shape"])), actual=str(array.size)))
    with np.errstate(over="ignore"):
        return array.astype(dtype).reshape(tensor["shape"])


def _binary(tensor: InputTensor, tail: bytes) -> int:
    """How many bytes of ``tail`` belong to the input."""
    parameters = tensor.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if not isinstance(size, int) or not 0 <= size <= len(tail):
        why = f"the input has neither data nor a binary_data_size that fits the {len(tail)} bytes behind the header"
        raise RequestRejection("", PAY115.finding(why, expected=str(size), actual=str(len(tail))), measured=False)
    return size


def _filled(tensor: InputTensor, tail: bytes, size: int) -> np.ndarray:
    dtype = numpy_dtype(tensor["datatype"]) or np.dtype("uint16")  # bfloat16: two bytes
    wanted = prod(tensor["shape"]) * dtype.itemsize
    if size != wanted:
        text = f"input byte size mismatch for input '{tensor['name']}' for model"
        why = f"{tensor['datatype']} {tensor['shape']} are {wanted} bytes, binary_data_size is {size}"
        raise RequestRejection(text, PAY115.finding(why, expected=str(wanted), actual=str(size)), status=400)
    return np.frombuffer(tail, dtype.newbyteorder("<"), prod(tensor["shape"])).reshape(tensor["shape"])


def _check(tensor: InputTensor, spec: Spec) -> tuple[Finding, ...]:
    """Hold name, datatype and shape against the model's."""
    name, given, wanted = str(tensor["name"])[:100], tensor["datatype"], name_of(spec.contract.dtype)
    if spec.name not in (name, DEFAULT_NAME):
        why = f"the input is called {name!r}; the model's is {spec.name!r}"
        text = f"unexpected inference input '{name}' for model"
        raise RequestRejection(text, PAY104.finding(why, expected=spec.name, actual=name), status=400)
    if given != wanted:
        text = f"inference input '{name}' data-type is '{given}', but model"
        encoded = given == "BYTES" and any(looks_encoded(one) for one in texts(tensor.get("data")))
        why = f"the datatype is {given}; the model expects {wanted}" + (": numbers, no base64" if encoded else "")
        rule = PAY111 if encoded else PAY117
        raise RequestRejection(text, rule.finding(why, expected=wanted, actual=given), status=400)
    _check_shape(tuple(tensor["shape"]), name, spec)
    if spec.name == DEFAULT_NAME and name != DEFAULT_NAME:
        why = f"the spec does not say the input's name (name:), so {name!r} is not checked"
        return (PAY120.finding(why, actual=name),)
    return ()


def _check_shape(shape: tuple[int, ...], name: str, spec: Spec) -> None:
    contract = spec.contract
    batch = contract.dim("N") if contract.layout.startswith("N") else None
    lost = len(shape) == len(contract.shape) - 1
    if batch is not None and (lost or (batch.high is not None and shape[0] > batch.high)):
        most = batch.high if batch.high is not None else "the model's max_batch_size"
        text = "inference request batch-size must be <= "
        why = (
            f"the shape {list(shape)} has no batch axis: {shape[0]} is taken for the batch"
            if lost
            else (f"the batch holds {shape[0]} images; the model expects {most} at a time")
        )
        wanted = "[" + ", ".join(map(str, contract.shape)) + "]"
        raise RequestRejection(text, PAY105.finding(why, expected=wanted, actual=str(list(shape))), status=400)
    fits = len(shape) == len(contract.shape)
    if not fits or not all(dim.allows(length) for dim, length in zip(contract.shape, shape, strict=True)):
        wanted = "[" + ",".join("-1" if dim.fixed is None else str(dim) for dim in contract.shape) + "]"
        text = f"unexpected shape for input '{name}' for model"
        why = f"the shape is {list(shape)}; the model expects {wanted}"
        raise RequestRejection(text, PAY118.finding(why, expected=wanted, actual=str(list(shape))), status=400)


_HANDLER = '''class TritonPythonModel:
    """One encoded image an element of the BYTES input ``image``; the output has the name of the spec."""

    def execute(self, requests):
        """One response a request; an image that cannot be used fails its own request only."""
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        bodies = pb_utils.get_input_tensor_by_name(request, "image").as_numpy().reshape(-1)
        try:
            tensors = [preprocess(bytes(body)) for body in bodies]
        except Exception as error:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error)))
        tensor = $join
        return pb_utils.InferenceResponse(output_tensors=[pb_utils.Tensor($name, tensor)])'''

STACK = Stack(
    rank=4,
    summary="Triton Inference Server",
    receive=receive,
    envelopes=("triton-binary", "kserve-v2"),
    handler_imports=("import triton_python_backend_utils as pb_utils",),
    handler=_HANDLER,
)
