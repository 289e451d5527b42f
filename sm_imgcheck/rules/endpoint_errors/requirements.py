"""Compare one axis of a shape with its required length, and find requirements of errors that name no actual value."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sm_imgcheck.rules.endpoint_errors.allowed import VerdictSpan
from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict
from sm_imgcheck.rules.endpoint_errors.tokens import Value

__all__ = ["compare_axis", "compare_requirement"]

_REQUIREMENT = re.compile(r"(?i)\b(?:must|should|expect(?:s|ed|ing)?|requires?|needs|has to|have to|only) ")
_ERROR = re.compile(r"(?:Error|Exception|Failure)\b\W|\"(?:error|detail|message)\":|(?i:\berror: )")
_IMAGE = re.compile(r"(?i)\b(?:image|img|input|picture|photo|pixels?|pixel_value|mat|frame|tensor|array)s?\b")
_NEAR = 24
"""Characters after a value in which the image may be named."""

_CAUSES = {
    "channels": "channels",
    "mode": "channels",
    "rank": "other-shape",
    "axes": "other-shape",
    "shape": "other-shape",
    "dtype": "other-dtype",
    "batch": "batch-size",
    "layout": "layout",
}
"""Causes of a requirement whose actual value is unknown, by the kind of value; the most specific kind first."""

_OF_IMAGES = ("channels", "batch", "layout")
"""Kinds of values that only images have."""


def compare_requirement(sentence: str, expected: Sequence[Value]) -> VerdictSpan | None:
    """Return the verdict on an error that states only what is expected: "ValueError: image must have 3 channels"."""
    order = [*_CAUSES]
    values = sorted((value for value in expected if value.kind in _CAUSES), key=lambda value: order.index(value.kind))
    if not values or not _ERROR.search(sentence[: values[0].start]):
        return None
    value = values[0]
    requirement = [match.start() for match in _REQUIREMENT.finditer(sentence, 0, value.end)]
    is_image = value.kind in _OF_IMAGES or _IMAGE.search(sentence, 0, value.end + _NEAR)
    if not requirement or not is_image:
        return None
    is_size = value.kind == "shape" and re.fullmatch(r"\d{2,5} ?[x*\u00d7] ?\d{2,5}", value.text)
    cause = "wrong-size" if is_size else _CAUSES[value.kind]
    return ((cause,), {"expected": value.text}), requirement[-1], value.end


_AXIS_OF_SHAPE = re.compile(
    r"(?i)\b(?:axis|dim(?:ension)?|shape index) (?P<axis>-?[0-4])\b[^.;()\[\]]{0,40}?"
    r"(?:equal|be|have(?: a)?(?: value| size| length)?|expected|expects?)(?: of| to)? (?P<expected>\d{1,5})\b"
    r"(?P<between>[^\[(]{0,60})(?P<shape>[\[(]\d{1,5}(?:, ?\d{1,5}){1,4}[\])])"
)
_LENGTHS = re.compile(
    r"(?i)\b(?:axis|dim(?:ension)?|index) (?P<axis>[0-3])\b[^.;()\[\]]{0,20}?"
    r"(?:expected|expects?|required)[: =]{1,3}(?P<expected>\d{1,5})\b[^.;()\[\]]{0,20}?"
    r"(?:got|received|found|actual|was|is|given)[: =]{1,3}(?P<got>\d{1,5})\b"
)


_RANGE = re.compile(
    r"(?P<got>\[\d{1,5}(?:, ?\d{1,5}){1,4}\])[^\[\]]{1,120}?(?:range|between|min)[^\[\]]{0,40}?"
    r"(?P<low>\[\d{1,5}(?:, ?\d{1,5}){1,4}\])[^\[\]]{1,16}(?P<high>\[\d{1,5}(?:, ?\d{1,5}){1,4}\])"
)


def _compare_range(match: re.Match[str]) -> Verdict:
    """Compare a shape with the lowest and the highest shape: the first axis that is out of range decides."""
    got, low, high = ([int(length) for length in re.findall(r"\d+", match[name])] for name in ("got", "low", "high"))
    for axis, (length, least, most) in enumerate(zip(got, low, high, strict=False)):
        if not least <= length <= most:
            limit = str(most if length > most else least)
            return COMPARISONS["profile"](
                {"shape": match["got"], "axis": str(axis), "got": str(length), "expected": limit}
            )
    return (), {}


def compare_axis(sentence: str) -> VerdictSpan | None:
    """Return the verdict on one axis: "axis 3 must equal 3, got shape [1, 3, 224, 224]"; None: no axis differs."""
    if match := _LENGTHS.search(sentence):
        verdict = COMPARISONS["one-axis"](match.groupdict())
    elif match := _AXIS_OF_SHAPE.search(sentence):
        lengths, axis = re.findall(r"\d+", match["shape"]), int(match["axis"])
        if not -len(lengths) <= axis < len(lengths) or lengths[axis] == match["expected"]:
            return None
        verdict = COMPARISONS["axis"](match.groupdict())
    elif match := _RANGE.search(sentence):
        verdict = _compare_range(match)
    else:
        return None
    return (verdict, *match.span()) if verdict[0] else None
