"""JSON as Python's ``json`` reads it, within limits, and as an array of NumPy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NoReturn, cast

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.core.types import Finding
from sm_imgcheck.io.images.content import describe_content, image_format, name_signature
from sm_imgcheck.io.lazy_imports import np
from sm_imgcheck.io.tensors import JSON_COSTS, too_costly
from sm_imgcheck.rules.payload_request import PAY102, PAY116
from sm_imgcheck.rules.payload_values import PAY108, PAY109
from sm_imgcheck.serving.stacks import ParseLimitExceeded, RequestRejection

__all__ = [
    "BYTE_ORDER_MARK",
    "as_array",
    "as_utf8",
    "even_numbers",
    "first_float",
    "leaves",
    "nan_notice",
    "not_json",
    "parse",
    "shape_of",
    "wrong_content",
]

MAX_JSON_BYTES = 64 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""In UTF-8: ``json.loads`` reads it in bytes, and refuses it in text."""
NUMBER_LETTERS = 32
"""Characters that NumPy reserves for a float next to a text."""
DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_WIDE = b"0" * 19
"""Part of every integer beyond 64 bits, where each digit is a 0: found in a tenth of the time of an expression."""
MAX_TEXT_BYTES = 256 << 20
"""Maximum size of an array of texts, where each needs as much memory as the longest."""


def parse(body: bytes, *, nan: bool = True, detect: bool = False) -> Json:
    """The document. nan: whether NaN and Infinity are accepted, as by Python.

    detect: whether UTF-16, UTF-32 and a byte order mark are read, as by ``json.loads`` of bytes; False: UTF-8 alone.
    Raises RequestRejection with the message of Python's ``json`` (PAY102 for other content, PAY116, or PAY109 for NaN
    that is not accepted), ParseLimitExceeded.
    """
    if len(body) > MAX_JSON_BYTES:
        raise ParseLimitExceeded(f"a JSON body of {len(body):,} bytes is not examined; the limit is {MAX_JSON_BYTES:,}")
    if why := too_costly(body, JSON_COSTS):
        raise ParseLimitExceeded(f"the JSON body is not examined: {why}")
    if _WIDE in body.translate(DIGITS):  # orjson reads integers beyond 64 bits as doubles
        return _python(body, nan=nan, detect=detect)
    import orjson

    try:
        document: Json = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _python(body, nan=nan, detect=detect)
    return document


def as_utf8(body: bytes) -> bytes:
    """A JSON body without a byte order mark, in UTF-8 where it is UTF-16 or UTF-32; unchanged where it is neither."""
    try:
        encoding = json.detect_encoding(body)
        text = "" if encoding.startswith("utf-8") else body.decode(encoding, "surrogatepass")
        return text.encode("utf-8", "surrogatepass") if text else body.removeprefix(BYTE_ORDER_MARK)
    except UnicodeError:
        return body


def _python(body: bytes, *, nan: bool, detect: bool) -> Json:
    """As ``parse``, slower: Python may accept what orjson refuses, and its error messages are those of the servers."""
    try:
        text = body.decode(json.detect_encoding(body) if detect else "utf-8", "surrogatepass" if detect else "strict")
    except UnicodeDecodeError as problem:
        raise RequestRejection(str(problem), not_json(body, f"not {problem.encoding} text: {problem}")) from None
    try:
        document: Json = json.loads(text, parse_constant=None if nan else _no_constant)
    except RecursionError:
        words = "maximum recursion depth exceeded while decoding a JSON array"
        raise RequestRejection(words, PAY116.finding("the lists are nested far too deep for any image")) from None
    except ValueError as problem:
        raise RequestRejection(str(problem), not_json(body, f"not JSON: {problem}")) from None
    return document


def not_json(body: bytes, problem: str) -> Finding:
    """The finding for a body that is not JSON: its content, or the problem of the parser."""
    return wrong_content(body) or PAY116.finding(f"body: {problem}", expected="JSON text")


def wrong_content(body: bytes) -> Finding | None:
    """The finding for a body of known content other than text."""
    if body and not image_format(body) and not name_signature(body):
        return None
    message = f"body: got {describe_content(body)}, expected JSON"
    if body.startswith(b"\x1f\x8b"):
        message += " (MLServer and Triton's own port decompress it where the header Content-Encoding: gzip is sent)"
    return PAY102.finding(message, expected="JSON text", actual=body[:8].hex(" ") or "0 bytes")


def _no_constant(name: str) -> NoReturn:
    raise RequestRejection(
        "", PAY109.finding(f"value: got {name}, which JSON does not define", expected="finite", actual=name)
    )


def as_array(document: Json) -> np.ndarray:
    """What ``np.array(document)`` gives: float64, int64, bool, text or object.

    Raises RequestRejection for ragged lists.
    """
    even = even_numbers(document)
    if even is None:
        _check_texts(document)
        return _array(document)
    numbers, shape = even
    return _array(numbers).reshape(shape)


_COMMON_DEPTH = 32
"""Dimensions of an array that every NumPy supports; NumPy 2 supports 64."""


def even_numbers(document: Json) -> tuple[list[int | float], tuple[int, ...]] | None:
    """All numbers and the shape of nested lists of equal lengths; None for anything else, such as a bool.

    NumPy needs twice as long to find the shape of the 50,000 innermost lists of an image. Raises RequestRejection for
    more dimensions than NumPy supports.
    """
    level = [document]
    shape: list[int] = []
    while set(map(type, level)) == {list}:
        lists = cast("list[list[Json]]", level)
        lengths = set(map(len, lists))
        if len(lengths) > 1:
            return None
        shape += lengths
        level = list(chain.from_iterable(lists))
    if set(map(type, level)) - {int, float}:
        return None
    if len(shape) > _COMMON_DEPTH:
        _array(document)
    return cast("list[int | float]", level), tuple(shape)


def _array(values: object) -> np.ndarray:
    try:
        return np.array(values)
    except (ValueError, OverflowError) as problem:
        text = str(problem)
        raise RequestRejection(
            text, PAY108.finding("the lists are ragged: rows or images differ in length", actual="ragged")
        ) from None


def _check_texts(document: Json) -> None:
    """Raise TooMuch where NumPy would give each of many short texts the room of a long one."""
    values = list(leaves(document, stop=dict))
    if str not in set(map(type, values)):  # a tensor of numbers: a tenth of the time
        return
    longest = max(max(len(leaf), NUMBER_LETTERS) for leaf in values if isinstance(leaf, str))
    if longest * len(values) * 4 > MAX_TEXT_BYTES:
        raise ParseLimitExceeded(f"{len(values):,} values next to a text of {longest:,} characters are not examined")


def leaves(document: Json, *, stop: type | tuple[type, ...] = ()) -> Iterable[Json]:
    """All values except lists and objects, in order; objects too where ``stop`` is ``dict``."""
    level = [document]
    while set(map(type, level)) == {list}:  # the 150,000 numbers of a tensor: a twentieth of the time of the walk
        level = list(chain.from_iterable(cast("list[list[Json]]", level)))
    return _walk(level, stop) if {list, dict} & set(map(type, level)) else level


def _walk(document: list[Json], stop: type | tuple[type, ...]) -> Iterator[Json]:
    pending = [iter(document)]
    while pending:
        for item in pending[-1]:
            if isinstance(item, list):
                pending.append(iter(item))
                break
            if isinstance(item, dict) and not (stop and isinstance(item, stop)):
                pending.append(iter(item.values()))
                break
            yield item
        else:
            pending.pop()


def first_float(document: Json) -> tuple[int, float] | None:
    """The first number with a point or an exponent, with its index among the values; None: all are integers."""
    return next(((at, leaf) for at, leaf in enumerate(leaves(document)) if isinstance(leaf, float)), None)


def nan_notice(array: np.ndarray) -> tuple[Finding, ...]:
    """The notice for NaN and infinity that a server reads from JSON and passes to the model."""
    count = int(array.size - np.count_nonzero(np.isfinite(array))) if array.dtype.kind == "f" else 0
    if not count:
        return ()
    why = f"{count} of {array.size} values are NaN or infinite, which JSON does not define; the server accepts them"
    return (PAY109.finding(why, expected="finite", actual=str(count)),)


def shape_of(document: Json) -> tuple[int, ...]:
    """Lengths along the first elements, as far as there are lists."""
    shape: list[int] = []
    while isinstance(document, list) and len(shape) < 64:
        shape.append(len(document))
        document = document[0] if document else None
    return tuple(shape)
