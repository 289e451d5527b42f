"""Compare the only value of its kind in a sentence with what the sentence supports: "unsupported channel count: 4"."""

from __future__ import annotations

import re
from collections.abc import Callable

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict
from sm_imgcheck.rules.endpoint_errors.tokens import DTYPE_WORDS

__all__ = ["VerdictSpan", "compare_with_support"]

VerdictSpan = tuple[Verdict, int, int]
"""A verdict with the span of its values in the sentence."""

_PLANES = r"(?:channels?|bands?|planes?|components?)"
_CHANNELS = re.compile(
    rf"(?i){_PLANES}(?: number| count| size)?(?: of| is| was|:|=){{0,2}} ?\(?(?P<after>\d{{1,4}})\b"
    rf"|\b(?P<before>\d{{1,4}})[- ](?:color[- ])?{_PLANES}\b"
)
_ALTERNATIVES = re.compile(r"(?i)\d,? or $")
"""What precedes the last of several supported numbers: "must be 1, 3, or 4 channel"."""
_FEWER = re.compile(r"(?i)(?:less|fewer|(?P<more>more)) than (?P<count>[34]|three|four) (?:color )?(?:channels|bands)")
_AXES = re.compile(
    r"(?i)\b(?:image|array|tensor|input)s?\b[^.;\n]{0,40}"
    r"(?:less|fewer|(?P<more>more)) than (?P<count>[34]|three|four) (?:dim|axes)"
)
_RANK = re.compile(
    r"(?i)\b(?<!have )(?:number of (?:image )?dimensions?|rank|ndim)(?: is| was|:|=| of){0,2} ?(?P<after>[1-6])\b"
    r"|\b(?P<before>[1-6])[- ]?(?:D|dimensional) (?:images?|inputs?)\b"
)
_REFUSAL = re.compile(
    r"(?i)must be \d|unsupported|not supported|only support|supports? only|invalid|illegal|wrong|unexpected|unknown"
    r"|can(?:not|'t| not) handle|only (?:be )?(?:supported|defined|implemented)|not implemented|divisible by"
    r"|not in [\[(]"
)
_MODES = re.compile(r"(?i)\b(?P<mode>RGBA?|BGRA?|gr[ae]y(?:scale)?|RGB images|color)\b")
_SHAPE = re.compile(r"[\[(](?P<lengths>\d{1,5}(?:, ?\d{1,5}){1,4})[\])]")
_SHAPE_OF_IMAGE = re.compile(r"(?i)\b(?:image|picture|array|tensor|input)s?\b[^\n]{0,60}\b(?:shape|dimensions?|rank)\b")
_DTYPE = re.compile(rf"(?i)(?<![\w.])(?:torch\.|np\.|numpy\.|tf\.)?(?P<name>{DTYPE_WORDS})\b")
_DTYPE_REFUSAL = re.compile(
    r"(?i)(?:unsupported|not supported|invalid|unknown) (?:\w+ ){0,2}(?:(?:d|data ?|element )?type|depth)\b"
    r"|(?:(?:d|data ?|element )?type|depth)\b[^.;\n]{0,60}(?:not|un)(?: currently)? ?supported"
)


def compare_with_support(sentence: str) -> VerdictSpan | None:
    """Return the verdict on channels, axes, a shape or a dtype that the sentence refuses; None: it refuses none."""
    for compare in _COMPARISONS:
        if result := compare(sentence):
            return result
    return None


def _fewer(sentence: str) -> VerdictSpan | None:
    """Compare "less than 3 channels", "more than 3 dimensions"."""
    for pattern, unit, less, more in ((_AXES, "axes", "gray", "batch-twice"), (_FEWER, "channels", "gray", "alpha")):
        if match := pattern.search(sentence):
            verdict = (more if match["more"] else less,), {"expected": f"{match['count']} {unit}"}
            return verdict, *match.span()
    return None


def _rank(sentence: str) -> VerdictSpan | None:
    """Compare the only number of axes that is refused: two are grayscale, four or five are a batch."""
    ranks = [*_RANK.finditer(sentence)]
    if len(ranks) != 1 or not _REFUSAL.search(sentence):
        return None
    rank = ranks[0]["before"] or ranks[0]["after"]
    cause = {"2": "gray", "4": "batch-twice", "5": "batch-twice"}.get(rank)
    return (((cause,), {"got": f"{rank} axes", "expected": "3 axes"}), *ranks[0].span()) if cause else None


def _channels(sentence: str) -> VerdictSpan | None:
    """Compare the only number of channels with the supported color modes, or with 1 and 3."""
    counts = [*_CHANNELS.finditer(sentence)]
    if len(counts) != 1 or not _REFUSAL.search(sentence) or _ALTERNATIVES.search(sentence[: counts[0].start()]):
        return None
    modes = {match["mode"].upper()[:4] for match in _MODES.finditer(sentence)}
    counts_of_modes = [3] if modes and not modes & {"GRAY", "GREY"} else [1, 3]
    if modes & {"RGBA", "BGRA"}:
        counts_of_modes.append(4)
    values = {"got": counts[0]["after"] or counts[0]["before"], "expected": " or ".join(map(str, counts_of_modes))}
    causes, labels = COMPARISONS["allowed-channels"](values)
    return ((causes, labels), *counts[0].span()) if causes else None


def _shape(sentence: str) -> VerdictSpan | None:
    """Compare a shape that is refused as an image: two axes are grayscale, four are a batch."""
    shapes = [*_SHAPE.finditer(sentence)]
    is_size = "divisible" in sentence or _CHANNELS.search(sentence)
    if len(shapes) != 1 or is_size or not (_REFUSAL.search(sentence) and _SHAPE_OF_IMAGE.search(sentence)):
        return None
    lengths = [int(length) for length in re.findall(r"\d+", shapes[0]["lengths"])]
    cause = ""
    if len(lengths) == 2 and min(lengths) > max(COUNTS):
        cause = "gray"
    elif len(lengths) == 4 and {lengths[1], lengths[3]} & set(COUNTS):
        cause = "batch-twice"
    elif len(lengths) == 3 and lengths[0] == 3 and lengths[2] not in COUNTS:
        cause = "layout"
    return (((cause,), {"got": str(lengths), "expected": "[H, W, 3]"}), *shapes[0].span()) if cause else None


def _dtype(sentence: str) -> VerdictSpan | None:
    """Find the only dtype of a sentence that refuses a dtype."""
    dtypes = [*_DTYPE.finditer(sentence)]
    if len(dtypes) != 1 or not _DTYPE_REFUSAL.search(sentence):
        return None
    return (("unsupported-dtype",), {"got": dtypes[0]["name"]}), *dtypes[0].span()


_COMPARISONS: tuple[Callable[[str], VerdictSpan | None], ...] = (_fewer, _channels, _rank, _shape, _dtype)
