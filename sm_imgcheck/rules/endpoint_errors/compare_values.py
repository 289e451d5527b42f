"""Compare an actual and an expected value of a sentence by their kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.rules.endpoint_errors.compare import COMPARISONS
from sm_imgcheck.rules.endpoint_errors.dtypes import compare_dtype_pair, compare_dtypes, dtype_name
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict
from sm_imgcheck.rules.endpoint_errors.tokens import Value

__all__ = ["axis_names", "compare_values"]


def compare_values(got: Value, expected: Value) -> Verdict | None:
    """Compare two values of a sentence; None: they are equal, or of kinds that are not compared."""
    compare = _BY_KINDS.get((got.kind, expected.kind))
    return compare(got, expected) if compare and got.text != expected.text else None


def _batch_sizes(got: Value, expected: Value) -> Verdict | None:
    labels = {"got": str(_number(got.text)), "expected": str(_number(expected.text))}
    return (("batch-size",), labels) if labels["got"] != labels["expected"] else None


def _input_counts(got: Value, expected: Value) -> Verdict | None:
    causes, labels = _batch_sizes(got, expected) or ((), {})
    return (("input-count",), labels) if causes else None


def _sides(got: Value, expected: Value) -> Verdict | None:
    return _compare_sizes([str(_number(got.text))] * 2, [str(_number(expected.text))] * 2)


def _dtypes(got: Value, expected: Value) -> Verdict | None:
    has_names = bool(dtype_name(got.text) and dtype_name(expected.text))
    return compare_dtypes({"got": got.text, "expected": expected.text}) if has_names else None


def _dtype_pair(got: Value, expected: Value) -> Verdict | None:
    has_names = bool(dtype_name(got.text) and dtype_name(expected.text))
    return compare_dtype_pair({"got": got.text, "expected": expected.text}) if has_names else None


def _count(got: Value, expected: Value) -> Verdict | None:
    if _number(got.text) < _FEWEST:
        return None
    causes, labels = COMPARISONS["count"]({"got": got.text, "expected": expected.text})
    return causes or ("shape-not-filled",), labels


_FEWEST = 784
"""Values of the smallest image that a number of values identifies: 28 x 28."""


def _channels(got: Value, model: Value) -> Verdict | None:
    """Compare a number of channels, or the channel axis of a shape, with the expected number or numbers."""
    numbers = re.findall(r"\d+", model.text)
    if got.kind == "channels" and len(numbers) > 1:
        return COMPARISONS["allowed-channels"]({"got": str(_number(got.text)), "expected": " or ".join(numbers)})
    expected = _number(model.text)
    if got.kind != "shape":
        causes, labels = COMPARISONS["channels"]({"got": str(_number(got.text)), "expected": str(expected)})
        is_other = _number(got.text) != expected and {_number(got.text), expected} & set(COUNTS)
        return causes or (("channels",) if is_other else ()), labels
    return _channel_axis(got.text, expected)


def _channels_of_mode(got: Value, model: Value) -> Verdict | None:
    """Compare the channel axis of a shape with a color mode: "expected RGB, got (480, 640, 4)"."""
    if got.text[0] not in "[(":
        return None
    mode = model.text.upper()
    return _channel_axis(got.text, 1 if mode.startswith("GR") else 4 if mode.endswith("A") or mode == "CMYK" else 3)


def _channel_axis(shape: str, expected: int) -> Verdict | None:
    """Compare the channel axis of a shape with the expected number; equal numbers are at the other axis."""
    lengths = _lengths(shape)
    labels = {"got": shape, "expected": f"{expected} channels"}
    if len(lengths) == 2:
        return ("gray",), labels
    if len(lengths) not in (3, 4) or expected not in COUNTS:
        return None
    last, first = lengths[-1], lengths[-3]
    actual = last if last.isdigit() and int(last) in COUNTS else first
    if actual == str(expected):
        return ("layout",), labels
    return COMPARISONS["channels"]({"got": actual, "expected": str(expected)}) if actual.isdigit() else None


def _totals(got: Value, expected: Value) -> Verdict | None:
    if min(_number(got.text), _number(expected.text)) < _FEWEST:
        return None
    return COMPARISONS["totals"]({"got": got.text, "expected": expected.text})


def _layouts(got: Value, expected: Value) -> Verdict | None:
    differ = _is_channels_last(got.text) != _is_channels_last(expected.text)
    return (("layout",), {"got": got.text, "expected": expected.text}) if differ else None


def _bit_depths(got: Value, expected: Value) -> Verdict | None:
    is_deeper = _number(got.text) > _number(expected.text) == 8
    return (("bit-depth",), {"got": got.text, "expected": expected.text}) if is_deeper else None


def _modes(got: Value, expected: Value) -> Verdict | None:
    return _compare_modes(got.text.upper(), expected.text.upper()), {"got": got.text, "expected": expected.text}


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


def _ranks(value: Value) -> list[int]:
    """Return the ranks of a shape, of named axes, or of "3D or 4D"."""
    if value.kind == "shape":
        return [len(_lengths(value.text))]
    if value.kind in ("axes", "layout"):
        names = axis_names(value.text)
        return [len(names), len(names) - 1] if value.text[1] in ".*" else [len(names)]
    if re.search(r"(?i)at least|or (?:more|higher)", value.text):
        return [*range(int((re.findall(r"\d", value.text) or ["1"])[0]), 7)]
    words = re.findall(r"(?i)\d+|two|three|four|five", value.text)
    return sorted({_WORDS.get(word.lower()) or int(word) for word in words})


def axis_names(text: str) -> list[str]:
    """Return the initials of named axes: ``nhwc`` of ``(batch_size, height, width, channels)``, or of its synonyms."""
    if text.isalpha():
        return [*text.lower().replace("b", "n")]
    names = re.findall(r"\.\.\.|\*|\d+|\w+", re.sub(r"\d(?:\|\d)+", "c", text.lower()).replace("num_", ""))
    return [
        name if name.isdigit() else _SYNONYMS.get(name, name[0]).replace("b", "n").replace("i", "n") for name in names
    ]


_SYNONYMS = {"rows": "h", "cols": "w", "columns": "w", "y": "h", "x": "w", "samples": "n"}


def _named_axes(actual: Value, model: Value) -> Verdict | None:
    """Compare a shape with named axes: their number, then the channel axis."""
    if model.kind == "layout" and not model.text.isalpha():
        return None
    if not {"h", "w"} & {*axis_names(model.text)} and "." not in model.text and "*" not in model.text:
        return None  # sequences: (batch, channels, time)
    if len(_lengths(actual.text)) not in _ranks(model):
        return _compare_ranks(actual, model)
    lengths, names = _lengths(actual.text), axis_names(model.text)
    labels = {"got": f"[{', '.join(lengths)}]", "expected": model.text}
    counts = {str(count) for count in COUNTS}
    channels = [position for position, name in enumerate(names) if name == "c" or name in counts]
    axis = channels[0] - len(names) if channels else None
    if axis is None or axis < -len(lengths) or not lengths[axis].isdigit():
        return None
    if lengths[axis] in counts:
        count = names[axis] if names[axis].isdigit() else lengths[axis]
        return COMPARISONS["channels"]({"got": lengths[axis], "expected": count})
    return (("layout",), labels) if counts & set(lengths[-3:]) else None


def _lengths(text: str) -> list[str]:
    text = re.sub(r"(?<=[\dBNCHW]) ?[x*\u00d7] ?(?=[\dCHW])", ",", text)
    lengths = re.findall(r"-1|\d+|None|null|\?|[A-Za-z]|\*", text)
    return ["?" if length == "*" else length for length in lengths]


def _number(text: str) -> int:
    digits = re.findall(r"\d+", text)
    return int(digits[0]) if digits else _WORDS[text.lower().split(" ")[0].split("-")[0]]


_WORDS = {"single": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


def _shapes(actual: Value, model: Value) -> Verdict | None:
    got, expected = _lengths(actual.text), _lengths(model.text)
    if len(got) == len(expected) == 2:
        return _compare_sizes(got, expected)
    labels = {"got": f"[{', '.join(got)}]", "expected": f"[{', '.join(expected)}]"}
    return COMPARISONS["shapes"](labels)


def _compare_sizes(got: list[str], expected: list[str]) -> Verdict | None:
    """Compare two image sizes: both sides of an image, so not a matrix of a few columns."""
    sides = [*got, *expected]
    if got == expected or not all(side.isdigit() and int(side) >= 16 for side in sides):
        return None
    labels = {"got": " x ".join(got), "expected": " x ".join(expected)}
    return (("sides-swapped",) if got == expected[::-1] else ("wrong-size",)), labels


def _compare_ranks(actual: Value, model: Value) -> Verdict | None:
    got, expected = _ranks(actual)[-1], _ranks(model)
    label = actual.text if actual.kind == "shape" else f"{got} axes"
    labels = {"got": label, "expected": f"{' or '.join(map(str, expected))} axes"}
    if got in expected or (actual.kind == "shape" and got == 2 and not _is_plane(actual.text)):
        return None
    match (got, expected[-1], len(expected)):
        case (2 | 3, 4, 1) | (3, 5, _):
            cause = "no-batch"
        case (2, 3 | 4 | 5, _):
            cause = "gray"
        case (3, 2, 1):
            cause = "color-for-gray"
        case (4, 2, 1):
            cause = "features-wanted"
        case (5, 4 | 3, _) | (6, 5, _) | (4, 3, _):
            cause = "batch-twice"
        case _:
            return None
    return (cause,), labels


def _is_plane(text: str) -> bool:
    """Return whether two lengths may be the sides of an image, unlike those of a row of three numbers."""
    return all(not length.isdigit() or int(length) > max(COUNTS) for length in _lengths(text))


def _tokens(got: Value, expected: Value) -> Verdict | None:
    return COMPARISONS["tokens"]({"got": str(_number(got.text)), "expected": str(_number(expected.text))})


_BY_KINDS: Mapping[tuple[str, str], Callable[[Value, Value], Verdict | None]] = {
    ("shape", "shape"): _shapes,
    ("rank", "rank"): _compare_ranks,
    ("rank", "shape"): _compare_ranks,
    ("shape", "rank"): _compare_ranks,
    ("rank", "axes"): _compare_ranks,
    ("shape", "axes"): _named_axes,
    ("shape", "layout"): _named_axes,
    ("tokens", "tokens"): _tokens,
    ("layout", "layout"): _layouts,
    ("bits", "bits"): _bit_depths,
    ("mode", "mode"): _modes,
    ("batch", "batch"): _batch_sizes,
    ("inputs", "inputs"): _input_counts,
    ("channels", "channels"): _channels,
    ("shape", "channels"): _channels,
    ("shape", "mode"): _channels_of_mode,
    ("total", "total"): _totals,
    ("total", "shape"): _count,
    ("side", "side"): _sides,
    ("dtype", "dtype"): _dtypes,
    ("dtype", "pair"): _dtype_pair,
    ("pair", "pair"): _dtype_pair,
}
