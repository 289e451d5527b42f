"""A v2 request as pydantic checks it for MLServer and KServe: types of the members, not the model's shape or dtype.

Source: SeldonIO/MLServer, types/dataplane.py; kserve/kserve, protocol/rest/v2_datamodels.py.
"""

from __future__ import annotations

from typing import NoReturn

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.rules import Rule
from sm_imgcheck.rules.payload_request import PAY103
from sm_imgcheck.rules.payload_values import PAY117
from sm_imgcheck.serving.open_inference import DATATYPES, name_of
from sm_imgcheck.serving.stacks import refuse

__all__ = ["check_request"]

_V2 = '{"inputs": [{"name", "shape", "datatype", "data"}]}'


def check_request(document: Json, name: str, *, names_datatypes: bool = True) -> dict[str, Json]:
    """The input that the model reads: by its name, else the first. Raises RequestRejection.

    names_datatypes: whether the data model lists the datatypes (MLServer); False: any text, and ``data`` is a list
    (KServe).
    """
    if not isinstance(document, dict):
        _invalid(f"the body is not a v2 request: {_V2}", expected="inputs")
    _check_optional(document, "id", str)
    _check_parameters(document)
    for output in _list_of_objects(document, "outputs", optional=True):
        _check_name(output)
    inputs = _list_of_objects(document, "inputs")
    for tensor in inputs:
        _check_input(tensor)
        _check_datatype(tensor["datatype"], names_datatypes=names_datatypes)
        if not names_datatypes:
            _check_scalars(tensor)
    if not inputs:
        refuse("IndexError: list index out of range", PAY103, "inputs: got an empty list, expected 1", status=500)
    return next((tensor for tensor in inputs if tensor["name"] == name), inputs[0])


def _list_of_objects(document: dict[str, Json], key: str, *, optional: bool = False) -> list[dict[str, Json]]:
    value = document.get(key)
    if value is None and optional:
        return []
    objects = [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else None
    if objects is None or not isinstance(value, list) or len(objects) != len(value):
        keys = ", ".join(map(str, list(document)[:5]))[:80]
        _invalid(f"{key}: expected a list of objects; a v2 request is {_V2}", expected=key, actual=keys)
    return objects


def _check_optional(members: dict[str, Json], key: str, kind: type) -> None:
    value = members.get(key)
    if value is not None and not isinstance(value, kind):
        _invalid(f"{key}: got {str(value)[:60]}, expected {'text' if kind is str else 'an object'}")


def _check_parameters(members: dict[str, Json]) -> None:
    _check_optional(members, "parameters", dict)
    parameters = members.get("parameters")
    if isinstance(parameters, dict):
        _check_optional(parameters, "content_type", str)
        _check_optional(parameters, "headers", dict)


def _check_scalars(members: dict[str, Json]) -> None:
    parameters = members.get("parameters")
    for name, value in parameters.items() if isinstance(parameters, dict) else ():
        if not isinstance(value, str | int | float):
            _invalid(f"parameter {name[:40]!r}: got {str(value)[:40]}, expected text, a number or a boolean")


def _check_name(members: dict[str, Json]) -> None:
    if not isinstance(members.get("name"), str):
        _invalid(f"name: got {str(members.get('name'))[:60]}, expected text; a v2 request is {_V2}")
    _check_parameters(members)


def _check_input(tensor: dict[str, Json]) -> None:
    """Types as pydantic checks them: lengths may be written as text or as true."""
    _check_name(tensor)
    missing = [key for key in ("shape", "datatype") if key not in tensor]
    if missing:
        _invalid(f"the input has no {missing[0]!r}; a v2 request is {_V2}")
    shape = tensor["shape"]
    lengths = [_length(length) for length in shape] if isinstance(shape, list) else [None]
    if None in lengths:
        _invalid(f"shape: got {str(shape)[:60]}, expected a list of lengths")
    tensor["shape"] = list(lengths)


def _check_datatype(datatype: Json, *, names_datatypes: bool) -> None:
    words = {*DATATYPES, "BYTES"} - {"BF16"}
    if isinstance(datatype, str) and (datatype in words or not names_datatypes):
        return
    message = f"datatype: got {str(datatype)[:40]!r}, expected FP32, UINT8 or another name of the protocol"
    _invalid(message, PAY117, expected=name_of(str(datatype)), actual=str(datatype)[:40])


def _length(value: Json) -> int | None:
    """A length as pydantic reads an integer; None for what it refuses."""
    if isinstance(value, int):
        return int(value)
    try:
        number = float(value) if isinstance(value, float | str) else float("nan")
        return int(number) if number.is_integer() else None
    except (ValueError, OverflowError):
        return None


def _invalid(message: str, rule: Rule = PAY103, *, expected: str = "", actual: str = "") -> NoReturn:
    refuse("", rule, message, status=422, expected=expected, actual=actual)
