"""What a TensorFlow signature of one input gets of ``instances`` and ``inputs``, as TensorFlow Serving fills it.

Source: tensorflow/serving, tensorflow_serving/util/json_tensor.cc; its rules were run with RapidJSON and Abseil, the
server was not.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable
from typing import NoReturn, TypeGuard

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.layouts import lost_axis
from sm_imgcheck.core.types import DecodedRequest, Finding, Spec
from sm_imgcheck.io.images.content import image_format
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.rules.payload_request import PAY103, PAY104, PAY110, PAY111, PAY120
from sm_imgcheck.rules.payload_values import PAY105, PAY106, PAY107, PAY117
from sm_imgcheck.serving.stacks import DEFAULT_NAME, RequestRejection, describe_dtype_shape, reword_rejection
from sm_imgcheck.serving.stacks._base64 import content_finding, decode_base64, looks_encoded, texts
from sm_imgcheck.serving.stacks._json import as_array, even_numbers, first_float, leaves, nan_notice

__all__ = ["fill_signature"]

_WORDS = {"float32": "float", "float64": "double", "float16": "half"}
"""TensorFlow's own names where they differ."""


def fill_signature(document: dict[str, Json], spec: Spec, findings: tuple[Finding, ...] = ()) -> DecodedRequest:
    """What the signature gets of an object with the key ``instances`` or ``inputs``. Raises RequestRejection."""
    findings += _signature(document)
    keys = [key for key in ("instances", "inputs") if key in document]
    if len(keys) != 1:
        _refuse(
            "" if keys else "Missing 'inputs' or 'instances' key",
            PAY103.finding(f"the body has {len(keys)} of the keys instances, inputs"),
        )
    value = document[keys[0]]
    if keys[0] == "instances":
        if not isinstance(value, list) or not value:
            _refuse("", PAY103.finding('"instances" must hold a list with an entry for each image'))
        value, said = _rows(value, spec)
    else:
        value, said = _columns(value, spec)
    if spec.payload.get("envelope") == "instances-b64":
        return _strings(value, findings + said)
    return _numbers(value, spec, keys[0], findings + said)


def _signature(document: dict[str, Json]) -> tuple[Finding, ...]:
    """The notice for a signature that the spec does not describe. Raises RequestRejection for other types."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        message = f"signature_name: got {str(name)[:40]}, expected text"
        _refuse("", PAY103.finding(message, expected="text", actual=str(name)[:40]))
    if name in ("", "serving_default"):
        return ()
    return (PAY120.finding(f"signature_name: got {name[:40]!r}, not checked: the spec has no signatures"),)


def _rows(rows: list[Json], spec: Spec) -> tuple[list[Json], tuple[Finding, ...]]:
    """The tensors of the entries, without their name."""
    first = rows[0]
    if not _is_named(first):
        return rows, ()
    said = _check_name(first, spec, "Failed to process element: 0 key: {} of 'instances' list. Error: ")
    name = next(iter(first))
    members = [row for row in rows if _is_named(row) and list(row) == [name]]
    if len(members) != len(rows):
        is_plain = any(not _is_named(row) for row in rows)
        _refuse(
            "Expecting object but got list at item" if is_plain else "",
            PAY104.finding(f"not every entry is an object with the key {name!r}"),
        )
    return [row[name] for row in members], said


def _columns(value: Json, spec: Spec) -> tuple[Json, tuple[Finding, ...]]:
    """The member of the input's name; others are not read."""
    if not _is_named(value):
        return value, ()
    if matches := [name for name in value if _matches(name, spec)]:
        return value[matches[0]], ()
    if spec.name != DEFAULT_NAME or len(value) != 1:
        names = ", ".join(list(value)[:5])[:80]
        text = f"Missing named input: {spec.name} in 'inputs' object."
        _refuse(text, PAY104.finding(f"the body names the inputs {names}; the spec's is {spec.name!r}", actual=names))
    said = _check_name(value, spec, "")
    return next(iter(value.values())), said


def _is_named(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict) and not (set(value) == {"b64"} and isinstance(value["b64"], str))


def _matches(name: str, spec: Spec) -> bool:
    return spec.name == name or (bool(name) and spec.name.split(":")[0].endswith(f"_{name}"))


def _check_name(entry: dict[str, Json], spec: Spec, where: str) -> tuple[Finding, ...]:
    """The signature's own name is what counts; the spec may call the tensor by a longer one (serving_default_x)."""
    names = list(entry)
    name = next((name for name in names if not _matches(name, spec)), "")
    if len(names) == 1 and not name:
        return ()
    if len(names) == 1 and spec.name == DEFAULT_NAME:
        message = f"input name: the spec has none (name:), so {name!r} is not checked"
        return (PAY120.finding(message, actual=name),)
    text = f"{where.format(name)}JSON object: does not have named input: {name}"
    message = f"the body names the inputs {names[:5]}, the spec's is {spec.name!r}"
    raise RequestRejection(
        text, PAY104.finding(message, expected=spec.name, actual=", ".join(names[:5])), is_measured=False
    )


_WITHOUT_JSON = ("float16", "bfloat16", "uint16")
"""dtypes that JSON does not fill."""
_LIMITS = {"int64": (-(1 << 63), (1 << 63) - 1), "uint64": (0, (1 << 64) - 1), "uint32": (0, (1 << 32) - 1)}
_INT32 = (-(1 << 31), (1 << 31) - 1)
"""What a JSON number must be for int8, int16, int32 and uint8; narrower types then wrap."""


def _numbers(value: Json, spec: Spec, key: str, said: tuple[Finding, ...]) -> DecodedRequest:
    dtype = spec.contract.dtype
    word = _WORDS.get(dtype, dtype)
    if dtype in _WITHOUT_JSON:
        message = f"TensorFlow Serving fills no {dtype} input from JSON; export the model with float32 inputs"
        raise RequestRejection(
            f"Conversion of JSON Value: … to type: {word}", PAY117.finding(message), status=501, is_measured=False
        )
    even = _even(value)
    if even is None:
        where = f"Failed to process element: 0 of '{key}' list. Error: Invalid argument: " if key == "instances" else ""
        _refuse_values(value, where, word)
    values, shape = even
    array, wrap_findings = _fill(values, value, dtype, key, len(values) // max(shape[0] if shape else 1, 1))
    array = array.reshape(shape)
    findings = said + wrap_findings + nan_notice(array) + _batch_findings(array, spec)
    return DecodedRequest(form="array", data=array, what=_describe(array, spec), findings=findings)


def _fill(
    numbers: list[int | float], value: Json, dtype: str, key: str, size: int
) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """The numbers in the dtype, and whether an integer type wraps them. size: numbers of one element of the list."""
    word = _WORDS.get(dtype, dtype)
    if np.dtype(dtype).kind == "f":
        return _reals(numbers, np.dtype(dtype), word), ()
    if any(isinstance(number, float) for number in numbers):
        _floats(value, word, key, size)
    low, high = _LIMITS.get(dtype, _INT32)
    whole = [int(number) for number in numbers]
    if outside := [number for number in whole if not low <= number <= high]:
        text = f"JSON Value: {outside[0]} Type: Number is not of expected type: {word}"
        message = f"{outside[0]} is beyond the integers that {word} is read from: {low}..{high}"
        _refuse(text, PAY106.finding(message, expected=word, actual=str(outside[0])))
    exact = np.array(whole, "uint64" if dtype == "uint64" else "int64")
    array = exact.astype(dtype)
    if np.array_equal(array, exact):
        return array, ()
    message = f"the values leave the range of {dtype} and are wrapped without an error"
    return array, (PAY106.finding(message, expected=dtype, actual=f"{exact.min()}..{exact.max()}"),)


def _reals(numbers: list[int | float], dtype: np.dtype, word: str) -> np.ndarray:
    """Numbers as floats. Raises RequestRejection for what loses precision by ``IsLosslessDecimal``.

    That is: an integer of 64 bits beyond the significand (16,777,215 in float32), a finite number beyond the range.
    """
    exact = (1 << (np.finfo(dtype).nmant + 1)) - 1
    values = np.array(numbers, np.float64)
    large = [numbers[index] for index in np.flatnonzero(np.abs(values) > exact)]
    inexact = [number for number in large if type(number) is int and -(1 << 63) <= number < 1 << 64]
    beyond = np.flatnonzero(np.isfinite(values) & (np.abs(values) > np.finfo(dtype).max))
    if inexact or beyond.size:
        odd = inexact[0] if inexact else numbers[int(beyond[0])]
        text = f"Cannot convert JSON value: {odd} to {word} without loss of precision."
        message = (
            f"value: got {odd}, expected integers of at most {exact:,} for {dtype.name}: write it with a decimal point"
        )
        if not inexact:
            message = f"value: got {odd}, which {dtype.name} cannot hold"
        _refuse(text, PAY106.finding(message, expected=dtype.name, actual=str(odd)))
    return values.astype(dtype)


def _describe(array: np.ndarray, spec: Spec) -> str:
    if _lacks_batch(array, spec):
        return f"{_instances(array.shape[0])} of {array.shape[1:]}: {describe_dtype_shape(array)}"
    return describe_dtype_shape(array)


def _instances(number: int) -> str:
    return f"{number} instance{'s' * (number != 1)}"


def _lacks_batch(array: np.ndarray, spec: Spec) -> bool:
    return array.ndim > 1 and lost_axis(array.shape, spec.contract) == "N"


def _batch_findings(array: np.ndarray, spec: Spec) -> tuple[Finding, ...]:
    if not _lacks_batch(array, spec):
        return ()
    message = (
        f"missing batch dimension: the rows of the list are read as {_instances(array.shape[0])} of "
        f"{list(array.shape[1:])}; put one more pair of brackets around each image"
    )
    return (PAY105.finding(message, expected=spec.contract.layout, actual=str(list(array.shape))),)


def _even(value: Json) -> tuple[list[int | float], tuple[int, ...]] | None:
    """Numbers and shape; None for values that are not all numbers."""
    try:
        even = even_numbers(value)
        if even is None:
            as_array(value)
    except RequestRejection as no:
        raise reword_rejection(no, "") from None  # which of several messages depends on the order
    return even


def _floats(value: Json, word: str, key: str, size: int) -> NoReturn:
    at, first = first_float(value) or (0, 0.0)
    where = f"Failed to process element: {at // max(size, 1)} of '{key}' list. Error: Invalid argument: "
    text = f"{where}JSON Value: {first!r} Type: Number is not of expected type: {word}"
    message = f"values: got {first!r}, expected {word}: integers without a decimal point (1, not 1.0)"
    _refuse(text, PAY107.finding(message, expected=word, actual=repr(first)))


def _refuse_values(value: Json, where: str, word: str) -> NoReturn:
    wrong = next(
        (leaf for leaf in _elements(value) if not isinstance(leaf, int | float) or isinstance(leaf, bool)), None
    )
    kinds = {str: "String", dict: "Object", type(None): "Null", bool: "True" if wrong else "False"}
    value_text = json.dumps(wrong)[:60]
    text = f"{where}JSON Value: {value_text} Type: {kinds.get(type(wrong), 'Object')} is not of expected type: {word}"
    if any(looks_encoded(text) for text in texts(wrong)):
        message = f"values: got base64 text, expected {word}: send the values of the tensor, or export a model"
        _refuse(text, PAY111.finding(f"{message} that decodes images", expected=word, actual="base64"))
    message = f"values: got {value_text}, expected {word}"
    _refuse(text, PAY103.finding(message, expected=f"nested lists of {word}", actual=value_text))


def _elements(value: Json) -> Iterable[Json]:
    return leaves(value, stop=dict)


def _strings(value: Json, said: tuple[Finding, ...]) -> DecodedRequest:
    """A signature of encoded images: each is ``{"b64": text}``."""
    items = list(_elements(value))[:1000]
    images, findings = [], []
    for item in items:
        body, finding = item.encode() if isinstance(item, str) else _unescape(item), None
        if isinstance(item, str):
            message = 'encoded image: got a text, which is not decoded; expected {"b64": "..."}'
            finding = PAY110.finding(message, expected='{"b64": "..."}', actual="a text")
        elif not image_format(body):
            finding = content_finding(body)
        images.append(body)
        findings += [finding] if finding else []
    what = f"{len(items)} encoded image{'s' if len(items) != 1 else ''}"
    findings = [*said, *findings]
    if len(images) == 1 and len(findings) == len(said):
        return DecodedRequest(form="image", data=images[0], what=what, findings=tuple(findings))
    return DecodedRequest(form="object", data=None, what=what, findings=tuple(findings))


_BASE64 = re.compile(r"([A-Za-z0-9+/]*)([=.]{0,2})")


def _unescape(item: Json) -> bytes:
    """The bytes of ``{"b64": text}``, as Abseil's Base64Unescape: blanks are skipped, padding may be missing."""
    text = item.get("b64") if isinstance(item, dict) and len(item) == 1 else None
    if not isinstance(text, str):
        value_text = json.dumps(item)[:60]
        message = f'encoded image: got {value_text}, expected {{"b64": "..."}} with this key only'
        problem = " not formatted correctly for base64 data" if isinstance(item, dict) else " Type: "
        _refuse(f"JSON Value: {value_text}{problem}", PAY110.finding(message))
    match = _BASE64.fullmatch("".join(text.split()))
    short = -len(match[1]) % 4 if match else 3
    if match is None or short == 3 or len(match[2]) not in (0, short):
        finding = decode_base64(text)[1] or PAY110.finding("the base64 text has wrong padding", expected="base64")
        _refuse("Unable to base64 decode", finding)
    return b64decode(match[1] + "=" * short)


def _refuse(text: str, finding: Finding) -> NoReturn:
    raise RequestRejection(text, finding, is_measured=False)
