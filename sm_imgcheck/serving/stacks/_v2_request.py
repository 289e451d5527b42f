"""A v2 request as Triton's HTTP server reads it, for one model with one input.

Source: triton-inference-server/server, http_server.cc (EVBufferToInput, ReadDataFromJsonHelper).
Measured: Triton 2.51.0.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NoReturn

from sm_imgcheck.core.frozen import frozen
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, Spec
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY103, PAY104, PAY111, PAY120
from sm_imgcheck.rules.payload_values import PAY106, PAY107, PAY115, PAY117
from sm_imgcheck.serving.open_inference import DATATYPES, name_of, numpy_dtype
from sm_imgcheck.serving.stacks import DEFAULT_NAME, describe_dtype_shape, refuse
from sm_imgcheck.serving.stacks._base64 import looks_encoded, texts
from sm_imgcheck.serving.stacks._json import leaves, nan_notice
from sm_imgcheck.serving.stacks._v2_contract import check_shape, from_bytes

__all__ = ["decode_v2"]

_V2 = '{"inputs": [{"name", "shape", "datatype", "data"}]}'
_ONE_FIELD = (
    "Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', "
    "'shared_memory_region' in 'parameters'. But "
)


@frozen
class _Input:
    """One entry of ``inputs``."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: np.ndarray | None = None
    """Array of ``data``; None: BYTES, or no element is read."""
    body: bytes = b""
    """Bytes of the binary form."""
    findings: tuple[Finding, ...] = ()
    is_encoded: bool = False
    """Whether the data are base64 of an image."""


def decode_v2(document: Json, tail: bytes, spec: Spec) -> DecodedRequest:
    """What the model gets of a v2 document and the bytes behind it. Raises RequestRejection."""
    if not isinstance(document, dict) or "inputs" not in document:
        refuse("Unable to parse 'inputs': attempt to access non-existing object member 'inputs'", PAY103, _no_v2())
    if not isinstance(document.get("id", ""), str):
        refuse("Unable to parse 'id': attempt to access JSON non-string as string", PAY103, "id: expected a string")
    _check_parameters(document)
    entries = document["inputs"]
    if not isinstance(entries, list):
        refuse("Unable to parse 'inputs': attempt to access JSON non-array as array", PAY103, _no_v2())
    inputs: dict[str, _Input] = {}
    for entry in entries:
        tensor, tail = _entry(entry, tail)
        if tensor.name in inputs:
            text = f"input '{tensor.name}' already exists in request"
            refuse(text, PAY103, f"two inputs are called {tensor.name!r}", status=400)
        inputs[tensor.name] = tensor
    if tail:
        message = f"{len(tail)} bytes follow the values that binary_data_size declares"
        refuse("unexpected additional input data for model", PAY115, message, status=400, actual=str(len(tail)))
    notices = _outputs(document)
    return _decode(_only(inputs, spec), spec, notices)


_PARAMETERS = {
    **dict.fromkeys(("priority", "timeout"), "unsigned-integer"),
    **dict.fromkeys(("sequence_start", "sequence_end", "binary_data_output"), "boolean"),
}
"""Kinds of the parameters of a request that the server reads itself."""


def _check_parameters(document: dict[str, Json]) -> None:
    parameters = document.get("parameters")
    for name, value in parameters.items() if isinstance(parameters, dict) else ():
        kind = _PARAMETERS.get(name, "")
        fits = isinstance(value, bool) if kind == "boolean" else type(value) is int and value >= 0
        if kind and not fits:
            text = f"Unable to parse '{name}': attempt to access JSON non-{kind} as {kind}"
            refuse(text, PAY103, f"parameter {name!r}: got {str(value)[:40]}, expected {kind}")


def _no_v2() -> str:
    return f"the body is not a v2 request: {_V2}"


def _entry(entry: Json, tail: bytes) -> tuple[_Input, bytes]:
    """One input, and the remaining bytes."""
    members = entry if isinstance(entry, dict) else {}
    parameters = members.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    fields = ["'data'"] * ("data" in members) + [
        f"'{name}' in 'parameters'" for name in ("binary_data_size", "shared_memory_region") if name in parameters
    ]
    if len(fields) != 1:
        said = f"set {' '.join(fields)}" if fields else "no field is set"
        message = f"the input has {' and '.join(fields) or 'no values'}; expected either data or binary_data_size"
        rule = PAY115 if fields or isinstance(entry, dict) else PAY103
        refuse(f"{_ONE_FIELD}{said}", rule, message if isinstance(entry, dict) else _no_v2(), status=400)
    name, datatype = _string(members, "name"), _string(members, "datatype")
    tensor = _Input(name=name, datatype=datatype, shape=_shape(members))
    if "shared_memory_region" in parameters:
        message = "the values are in shared memory, which no request over the network can register"
        refuse("Unable to find shared memory region", PAY103, message, status=400, is_measured=False)
    if "binary_data_size" in parameters:
        return _binary(tensor, parameters["binary_data_size"], tail)
    return _from_list(tensor, members["data"]), tail


def _string(members: dict[str, Json], key: str) -> str:
    if key not in members:
        text = f"Unable to parse '{key}': attempt to access non-existing object member '{key}'"
        refuse(text, PAY103, f"the input has no {key!r}; a v2 request is {_V2}")
    value = members[key]
    if not isinstance(value, str):
        text = f"Unable to parse '{key}': attempt to access JSON non-string as string"
        refuse(text, PAY103, f"{key}: got {str(value)[:60]}, expected a string")
    return value


def _shape(members: dict[str, Json]) -> tuple[int, ...]:
    if "shape" not in members:
        text = "Unable to parse 'shape': attempt to access non-existing object member 'shape'"
        refuse(text, PAY103, f"the input has no 'shape'; a v2 request is {_V2}")
    shape = members["shape"]
    if not isinstance(shape, list):
        text = "Unable to parse 'shape': attempt to access JSON non-array as array"
        refuse(text, PAY103, f"shape: got {str(shape)[:60]}, expected a list of lengths")
    lengths = tuple(length for length in shape if type(length) is int and 0 <= length < 1 << 64)
    if len(lengths) != len(shape):
        text = "Unable to parse 'shape': attempt to access JSON non-unsigned-integer as unsigned-integer"
        refuse(text, PAY103, f"shape: got {str(shape)[:60]}, expected a list of lengths")
    return lengths


def _binary(tensor: _Input, size: Json, tail: bytes) -> tuple[_Input, bytes]:
    if type(size) is not int or size < 0:
        text = "Unable to parse 'binary_data_size': attempt to access JSON non-unsigned-integer as unsigned-integer"
        refuse(text, PAY115, f"binary_data_size: got {str(size)[:60]}, expected a number of bytes")
    if size > len(tail):
        text = (
            f"unexpected size for input '{tensor.name[:60]}', expecting {size - len(tail)} additional bytes for model"
        )
        message = f"binary_data_size is {size}, and {len(tail)} bytes follow the header"
        refuse(text, PAY115, message, status=400, expected=str(size), actual=str(len(tail)))
    result = _Input(name=tensor.name, datatype=tensor.datatype, shape=tensor.shape, body=tail[:size])
    return result, tail[size:]


def _from_list(tensor: _Input, data: Json) -> _Input:
    """The values of ``data``, flat or nested."""
    count = _element_count(tensor.shape)
    if not count:
        return tensor
    if not isinstance(data, list):
        text = "Unable to parse 'data': attempt to access JSON non-array as array"
        refuse(text, PAY103, f"data: got {type(data).__name__}, expected a list")
    if tensor.datatype in ("FP16", "BF16"):
        text = (
            f"receiving {tensor.datatype} data via JSON is not supported. Please use the binary data format for input"
        )
        message = f"{tensor.datatype} is not read from JSON; the envelope triton-binary carries it"
        refuse(text, PAY117, message, status=400, expected="the binary form", actual="JSON")
    if tensor.datatype not in (*DATATYPES, "BYTES"):
        text, datatype = f"invalid datatype for input {tensor.name[:60]}", tensor.datatype[:40]
        message = f"datatype: got {datatype!r}, expected {', '.join(DATATYPES)} or BYTES"
        refuse(text, PAY117, message, status=400, expected=name_of(datatype), actual=datatype)
    values = list(leaves(data, stop=dict))
    if tensor.datatype != "BYTES" and len(values) != count:
        text = "Unable to parse 'data': Shape does not match true shape of 'data' field"
        message = f"the shape {list(tensor.shape)} has {count} values, the data {len(values)}"
        refuse(text, PAY115, message, expected=str(count), actual=str(len(values)))
    array, findings = _values(values, tensor.datatype)
    is_encoded = tensor.datatype == "BYTES" and any(map(looks_encoded, texts(data)))
    return _Input(
        name=tensor.name,
        datatype=tensor.datatype,
        shape=tensor.shape,
        values=array,
        findings=findings,
        is_encoded=is_encoded,
    )


def _element_count(shape: tuple[int, ...]) -> int:
    """The product in 64 bits, as the server computes it: a shape that overflows to 0 has no elements."""
    count = prod(shape) % (1 << 64)
    return count - (1 << 64) if count >= 1 << 63 else count


def _values(values: list[Json], datatype: str) -> tuple[np.ndarray | None, tuple[Finding, ...]]:
    """JSON values in the datatype: each must be of its kind; integers beyond its range are wrapped."""
    if datatype == "BYTES":
        if not all(isinstance(value, str) for value in values):
            _refuse_value("string", values, lambda value: isinstance(value, str), datatype)
        return None, ()
    dtype = numpy_dtype(datatype)
    assert dtype is not None  # half precision is refused before
    kinds = set(map(type, values))
    if dtype.kind == "b":
        if kinds - {bool}:
            _refuse_value("boolean", values, lambda value: isinstance(value, bool), datatype)
        return np.array(values, bool), ()
    if dtype.kind == "f":
        if kinds - {int, float}:
            _refuse_value("number", values, lambda value: type(value) in (int, float), datatype)
        with np.errstate(over="ignore"):
            array = np.array(values, np.float64).astype(dtype)
        return array, nan_notice(array)
    wide = "uint64" if dtype.kind == "u" else "int64"
    limits = np.iinfo(wide)
    low, high = int(limits.min), int(limits.max)
    if kinds - {int} or not all(low <= value <= high for value in values):  # type: ignore[operator]
        kind = "unsigned-integer" if dtype.kind == "u" else "signed-integer"
        _refuse_value(kind, values, lambda value: type(value) is int and low <= value <= high, datatype)
    exact = np.array(values, wide)
    array = exact.astype(dtype)
    if np.array_equal(array, exact):
        return array, ()
    message = f"the values {exact.min()}..{exact.max()} leave the range of {dtype} and are wrapped without an error"
    return array, (PAY106.finding(message, expected=dtype.name, actual=f"{exact.min()}..{exact.max()}"),)


def _refuse_value(kind: str, values: list[Json], fits: Callable[[Json], bool], datatype: str) -> NoReturn:
    wrong = next(value for value in values if not fits(value))
    place = "JSON bytes array" if kind == "string" else "'data'"
    text = f"Unable to parse {place}: attempt to access JSON non-{kind} as {'double' if kind == 'number' else kind}"
    value_text = repr(wrong)[:60]
    if type(wrong) in (int, float) and kind.endswith("integer"):
        message = f"{value_text} is written under {datatype}: integers without a point, in its range (1, not 1.0)"
        refuse(text, PAY107, message, expected=datatype, actual=value_text)
    refuse(text, PAY103, f"data: got {value_text}, expected {datatype} values", expected=datatype, actual=value_text)


def _outputs(document: dict[str, Json]) -> tuple[Finding, ...]:
    if "outputs" not in document:
        return ()
    outputs = document["outputs"]
    if not isinstance(outputs, list):
        text = "Unable to parse 'outputs': attempt to access JSON non-array as array"
        refuse(text, PAY103, "outputs: expected a list")
    names = [_string(output if isinstance(output, dict) else {}, "name") for output in outputs]
    if not names:
        return ()
    message = f"outputs: got {str(names)[:60]}, not checked: the spec has no output names"
    return (PAY120.finding(message, actual=str(names)[:60]),)


def _only(inputs: dict[str, _Input], spec: Spec) -> _Input:
    if len(inputs) != 1:
        text = f"expected 1 inputs but got {len(inputs)} inputs for model"
        message = f"the request has {len(inputs)} inputs; the model has 1"
        refuse(text, PAY104, message, status=400, expected=spec.name, actual=", ".join(inputs)[:60])
    tensor = next(iter(inputs.values()))
    if spec.name not in (tensor.name, DEFAULT_NAME):
        message = f"the input is called {tensor.name[:100]!r}; the model's is {spec.name!r}"
        text = f"unexpected inference input '{tensor.name[:100]}' for model"
        refuse(text, PAY104, message, status=400, expected=spec.name, actual=tensor.name[:100])
    return tensor


def _decode(tensor: _Input, spec: Spec, notices: tuple[Finding, ...]) -> DecodedRequest:
    """Compare datatype, shape and bytes with the model's."""
    datatype, model_datatype = tensor.datatype, name_of(spec.contract.dtype)
    if datatype != model_datatype:
        text = f"inference input '{tensor.name[:60]}' data-type is '{datatype[:40]}', but model"
        message = f"datatype: got {datatype[:40]}, expected {model_datatype}" + (
            ": numbers, no base64" if tensor.is_encoded else ""
        )
        refuse(
            text,
            PAY111 if tensor.is_encoded else PAY117,
            message,
            status=400,
            expected=model_datatype,
            actual=datatype[:40],
        )
    check_shape(tensor.shape, tensor.name[:60], spec)
    array = tensor.values
    if array is None:
        array = from_bytes(tensor.body, tensor.shape, tensor.name[:60], spec)
    array = array.reshape(tensor.shape)
    return DecodedRequest(
        form="array", data=array, what=describe_dtype_shape(array), findings=tensor.findings + notices
    )
