"""Compare the only value of its kind in a sentence with what the sentence supports: "unsupported channel count: 4"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict
from sm_imgcheck.rules.endpoint_errors.tokens import DTYPE_WORDS, Value

__all__ = ["compare_axis", "compare_requirement", "compare_with_support"]

_CHANNELS = re.compile(
    r"(?i)(?:channels?|bands?|planes?|components?)(?: number| count| size)?(?: of| is| was|:|=){0,2} ?\(?(?P<after>\d{1,4})\b"
    r"|\b(?P<before>\d{1,4})[- ](?:color[- ])?(?:channels?|bands?|planes?|components?)\b"
)
_REFUSAL = re.compile(
    r"(?i)must be \d|unsupported|not supported|only support|supports? only|invalid|illegal|wrong|unexpected|cannot handle|can't handle"
    r"|can not handle|only (?:be )?(?:supported|defined|implemented)|not implemented|unknown|divisible by|not in [\[(]"
)
_FEWER = re.compile(r"(?i)(?:(?P<less>less|fewer)|(?P<more>more)) than (?P<count>[34]|three|four) (?:color )?(?:channels|bands)")
_AXES = re.compile(
    r"(?i)\b(?:image|array|tensor|input)s?\b[^.;\n]{0,40}(?:less|fewer|(?P<more>more)) than (?P<count>[34]|three|four) (?:dim|axes)"
)
_MODES = re.compile(r"(?i)\b(?P<mode>RGBA?|BGRA?|gr[ae]y(?:scale)?|RGB images|color)\b")
_SHAPE = re.compile(r"[\[(](?P<lengths>\d{1,5}(?:, ?\d{1,5}){1,4})[\])]")
_SHAPE_OF_IMAGE = re.compile(r"(?i)\b(?:image|picture|array|tensor|input)s?\b[^\n]{0,60}\b(?:shape|dimensions?|rank)\b")
_DTYPE = re.compile(rf"(?i)(?<![\w.])(?:torch\.|np\.|numpy\.|tf\.)?(?P<name>{DTYPE_WORDS})\b")


def compare_with_support(sentence: str) -> tuple[Verdict, int, int] | None:
    """Return the verdict on a number of channels, or a shape, that the sentence refuses, with its span; else None."""
    if not any(pattern.search(sentence) for pattern in (_REFUSAL, _FEWER, _AXES)):
        return None
    if match := _AXES.search(sentence):
        causes = ("batch-twice",) if match["more"] else ("gray",)
        return (causes, {"expected": f"{match['count']} axes"}), *match.span()
    if match := _FEWER.search(sentence):
        causes = ("alpha",) if match["more"] else ("gray",)
        return (causes, {"expected": f"{match['count']} channels"}), *match.span()
    counts = [*_CHANNELS.finditer(sentence)]
    if len(counts) == 1:
        count = int(counts[0]["after"] or counts[0]["before"])
        modes = {match["mode"].upper()[:4] for match in _MODES.finditer(sentence)}
        if verdict := _channels(count, modes):
            return verdict, *counts[0].span()
    shapes = [*_SHAPE.finditer(sentence)]
    if len(shapes) == 1 and not counts and "divisible" not in sentence and _SHAPE_OF_IMAGE.search(sentence):
        lengths = [int(length) for length in re.findall(r"\d+", shapes[0]["lengths"])]
        if verdict := _shape(lengths):
            return verdict, *shapes[0].span()
    dtypes = [*_DTYPE.finditer(sentence)]
    if len(dtypes) == 1 and _DTYPE_REFUSAL.search(sentence):
        return (("unsupported-dtype",), {"got": dtypes[0]["name"]}), *dtypes[0].span()
    return None


_DTYPE_REFUSAL = re.compile(
    r"(?i)(?:unsupported|not supported|invalid|unknown) (?:\w+ ){0,2}(?:(?:d|data ?|element )?type|depth)\b|(?:(?:d|data ?|element )?type|depth)\b[^.;\n]{0,60}(?:not|un)(?: currently)? ?supported"
)


def _channels(count: int, modes: set[str]) -> Verdict | None:
    allowed = [3] if modes and not modes & {"GRAY", "GREY"} else [1, 3]
    if modes & {"RGBA", "BGRA"}:
        allowed.append(4)
    causes, labels = COMPARISONS["allowed-channels"]({"got": str(count), "expected": " or ".join(map(str, allowed))})
    return (causes, labels) if causes else None


def _shape(lengths: list[int]) -> Verdict | None:
    """A shape that is refused as an image: two axes are grayscale; channels first where the last axis is no channel."""
    labels = {"got": str(lengths), "expected": "[H, W, 3]"}
    if len(lengths) == 2 and min(lengths) > max(COUNTS):
        return ("gray",), labels
    if len(lengths) == 4 and {lengths[1], lengths[3]} & set(COUNTS):
        return ("batch-twice",), labels
    if len(lengths) == 3 and lengths[0] in (1, 3) and lengths[2] not in COUNTS:
        return ("layout",), labels
    return None


_REQUIREMENT = re.compile(r"(?i)\b(?:must|should|expect(?:s|ed)?|requires?|needs|has to|have to|only) ")
_ERROR = re.compile(r"(?:Error|Exception|Failure)\b\W|\"(?:error|detail|message)\":|(?i:\berror: )")
_UNMET = {
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



def compare_requirement(sentence: str, expected: Sequence[Value]) -> tuple[Verdict, int, int] | None:
    """Return the verdict on an error that states only what is expected: "ValueError: image must have 3 channels"."""
    values = sorted((value for value in expected if value.kind in _UNMET), key=lambda value: [*_UNMET].index(value.kind))
    if not values or not _ERROR.search(sentence[: values[0].start]):
        return None
    value = values[0]
    requirement = [match.start() for match in _REQUIREMENT.finditer(sentence, 0, value.end)]
    is_image = value.kind in ("channels", "batch", "layout") or _IMAGE.search(sentence, 0, value.end + _NEAR)
    if not requirement or not is_image:
        return None
    return ((_UNMET[value.kind],), {"expected": value.text}), requirement[-1], value.end


_IMAGE = re.compile(r"(?i)\b(?:image|img|input|picture|photo|pixels?|mat|frame|tensor|array)s?\b")
_NEAR = 24


_AXIS = re.compile(
    r"(?i)\b(?:axis|dim(?:ension)?|shape index) (?P<axis>-?[0-4])\b[^.;()\[\]]{0,40}?(?:equal|be|have(?: a)?(?: value| size| length)?"
    r"|expected|expects?)(?: of| to)? (?P<expected>\d{1,5})\b(?P<between>[^\[(]{0,60})(?P<shape>[\[(]\d{1,5}(?:, ?\d{1,5}){1,4}[\])])"
)


_LENGTHS = re.compile(
    r"(?i)\b(?:axis|dim(?:ension)?|index) (?P<axis>[0-3])\b[^.;()\[\]]{0,20}?(?:expected|expects?|required)[: =]{1,3}(?P<expected>\d{1,5})\b"
    r"[^.;()\[\]]{0,20}?(?:got|received|found|actual|was|is|given)[: =]{1,3}(?P<got>\d{1,5})\b"
)


def compare_axis(sentence: str) -> tuple[Verdict, int, int] | None:
    """Return the verdict on one axis: "axis 3 must equal 3, got shape [1, 3, 224, 224]", "dimension 2: expected 224,
    got 256"; else None."""
    if lengths_match := _LENGTHS.search(sentence):
        verdict = COMPARISONS["one-axis"](lengths_match.groupdict())
        return (verdict, *lengths_match.span()) if verdict[0] else None
    match = _AXIS.search(sentence)
    if not match:
        return None
    lengths = [int(length) for length in re.findall(r"\d+", match["shape"])]
    axis = int(match["axis"])
    if not -len(lengths) <= axis < len(lengths) or lengths[axis] == int(match["expected"]):
        return None
    causes, labels = COMPARISONS["axis"]({**match.groupdict(), "axis": str(axis)})
    return ((causes, labels), *match.span()) if causes else None
