"""``instances`` and ``inputs`` against a TensorFlow signature of one input, as TensorFlow Serving fills it.

Source: tensorflow/serving, tensorflow_serving/util/json_tensor.cc (read, not run).
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import numpy as np

from sm_imgcheck.model import Flaw, Received, Spec
from sm_imgcheck.stacks._base64 import decoded, looks_encoded, texts
from sm_imgcheck.stacks._json import as_array, first_float, leaves, nan_taken
from sm_imgcheck.stacks._refusal import Refusal, reworded
from sm_imgcheck.stacks._words import UNNAMED, shaped

__all__ = ["of_document"]

_WORDS = {"float32": "float", "float64": "double", "float16": "half"}
"""TensorFlow's own names where they differ."""


def of_document(document: dict[str, Any], spec: Spec, added: tuple[Flaw, ...] = ()) -> Received:
    """What the signature gets of an object with the key ``instances`` or ``inputs``. Raises Refusal."""
    keys = [key for key in ("instances", "inputs") if key in document]
    if len(keys) != 1:
        _refuse(
            "Missing 'inputs' or 'instances' key", "PAY103", f"the body has {len(keys)} of the keys instances, inputs"
        )
    value = document[keys[0]]
    if keys[0] == "instances":
        if not isinstance(value, list) or not value:
            _refuse("", "PAY103", '"instances" must hold a list with an entry for each image')
        value, said = _rows(value, spec)
    else:
        value, said = _columns(value, spec)
    if spec.payload.get("envelope") == "instances-b64":
        return _strings(value, added + said)
    return _numbers(value, spec, keys[0], added + said)


def _rows(rows: list[Any], spec: Spec) -> tuple[list[Any], tuple[Flaw, ...]]:
    """The tensors of the entries, without their name."""
    if not _named(rows[0]):
        return rows, ()
    said = _check_name(rows[0], spec, "Failed to process element: 0 key: {} of 'instances' list. Error: ")
    name = next(iter(rows[0]))
    if not all(_named(row) and list(row) == [name] for row in rows):
        _refuse(
            "Expecting object but got list at item", "PAY104", f"not every entry is an object with the key {name!r}"
        )
    return [row[name] for row in rows], said


def _columns(value: Any, spec: Spec) -> tuple[Any, tuple[Flaw, ...]]:
    if not _named(value):
        return value, ()
    said = _check_name(value, spec, "")  # refuses an object of no or several names
    return next(iter(value.values())), said


def _named(value: Any) -> bool:
    return isinstance(value, dict) and not (set(value) == {"b64"} and isinstance(value["b64"], str))


def _check_name(entry: dict[str, Any], spec: Spec, where: str) -> tuple[Flaw, ...]:
    """The signature's own name is what counts; the spec may call the tensor by a longer one (serving_default_x)."""
    names = list(entry)
    given = names[0] if len(names) == 1 else ""
    if given and (spec.name == given or spec.name.split(":")[0].endswith(f"_{given}")):
        return ()
    if given and spec.name == UNNAMED:
        why = f"the spec does not say the input's name (name:), so {given!r} is not checked"
        return (("PAY120", why, "", given),)
    text = f"{where.format(given)}JSON object: does not have named input: {given}"
    why = f"the body names the inputs {names[:5]}, the spec's is {spec.name!r}"
    raise Refusal(text, "PAY104", why, expected=spec.name, actual=", ".join(names[:5]), measured=False)


def _numbers(value: Any, spec: Spec, key: str, said: tuple[Flaw, ...]) -> Received:
    dtype = spec.contract.dtype
    word = _WORDS.get(dtype, dtype)
    if dtype in ("float16", "bfloat16"):
        why = f"TensorFlow Serving fills no {dtype} input from JSON; export the model with float32 inputs"
        raise Refusal(f"Conversion of JSON Value: … to type: {word}", "PAY117", why, status=501, measured=False)
    array = _even(value)
    where = f"Failed to process element: 0 of '{key}' list. Error: Invalid argument: " if key == "instances" else ""
    if array.dtype.kind not in "fiu":
        _no_numbers(value, where, word)
    if np.dtype(dtype).kind in "iu" and array.dtype.kind == "f":
        _floats(value, word, key, array.size // max(array.shape[0] if array.ndim else 1, 1))
    made = array.astype(dtype)
    if array.dtype.kind != "f" and np.dtype(dtype).kind in "iu" and not np.array_equal(made, array):
        why = f"the values leave the range of {dtype} and are wrapped in silence"
        said += (("PAY106", why, dtype, f"{array.min()}..{array.max()}"),)
    return Received(form="array", data=made, what=_said(made, spec), flaws=said + nan_taken(array) + _lost(made, spec))


def _said(array: np.ndarray[Any, Any], spec: Spec) -> str:
    if _unbatched(array, spec):
        return f"{_instances(array.shape[0])} of {array.shape[1:]}: {shaped(array)}"
    return shaped(array)


def _instances(number: int) -> str:
    return f"{number} instance{'s' * (number != 1)}"


def _unbatched(array: np.ndarray[Any, Any], spec: Spec) -> bool:
    contract = spec.contract
    return "N" in contract.layout and array.ndim == len(contract.shape) - 1 and array.ndim > 1


def _lost(array: np.ndarray[Any, Any], spec: Spec) -> tuple[Flaw, ...]:
    if not _unbatched(array, spec):
        return ()
    why = (
        f"the list has no batch axis: its rows are taken for {_instances(array.shape[0])} of "
        f"{list(array.shape[1:])}; put one more pair of brackets around each image"
    )
    return (("PAY105", why, spec.contract.layout, str(list(array.shape))),)


def _even(value: Any) -> np.ndarray[Any, Any]:
    try:
        return as_array(value)
    except Refusal as no:
        raise reworded(no, "Encountered list at unexpected size") from None


def _floats(value: Any, word: str, key: str, size: int) -> NoReturn:
    at, first = first_float(value) or (0, 0.0)
    where = f"Failed to process element: {at // max(size, 1)} of '{key}' list. Error: Invalid argument: "
    text = f"{where}JSON Value: {first!r} Type: Number is not of expected type: {word}"
    why = f"{first!r} is written where the signature takes {word}: whole numbers without a point (1, not 1.0)"
    _refuse(text, "PAY107", why, expected=word, actual=repr(first))


def _no_numbers(value: Any, where: str, word: str) -> NoReturn:
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
        _refuse(text, "PAY111", f"{why} that takes encoded images", expected=word, actual="base64")
    why = f"{shown} stands where the signature takes {word} numbers"
    _refuse(text, "PAY103", why, expected=f"nested lists of {word}", actual=shown)


def _elements(value: Any) -> Any:
    return leaves(value, stop=dict)


def _strings(value: Any, said: tuple[Flaw, ...]) -> Received:
    """A signature of encoded images: each is ``{"b64": text}``."""
    items = list(_elements(value))[:1000]
    images, flaws = [], []
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("b64"), str) or len(item) != 1:
            shown = json.dumps(item)[:60]
            why = f'{shown} is no encoded image; write {{"b64": "..."}}, with this one key'
            _refuse(f"JSON Value: {shown} not formatted correctly for base64 data", "PAY110", why)
        body, flaw = decoded(item["b64"])
        if flaw and flaw[1].startswith(("the base64 text is", "the base64 text has")):
            _refuse("Unable to base64 decode", "PAY110", flaw[1], expected=flaw[2], actual=flaw[3])
        images.append(body)
        flaws += [flaw] if flaw else []
    what = f"{len(items)} encoded image{'s' if len(items) != 1 else ''}"
    form = "image" if len(images) == 1 and not flaws else "object"
    return Received(form=form, data=images[0] if form == "image" else None, what=what, flaws=(*said, *flaws))  # type: ignore[arg-type]


def _refuse(text: str, cause: str, why: str, *, expected: str = "", actual: str = "") -> NoReturn:
    raise Refusal(text, cause, why, expected=expected, actual=actual, measured=False)
