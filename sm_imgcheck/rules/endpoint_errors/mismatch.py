"""Compare the values that a sentence of an error names, in any wording.

A sentence names a value after a word such as "expected" or "got", or two values that differ: the kinds of values are
compared, and the wording does not matter. Patterns of ``errors.json`` are more specific and precede these matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sm_imgcheck.rules.endpoint_errors.allowed import compare_with_support
from sm_imgcheck.rules.endpoint_errors.compare_values import axis_names, compare_values
from sm_imgcheck.rules.endpoint_errors.dtype_pairs import find_casts, find_different_dtypes
from sm_imgcheck.rules.endpoint_errors.layers import compare_with_weights
from sm_imgcheck.rules.endpoint_errors.requirements import compare_axis, compare_requirement
from sm_imgcheck.rules.endpoint_errors.sentence import read_values
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict

__all__ = ["Mismatch", "find_mismatches"]

_KEYWORDS = (
    "expect",
    "requir",
    "must ",
    "should ",
    "match",
    "not equal",
    "supports ",
    "incompatible",
    "takes ",
    "accepts ",
    "needs ",
    "instead ",
    "broadcast",
    "mismatch",
    "differ",
    "unexpected",
    "vs.",
    " vs ",
    "!=",
    "not in list",
    "not in the list",
    "cast ",
    "convert",
    "invalid for",
    "same type",
    "same dtype",
    "cannot",
    "error:",
    "exception:",
    "wants ",
    " but ",
    "greater than",
    "larger than",
    "smaller than",
    "not a multiple",
    "trained ",
    "unsupported",
    "not supported",
    "only ",
    "invalid",
    "incorrect",
    "divisible",
    " channel",
    "in the shape of",
    "got ",
    "less than",
    " range",
)
_TRIES = 16
"""Maximum number of occurrences of a keyword that are tried."""

_BEFORE, _AFTER = 120, 240
"""Characters around a keyword that are read."""


class Mismatch(NamedTuple):
    """The causes of one sentence, with the values that differ."""

    verdict: Verdict
    start: int
    end: int
    rank: int = 2
    """4 where only the expected value is known: any other match nearby is more specific."""


def find_mismatches(text: str, lower: str) -> Iterator[Mismatch]:
    """Yield the mismatches that sentences of a text on one line name; ``lower`` is the text in lower case."""
    end = -1
    for offset in _keyword_offsets(lower):
        if offset < end:
            continue
        start = max(offset - _BEFORE, end, 0)
        sentence = text[start : offset + _AFTER]
        if (mismatch := _mismatch(sentence)) is not None:
            end = start + mismatch.end
            yield mismatch._replace(start=start + mismatch.start, end=end)


def _keyword_offsets(lower: str) -> list[int]:
    offsets = []
    for keyword in _KEYWORDS:
        offset = lower.find(keyword)
        for _ in range(_TRIES):
            if offset < 0:
                break
            offsets.append(offset)
            offset = lower.find(keyword, offset + 1)
    return sorted(offsets)


def _mismatch(sentence: str) -> Mismatch | None:
    expected, got, pairs = read_values(sentence)
    for value, other, is_ordered in [
        *((value, other, True) for value in expected for other in got),
        *((right, left, False) for left, right in [*pairs, *find_casts(sentence), *find_different_dtypes(sentence)]),
    ]:
        verdict = compare_values(other, value)
        if not is_ordered and other.kind in ("channels", "total"):
            verdict = _likelier(verdict, compare_values(value, other))
        if verdict and verdict[0] in _RANKS_OF_IMAGES and value.kind == "rank" and not _IMAGE.search(sentence):
            continue  # sequences and matrices have ranks too
        if verdict and value.kind == "rank" and _names_other_axes(sentence):
            continue
        if verdict and verdict[0] == ("features-wanted",) and not (is_ordered and not _RESHAPE.search(sentence)):
            continue  # strides, sizes of pools and the shape of a reshape are lists of two as well
        if verdict and not verdict[0] and value.kind == "total":
            cause = (
                "bytes-count" if _BYTES.search(sentence) else "shape-not-filled" if _ELEMENTS.search(sentence) else ""
            )
            verdict = (cause,) if cause else (), verdict[1]
        if verdict is not None and verdict[0]:
            if verdict[0] == ("batch-size",) and _MAXIMUM.search(sentence):
                verdict = ("batch-maximum",), verdict[1]
            if value.kind == "shape" and _UNEQUAL.search(sentence):
                verdict = ("unequal-images",), verdict[1]
            return Mismatch(verdict, min(value.start, other.start), max(value.end, other.end))
    others = compare_axis(sentence) or compare_with_weights(sentence) or compare_with_support(sentence)
    if others is None and not got and not pairs:
        others = compare_requirement(sentence, expected)
        return Mismatch(*others, rank=4) if others else None
    return Mismatch(*others) if others else None


_IMAGE = re.compile(r"(?i)image|channel|height|pixel|conv|\b4-?D\b")

_AXES = re.compile(r"[\[(](?P<names>(?:[a-z_]\w{0,20}, ?){2,4}[a-z_]\w{0,20})[\])]", re.IGNORECASE)


def _names_other_axes(sentence: str) -> bool:
    """Return whether a sentence names axes without height and width: "4D [batch, heads, seq, dim]"."""
    match = _AXES.search(sentence)
    return match is not None and not {"h", "w"} <= {*axis_names(match["names"])}


_RESHAPE = re.compile(r"(?i)reshape|capacity")

_RANKS_OF_IMAGES = (("gray",), ("color-for-gray",))

_BYTES = re.compile(r"(?i)\A(?!.*(?:truncat|response|\bmax(?:imum)?\b|exceed|at most)).*\b(?:bytes?|buffer|slice)\b")

_MAXIMUM = re.compile(r"(?i)exceed|\bmax|at most|(?:larger|greater|more) than|only supports?")

_ELEMENTS = re.compile(r"(?i)\[[^\]]*\][^\n]{0,80}\b(?:elements|values|entries)\b")
"""A shape with a number of values: "shape [1, 3, 224, 224] expects 150528 elements"."""

_UNEQUAL = re.compile(
    r"(?i)\b(?:images|samples|tensors|arrays|elements|batch)\b[^\n]{0,40}\bsame (?:shape|size|dimensions)"
    r"|\bima?ge?_?1\b[^\n]{1,40}\bima?ge?_?2\b|\bimages\b[^\n]{0,20}\bdifferent (?:sizes|shapes)"
)
"""A sentence that compares the images of a batch with each other."""

_SPECIFIC = ("alpha", "gray", "layout", "no-batch")
"""Causes that the order of two numbers decides, the likelier direction: models expect color without alpha."""


def _likelier(first: Verdict | None, second: Verdict | None) -> Verdict | None:
    """Return the verdict of two values of unknown roles."""
    for verdict in (first, second):
        if verdict and verdict[0] and verdict[0][0] in _SPECIFIC:
            return verdict
    return first if first and first[0] else second
