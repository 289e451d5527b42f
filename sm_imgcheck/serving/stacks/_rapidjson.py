"""JSON as RapidJSON reads it for Triton and TensorFlow Serving.

NaN and Infinity are read, the first of duplicate keys counts, integers beyond 64 bits are doubles, and doubles are up
to 1 unit in the last place off. Source: Tencent/rapidjson, reader.h (ParseNumber, ParseNanOrInf) and
internal/strtod.h; triton_json.h and json_tensor.cc parse with ``kParseNanAndInfFlag`` only.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import NoReturn, cast

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.io.lazy_imports import orjson
from sm_imgcheck.io.tensors import JSON_COSTS, too_costly
from sm_imgcheck.serving.stacks import ParseLimitExceeded, RequestRejection
from sm_imgcheck.serving.stacks._json import BYTE_ORDER_MARK, DIGITS, MAX_JSON_BYTES, not_json

__all__ = ["number", "parse"]

_MESSAGES = {
    "Expecting value": "Invalid value.",
    "Extra data": "The document root must not be followed by other values.",
    "Expecting ',' delimiter": "Missing a comma or '}' after an object member.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Illegal trailing comma before end of array": "Invalid value.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Invalid control character at": "Invalid escape character in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
}
"""RapidJSON's messages by those of Python's ``json``."""
_LARGE = re.compile(rb"e\+?0*[1-9][0-9]{2}")
_LONG = b"0" * 300
"""What a number beyond the range of a double has, each digit a 0; few other numbers do."""
_SURROGATE = re.compile(rb"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|[c-fC-F][0-9a-fA-F]{2})")
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_CONSTANTS = {"-NaN": "NaN", "Inf": "Infinity", "-Inf": "-Infinity"}
"""Python's names of constants that it does not define."""
# A text without an end is one match too: a search from each of its quotes has quadratic cost, a minute for 40 kB.
_SHORT_CONSTANTS = re.compile(r'"(?:\\.|[^"\\])*+(?:"|\\?\Z)|-NaN|-?Inf(?!inity)', re.DOTALL)


def parse(body: bytes, *, exact: bool = False) -> Json:
    """The document. exact: doubles to the last bit as RapidJSON computes them, which only a float64 tensor shows.

    Raises RequestRejection (PAY102, PAY116) with RapidJSON's message, ParseLimitExceeded for a body that is not parsed.
    """
    if len(body) > MAX_JSON_BYTES:
        raise ParseLimitExceeded(f"a JSON body of {len(body):,} bytes is not parsed; {MAX_JSON_BYTES:,} are")
    if why := too_costly(body, JSON_COSTS):
        raise ParseLimitExceeded(f"the JSON body is not parsed: {why}")
    source = body.removeprefix(BYTE_ORDER_MARK).partition(b"\0")[0]
    if b"\\u" in source and _SURROGATE.search(_PAIR.sub(b"", source)):
        _reject("The surrogate pair in string is invalid.", None)
    text = source.decode("utf-8", "surrogateescape")
    hook = number if exact or _LARGE.search(source.lower()) or _LONG in source.translate(DIGITS) else None
    if hook is None and source.count(b":") == 1:  # one member has no duplicate: a third of the time
        with suppress(orjson.JSONDecodeError):
            return cast("Json", orjson.loads(source))
    try:
        if "Inf" in text or "-NaN" in text:
            text = _SHORT_CONSTANTS.sub(lambda match: _CONSTANTS.get(match[0], match[0]), text)
        return _load(text, hook)
    except json.JSONDecodeError as problem:
        message = _MESSAGES.get(problem.msg, "Invalid value.")
        _reject(message if text.strip(" \t\r\n") else "The document is empty.", problem.pos, body)
    except RecursionError:
        raise RequestRejection("", not_json(body, "nested too deeply")) from None


def _load(text: str, hook: object) -> Json:
    integer = None if hook is None else _integer
    document: Json = json.loads(text, object_pairs_hook=_first, parse_float=hook, parse_int=integer)  # type: ignore[arg-type]
    return document


def _first(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object whose members are found by the first of equal names."""
    return dict(reversed(pairs)) if len({name for name, _ in pairs}) < len(pairs) else dict(pairs)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < 300 else number(digits)


def _reject(message: str, offset: int | None, body: bytes = b" ") -> NoReturn:
    where = "" if offset is None else f" at {offset}"
    text = f"failed to parse the request JSON buffer: {message}{where}"
    raise RequestRejection(text, not_json(body, f"not JSON: {message}{where}"))


_DIGITS = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_MAX_EXACT = (1 << 53) - 1
_MAX_UINT64 = (1 << 64) - 1


def number(text: str) -> float:
    """A JSON number as a double, within 1 unit in the last place, as RapidJSON computes it.

    Raises RequestRejection for one beyond the range of a double.
    """
    match = _DIGITS.fullmatch(text)
    assert match is not None  # Python's scanner has matched the grammar
    sign, whole, fraction, exponent = match[1], match[2], match[3] or "", int(match[4] or 0)
    value, scale = _significand(whole, fraction, limit=1 << 63 if sign else _MAX_UINT64)
    power = exponent + scale
    if exponent > 308 - scale:
        _reject("Number too big to be stored in double.", None)
    value = _scale(_scale(value, -308), power + 308) if power < -308 else _scale(value, power)
    if value == float("inf"):
        _reject("Number too big to be stored in double.", None)
    return -value if sign else value


def _significand(whole: str, fraction: str, *, limit: int) -> tuple[float, int]:
    """The digits as a double, and the power of ten that is left."""
    integer = int(whole[:400])
    if len(whole) > 309:
        _reject("Number too big to be stored in double.", None)
    significant, scale, rest = len(whole.lstrip("0")) - (whole != "0"), 0, fraction
    if integer > limit:  # continues in double arithmetic from the first digit that does not fit
        value = 0.0
        length = len(whole)
        while int(whole[:length]) > limit:
            length -= 1
        value = float(int(whole[:length]))
        for digit in whole[length:]:
            value = value * 10 + int(digit)
    else:
        count = 0
        for digit in fraction:
            if integer > _MAX_EXACT:
                break
            integer, count = integer * 10 + int(digit), count + 1
            significant += integer != 0
        scale, rest, value = -count, fraction[count:], float(integer)
    for digit in rest:
        if significant >= 17:
            break
        value, scale = value * 10 + int(digit), scale - 1
        significant += value > 0
    return value, scale


def _scale(value: float, power: int) -> float:
    if power < -308:
        return 0.0
    if power > 308:
        return float("inf") if value else value
    return value * float(f"1e{power}") if power >= 0 else value / float(f"1e{-power}")
