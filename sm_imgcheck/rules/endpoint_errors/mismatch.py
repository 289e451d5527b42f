"""Find an actual and an expected shape, rank, dtype or channel count in any wording.

A sentence of an error names a value after a word such as "expected" or "got": the kinds of values are compared, and the
wording does not matter. Patterns of ``errors.json`` are more specific and precede these matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS, dtype_name
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict

__all__ = ["Mismatch", "find_mismatches"]

_KEYWORDS = (
    "expect",
    "requir",
    "must be",
    "must have",
    "should be",
    "should have",
    "match",
    "not equal",
    "supports ",
    "incompatible",
    "takes ",
    "accepts ",
    "needs ",
)
_TRIES = 40
"""Maximum number of occurrences of a keyword that are tried."""

_BEFORE, _AFTER = 120, 240
"""Characters around a keyword that are read."""

_NEAR = 60
"""Maximum distance in characters of a value from its keyword, such as "got"."""

_OTHER_SUBJECTS = (
    *("input_ids", "attention_mask", "token_type", "past_key", "hidden_state", "position_ids", "vocab", "embedding"),
    *("audio", "speech", "waveform", "mel_", "sequence", "label", "target", "column", "loss"),
    *("state_dict", "checkpoint", "loading"),
)
"""Words of sentences about text, sound, training or weights."""

_LENGTH = r"(?:\d{1,7}|-1|None|\?|[NCHWB])"
_TOKEN = re.compile(
    rf"""(?ix)
    (?P<expected>\b(?:expect(?:ed|s|ing)?|requires?|required|must\ (?:be|have)|should\ (?:be|have)|needs|supports
        |accepts|takes)\b)
    | (?P<differs>\b(?:(?:does\ not|doesn't|did\ not)\ match|not\ equal\ to|incompatible\ with)\b)
    | (?P<got>\b(?:got|received|found|actual(?:ly)?|given|provided|supplied|passed|instead\ of
        |but\ (?:is|has|was|it))\b)
    | (?P<shape>[\[({{]\ ?{_LENGTH}(?:\ ?[,*]\ ?{_LENGTH}){{1,5}},?\ ?[\])}}]
        |\b\d{{1,5}}(?:\ ?x\ ?\d{{1,5}}){{1,4}}\b)
    | (?P<rank>\b[1-6][- ]?(?:D\b|dim(?:ension)?s?(?:al)?\b|axes\b)|\b(?:rank|ndim)(?:\ of|\ is)?[ :=]{{1,3}}[1-6]\b)
    | (?P<layout>\b(?:channels?[- _]?(?:last|first)|N?HWC|N?CHW)\b)
    | (?P<batch>\bbatch(?:[- ]dim(?:ension)?)?(?:[- _]size)?(?:\ of|\ is|:|=)?\ ?\d{{1,5}}\b)
    | (?P<bits>\b(?:8|16|32)[- ]bits?\b)
    | (?P<mode>\b(?:RGBA?|BGRA?|CMYK|gr[ae]y(?:scale)?)\b)
    | (?P<channels>\b\d{{1,4}}[- ]channels?\b|\bchannels?(?:\ count)?[:=]\ ?\d{{1,4}}\b)
    | (?P<dtype>\b(?:torch\.|np\.|numpy\.|tf\.|DT_|TYPE_)?(?:uint8|u?int(?:8|16|32|64)|b?float(?:16|32|64)|bfloat16
        |FP(?:16|32|64)|BF16|double|half|byte|single|DoubleTensor|FloatTensor|ByteTensor|HalfTensor)\b)
    """
)


class Mismatch(NamedTuple):
    """The causes of one sentence, with the values that differ."""

    verdict: Verdict
    start: int
    end: int


class _Value(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def find_mismatches(text: str, lower: str) -> Iterator[Mismatch]:
    """Yield the mismatches that sentences of a text on one line name; ``lower`` is the text in lower case."""
    end = -1
    for offset in _keyword_offsets(lower):
        if offset < end:
            continue
        start = max(offset - _BEFORE, end, 0)
        sentence = text[start : offset + _AFTER]
        if any(word in sentence.lower() for word in _OTHER_SUBJECTS):
            continue
        if (mismatch := _mismatch(sentence)) is not None:
            end = start + mismatch.end
            yield Mismatch(mismatch.verdict, start + mismatch.start, end)


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
    expected, got = _roles(sentence)
    for value in expected:
        for other in got:
            verdict = _compare(other, value)
            if verdict and verdict[0] == ("gray",) and not re.search(r"(?i)image|channel|height", sentence):
                continue  # sequences and matrices have ranks too
            if verdict is not None and verdict[0]:
                return Mismatch(verdict, min(value.start, other.start), max(value.end, other.end))
    return None


def _roles(sentence: str) -> tuple[list[_Value], list[_Value]]:
    """Return the expected and the actual values of a sentence, the first of each kind."""
    expected: dict[str, _Value] = {}
    got: dict[str, _Value] = {}
    before: dict[str, _Value] = {}
    role, position = "", 0
    for match in _TOKEN.finditer(sentence):
        kind = match.lastgroup or ""
        if kind in ("expected", "got", "differs"):
            if kind == "differs" and not role:  # "size (300, 400) does not match (224, 224)"
                got = before
            role, position = "got" if kind == "got" else "expected", match.end()
            continue
        value = _Value(kind, match[0], match.start(), match.end())
        is_near = match.start() - position <= _NEAR
        if role == "expected" and is_near:
            expected.setdefault(kind, value)
        elif role == "got" and is_near:
            got.setdefault(kind, value)
        elif not role:
            before[kind] = value
        position = match.end()
    return list(expected.values()), list(got.values())


def _compare(got: _Value, expected: _Value) -> Verdict | None:
    pair = {"got": got.text, "expected": expected.text}
    match (got.kind, expected.kind):
        case ("shape", "shape"):
            return _compare_shapes(pair)
        case ("rank" | "shape", "rank" | "shape"):
            return _compare_ranks(_rank(got), _rank(expected), got.text if got.kind == "shape" else "")
        case ("layout" | "bits" | "mode" | "batch" as kind, other) if kind == other:
            return _compare_words(kind, got.text, expected.text)
        case ("channels", "channels"):
            return COMPARISONS["channels"](
                {"got": str(_number(got.text)), "expected": str(_number(expected.text))},
            )
        case ("dtype", "dtype") if dtype_name(got.text) and dtype_name(expected.text):
            return COMPARISONS["dtypes"](pair)
    return None


def _compare_words(kind: str, got: str, expected: str) -> Verdict | None:
    labels = {"got": got, "expected": expected}
    match kind:
        case "layout" if _is_channels_last(got) != _is_channels_last(expected):
            return ("layout",), labels
        case "bits" if _number(got) > _number(expected) == 8:
            return ("bit-depth",), labels
        case "batch" if _number(got) != _number(expected):
            return ("batch-size",), {"got": str(_number(got)), "expected": str(_number(expected))}
        case "mode":
            return _compare_modes(got.upper(), expected.upper()), labels
    return None


def _is_channels_last(layout: str) -> bool:
    return layout.lower().endswith(("last", "hwc"))


def _compare_modes(got: str, expected: str) -> tuple[str, ...]:
    """Compare two color modes; RGB and BGR have equal shapes, so no library reports them."""
    if got == "CMYK" != expected:
        return ("cmyk",)
    if got.endswith("A") and expected in {"RGB", "BGR"}:
        return ("alpha",)
    if got.startswith("GR") != expected.startswith("GR"):
        return ("gray",) if got.startswith("GR") else ("color-for-gray",)
    return ()


def _rank(value: _Value) -> int:
    return len(_lengths(value.text)) if value.kind == "shape" else _number(value.text)


def _lengths(text: str) -> list[str]:
    return re.findall(r"-1|\d+|None|\?|[A-Za-z]", re.sub(r"[x*]", ",", text))


def _number(text: str) -> int:
    return int(re.findall(r"\d+", text)[0])


def _compare_shapes(pair: dict[str, str]) -> Verdict | None:
    got, expected = _lengths(pair["got"]), _lengths(pair["expected"])
    if len(got) == len(expected) == 2:
        return _compare_sizes(got, expected)
    labels = {"got": f"[{', '.join(got)}]", "expected": f"[{', '.join(expected)}]"}
    causes, values = COMPARISONS["shapes"](labels)
    return causes, values


def _compare_sizes(got: list[str], expected: list[str]) -> Verdict | None:
    """Compare two image sizes: both sides of an image, so not a matrix of a few columns."""
    sides = [*got, *expected]
    if got == expected or not all(side.isdigit() and int(side) >= 16 for side in sides):
        return None
    labels = {"got": " x ".join(got), "expected": " x ".join(expected)}
    return (("sides-swapped",) if got == expected[::-1] else ("wrong-size",)), labels


def _compare_ranks(got: int, expected: int, label: str) -> Verdict | None:
    labels = {"got": label or f"{got} axes", "expected": f"{expected} axes"}
    match (got, expected):
        case (2 | 3, 4):
            return ("no-batch",), labels
        case (5, 4) | (4, 3):
            return ("batch-twice",), labels
        case (2, 3):
            return ("gray",), labels
        case (4, 2):
            return ("features-wanted",), labels
    return None
