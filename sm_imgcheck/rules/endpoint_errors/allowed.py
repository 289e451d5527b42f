"""Compare the only value of its kind in a sentence with what the sentence supports: "unsupported channel count: 4"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict
from sm_imgcheck.rules.endpoint_errors.tokens import Value

__all__ = ["compare_axis", "compare_requirement", "compare_with_support"]

_CHANNELS = re.compile(
    r"(?i)(?:channels?|bands?|planes?|components?)(?: number| count| size)?(?: of| is| was|:|=){0,2} ?\(?(?P<after>\d{1,4})\b"
    r"|\b(?P<before>\d{1,4})[- ](?:color[- ])?(?:channels?|bands?|planes?|components?)\b"
)
_REFUSAL = re.compile(
    r"(?i)must be \d|unsupported|not supported|only support|supports? only|invalid|illegal|wrong|unexpected|cannot handle|can't handle"
    r"|can not handle|only (?:be )?(?:supported|defined|implemented)|not implemented|unknown|divisible by"
)
_FEWER = re.compile(r"(?i)(?:(?P<less>less|fewer)|(?P<more>more)) than (?P<count>[34]|three|four) (?:color )?(?:channels|bands)")
_MODES = re.compile(r"(?i)\b(?P<mode>RGBA?|BGRA?|gr[ae]y(?:scale)?|RGB images|color)\b")
_SHAPE = re.compile(
    r"(?i)(?:image|picture|array|tensor|input)s?(?: data)?(?: with| of| has)?(?: (?:the )?(?:incorrect |wrong )?(?:rank|shape),?(?: of shape)?)"
    r"[ :=]{1,3}(?:\w+\.)?(?:\w+=)?[\[(](?P<lengths>\d{1,5}(?:, ?\d{1,5}){1,4})[\])]"
)


def compare_with_support(sentence: str) -> tuple[Verdict, int, int] | None:
    """Return the verdict on a number of channels, or a shape, that the sentence refuses, with its span; else None."""
    if not _REFUSAL.search(sentence) and not _FEWER.search(sentence):
        return None
    if match := _FEWER.search(sentence):
        causes = ("alpha",) if match["more"] else ("gray",)
        return (causes, {"expected": f"{match['count']} channels"}), *match.span()
    counts = [*_CHANNELS.finditer(sentence)]
    if len(counts) == 1:
        count = int(counts[0]["after"] or counts[0]["before"])
        modes = {match["mode"].upper()[:4] for match in _MODES.finditer(sentence)}
        if verdict := _channels(count, modes):
            return verdict, *counts[0].span()
    if (match := _SHAPE.search(sentence)) and not counts:
        lengths = [int(length) for length in re.findall(r"\d+", match["lengths"])]
        if verdict := _shape(lengths):
            return verdict, *match.span()
    return None


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
_UNMET = {"channels": "channels", "dtype": "other-dtype", "rank": "other-shape", "axes": "other-shape", "shape": "other-shape"}
_UNMET |= {"batch": "batch-size", "mode": "channels"}


def compare_requirement(sentence: str, expected: Sequence[Value]) -> tuple[Verdict, int, int] | None:
    """Return the verdict on an error that states only what is expected: "ValueError: image must have 3 channels"."""
    values = [value for value in expected if value.kind in _UNMET]
    if len(values) != 1 or not _ERROR.search(sentence[: values[0].start]):
        return None
    value = values[0]
    requirement = [match.start() for match in _REQUIREMENT.finditer(sentence, 0, value.end)]
    is_image = value.kind == "channels" or _IMAGE.search(sentence, 0, value.end + _NEAR)
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
