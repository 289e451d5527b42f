"""Compare the only value of its kind in a sentence with what the sentence supports: "unsupported channel count: 4"."""

from __future__ import annotations

import re

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict

__all__ = ["compare_with_support"]

_CHANNELS = re.compile(
    r"(?i)(?:channels?|bands?|planes?|components?)(?: number| count| size)?(?: of| is| was|:|=){0,2} ?\(?(?P<after>\d{1,4})\b"
    r"|\b(?P<before>\d{1,4})[- ](?:color[- ])?(?:channels?|bands?|planes?|components?)\b"
)
_REFUSAL = re.compile(
    r"(?i)unsupported|not supported|only support|supports? only|invalid|illegal|wrong|unexpected|cannot handle|can't handle"
    r"|can not handle|only (?:be )?(?:supported|defined|implemented)|not implemented|unknown|divisible by"
)
_MODES = re.compile(r"(?i)\b(?P<mode>RGBA?|BGRA?|gr[ae]y(?:scale)?|RGB images|color)\b")
_SHAPE = re.compile(
    r"(?i)(?:image|picture|array|tensor|input)s?(?: data)?(?: with| of| has)?(?: (?:the )?(?:incorrect |wrong )?(?:rank|shape),?(?: of shape)?)"
    r"[ :=]{1,3}(?:\w+\.)?(?:\w+=)?[\[(](?P<lengths>\d{1,5}(?:, ?\d{1,5}){1,4})[\])]"
)


def compare_with_support(sentence: str) -> tuple[Verdict, int, int] | None:
    """Return the verdict on a number of channels, or a shape, that the sentence refuses, with its span; else None."""
    if not _REFUSAL.search(sentence):
        return None
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
    if len(lengths) == 3 and lengths[0] in (1, 3) and lengths[2] not in COUNTS:
        return ("layout",), labels
    return None
