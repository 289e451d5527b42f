"""``instances`` and ``inputs`` against a TensorFlow signature of one input, as TensorFlow Serving fills it.

Source: tensorflow/serving, tensorflow_serving/util/json_tensor.cc (read, not run).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn, TypeGuard

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import DecodedRequest, Finding, RejectedRequest, Spec
from sm_imgcheck.io.images.header import image_format
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import JSON_LINES_COSTS, too_costly
from sm_imgcheck.rules.payload_request import PAY103, PAY104, PAY110, PAY111, PAY120
from sm_imgcheck.rules.payload_values import PAY105, PAY106, PAY107, PAY117
from sm_imgcheck.serving.stacks import (
    DEFAULT_NAME,
    ParseLimitExceeded,
    RequestRejection,
    Stack,
    describe_dtype_shape,
    reject_content_type,
    reword_rejection,
    wrap_rejections,
)
from sm_imgcheck.serving.stacks._decoders import decoded, looks_encoded, texts
from sm_imgcheck.serving.stacks._handler_template import ACCEPTS
from sm_imgcheck.serving.stacks._json import as_array, first_float, leaves, nan_notice
from sm_imgcheck.serving.stacks.toolkit import json_body

__all__ = ["STACK", "of_document"]

_WORDS = {"float32": "float", "float64": "double", "float16": "half"}
"""TensorFlow's own names where they differ."""


def of_document(document: dict[str, Json], spec: Spec, added: tuple[Finding, ...] = ()) -> DecodedRequest:
    """What the signature gets of an object with the key ``instances`` or ``inputs``. Raises Refusal."""
    keys = [key for key in ("instances", "inputs") if key in document]
    if len(keys) != 1:
        _refuse(
            "Missing 'inputs' or 'instances' key",
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
        return _strings(value, added + said)
    return _numbers(value, spec, keys[0], added + said)


def _rows(rows: list[Json], spec: Spec) -> tuple[list[Json], tuple[Finding, ...]]:
    """The tensors of the entries, without their name."""
    first = rows[0]
    if not _named(first):
        return rows, ()
    said = _check_name(first, spec, "Failed to process element: 0 key: {} of 'instances' list. Error: ")
    name = next(iter(first))
    named = [row for row in rows if _named(row) and list(row) == [name]]
    if len(named) != len(rows):
        _refuse(
            "Expecting object but got list at item",
            PAY104.finding(f"not every entry is an object with the key {name!r}"),
        )
    return [row[name] for row in named], said


def _columns(value: Json, spec: Spec) -> tuple[Json, tuple[Finding, ...]]:
    if not _named(value):
        return value, ()
    said = _check_name(value, spec, "")  # refuses an object of no or several names
    return next(iter(value.values())), said


def _named(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict) and not (set(value) == {"b64"} and isinstance(value["b64"], str))


def _check_name(entry: dict[str, Json], spec: Spec, where: str) -> tuple[Finding, ...]:
    """The signature's own name is what counts; the spec may call the tensor by a longer one (serving_default_x)."""
    names = list(entry)
    given = names[0] if len(names) == 1 else ""
    if given and (spec.name == given or spec.name.split(":")[0].endswith(f"_{given}")):
        return ()
    if given and spec.name == DEFAULT_NAME:
        why = f"the spec does not say the input's name (name:), so {given!r} is not checked"
        return (PAY120.finding(why, actual=given),)
    text = f"{where.format(given)}JSON object: does not have named input: {given}"
    why = f"the body names the inputs {names[:5]}, the spec's is {spec.name!r}"
    raise RequestRejection(text, PAY104.finding(why, expected=spec.name, actual=", ".join(names[:5])), measured=False)


def _numbers(value: Json, spec: Spec, key: str, said: tuple[Finding, ...]) -> DecodedRequest:
    dtype = spec.contract.dtype
    word = _WORDS.get(dtype, dtype)
    if dtype in ("float16", "bfloat16"):
        why = f"TensorFlow Serving fills no {dtype} input from JSON; export the model with float32 inputs"
        raise RequestRejection(
            f"Conversion of JSON Value: … to type: {word}", PAY117.finding(why), status=501, measured=False
        )
    array = _even(value)
    where = f"Failed to process element: 0 of '{key}' list. Error: Invalid argument: " if key == "instances" else ""
    if array.dtype.kind not in "fiu":
        _no_numbers(value, where, word)
    if np.dtype(dtype).kind in "iu" and array.dtype.kind == "f":
        _floats(value, word, key, array.size // max(array.shape[0] if array.ndim else 1, 1))
    made = array.astype(dtype)
    if array.dtype.kind != "f" and np.dtype(dtype).kind in "iu" and not np.array_equal(made, array):
        why = f"the values leave the range of {dtype} and are wrapped in silence"
        said += (PAY106.finding(why, expected=dtype, actual=f"{array.min()}..{array.max()}"),)
    return DecodedRequest(
        form="array", data=made, what=_said(made, spec), findings=said + nan_notice(array) + _lost(made, spec)
    )


def _said(array: np.ndarray, spec: Spec) -> str:
    if _unbatched(array, spec):
        return f"{_instances(array.shape[0])} of {array.shape[1:]}: {describe_dtype_shape(array)}"
    return describe_dtype_shape(array)


def _instances(number: int) -> str:
    return f"{number} instance{'s' * (number != 1)}"


def _unbatched(array: np.ndarray, spec: Spec) -> bool:
    contract = spec.contract
    return "N" in contract.layout and array.ndim == len(contract.shape) - 1 and array.ndim > 1


def _lost(array: np.ndarray, spec: Spec) -> tuple[Finding, ...]:
    if not _unbatched(array, spec):
        return ()
    why = (
        f"the list has no batch axis: its rows are taken for {_instances(array.shape[0])} of "
        f"{list(array.shape[1:])}; put one more pair of brackets around each image"
    )
    return (PAY105.finding(why, expected=spec.contract.layout, actual=str(list(array.shape))),)


def _even(value: Json) -> np.ndarray:
    try:
        return as_array(value)
    except RequestRejection as no:
        raise reword_rejection(no, "Encountered list at unexpected size") from None


def _floats(value: Json, word: str, key: str, size: int) -> NoReturn:
    at, first = first_float(value) or (0, 0.0)
    where = f"Failed to process element: {at // max(size, 1)} of '{key}' list. Error: Invalid argument: "
    text = f"{where}JSON Value: {first!r} Type: Number is not of expected type: {word}"
    why = f"{first!r} is written where the signature takes {word}: whole numbers without a point (1, not 1.0)"
    _refuse(text, PAY107.finding(why, expected=word, actual=repr(first)))


def _no_numbers(value: Json, where: str, word: str) -> NoReturn:
    wrong = next(
        (leaf for leaf in _elements(value) if not isinstance(leaf, int | float) or isinstance(leaf, bool)), None
    )
    kinds = {str: "String", dict: "Object", type(None): "Null", bool: "True" if wrong else "False"}
    shown = json.dumps(wrong)[:60]
    text = f"{where}JSON Value: {shown} Type: {kinds.get(type(wrong), 'Object')} is not of expected type: {word}"
    if any(looks_encoded(one) for one in texts(wrong)):
        why = (
            f"base64 text stands where the signature takes {word} numbers: send the tensor's numbers, or export a model"
        )
        _refuse(text, PAY111.finding(f"{why} that takes encoded images", expected=word, actual="base64"))
    why = f"{shown} stands where the signature takes {word} numbers"
    _refuse(text, PAY103.finding(why, expected=f"nested lists of {word}", actual=shown))


def _elements(value: Json) -> Iterator[Json]:
    return leaves(value, stop=dict)


def _strings(value: Json, said: tuple[Finding, ...]) -> DecodedRequest:
    """A signature of encoded images: each is ``{"b64": text}``."""
    items = list(_elements(value))[:1000]
    images, findings = [], []
    for item in items:
        text = item.get("b64") if isinstance(item, dict) and len(item) == 1 else None
        if not isinstance(text, str):
            shown = json.dumps(item)[:60]
            why = f'{shown} is no encoded image; write {{"b64": "..."}}, with this one key'
            _refuse(f"JSON Value: {shown} not formatted correctly for base64 data", PAY110.finding(why))
        body, finding = decoded(text)
        if finding and finding.message.startswith(("the base64 text is", "the base64 text has")):
            _refuse("Unable to base64 decode", finding)
        images.append(body)
        findings += [finding] if finding else []
    what = f"{len(items)} encoded image{'s' if len(items) != 1 else ''}"
    findings = [*said, *findings]
    if len(images) == 1 and len(findings) == len(said):
        return DecodedRequest(form="image", data=images[0], what=what, findings=tuple(findings))
    return DecodedRequest(form="object", data=None, what=what, findings=tuple(findings))


def _refuse(text: str, finding: Finding) -> NoReturn:
    raise RequestRejection(text, finding, measured=False)


CONTENT_TYPES = ("application/json", "application/jsonlines", "application/jsons", "text/csv")
_KEYED = re.compile(rb'"(instances|inputs|examples)"\s*:')
_SEVERAL = re.compile(rb"[}\]]\s*[\[{]")
_TWO_LISTS = re.compile(rb"\s*\[\s*\[")
_NUMBERS_FIRST = re.compile(rb'\s*("|[\d.Ee+\-]+.*)')


@wrap_rejections(400, '{"error": "{}"}')
def receive(body: bytes, content_type: str, spec: Spec) -> DecodedRequest | RejectedRequest:
    """What the signature gets; its dtype is enforced, its shape is not."""
    if content_type not in CONTENT_TYPES:
        text = f"Unsupported Media Type: {content_type or 'Unknown'}"
        raise reject_content_type(content_type, CONTENT_TYPES, text, status=415)
    if why := too_costly(body, JSON_LINES_COSTS):
        raise ParseLimitExceeded(f"the body is not looked into: {why}")
    inner, added = (_of_csv(body), ()) if content_type == "text/csv" else _wrapped(body)
    try:
        document = json_body(inner if image_format(body) == "" else body)
    except RequestRejection as no:
        raise reword_rejection(no, "JSON Parse error: ") from None
    if not isinstance(document, dict):
        raise RequestRejection(
            "", PAY103.finding("the body is no JSON object", expected='{"instances": [...]}'), measured=False
        )
    return of_document(document, spec, added)


def _wrapped(body: bytes) -> tuple[bytes, tuple[Finding, ...]]:
    """The body that the container's script sends on, and what it has added or not."""
    if _KEYED.search(body):
        return body, ()
    if _SEVERAL.search(body):
        lines = [line.strip() for line in body.strip().splitlines()]
        if len(lines) == 1:
            return b'{"instances":' + lines[0] + b"}", ()
        return b'{"instances":[' + b",".join(filter(None, lines)) + b"]}", ()
    if _TWO_LISTS.match(body):
        return b'{"instances":' + body + b"}", ()
    return b'{"instances":[' + body + b"]}", _batched(body)


def _batched(body: bytes) -> tuple[Finding, ...]:
    if not body.lstrip().startswith(b"["):
        return ()
    why = "a list that does not start with [[ gains a batch axis here; write the batch yourself"
    return (PAY105.finding(why, expected="a list of images", actual="a list of numbers"),)


def _of_csv(body: bytes) -> bytes:
    """One instance a line; a line of one column stands without brackets."""
    quoted = _NUMBERS_FIRST.match(body) is None
    rows = []
    for line in filter(None, (line.strip() for line in body.strip().splitlines())):
        row = b'"' + line.replace(b'"', b'\\"', 1).replace(b",", b'","', 1) + b'"' if quoted else line
        rows.append(b"[" + row + b"]" if b"," in line else row)
    return b'{"instances":[' + b",".join(rows) + b"]}"


_HANDLER = (
    ACCEPTS
    + '''


def input_handler(data, context):
    """What SageMaker's TensorFlow Serving container calls before the model: JSON in the column format.

    ``inputs`` takes the tensor with its batch axis as it is; ``instances`` would split the batch.
    """
    tensor = to_tensor(data.read(), context.request_content_type)
    # As text NumPy gives the fewest digits that read back to the same float32; as Python's floats they have up to 17.
    numbers = json.dumps(tensor.astype(str).tolist(), separators=(",", ":")).replace('"', "")
    return f'{{"inputs": {numbers}}}'


def output_handler(response, context):
    """What the container calls with the model's answer."""
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    return response.content, context.accept_header'''
)

STACK = Stack(
    rank=3,
    summary="SageMaker TensorFlow containers and TensorFlow Serving",
    receive=receive,
    content_types=CONTENT_TYPES,
    envelopes=("instances", "inputs", "array", "jsonlines", "instances-b64", "csv"),
    handler_imports=("import io", "import math", "import json"),
    handler=_HANDLER,
)
