"""Compare the actual and expected shapes, ranks, dtypes and sizes that an error names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isqrt, prod

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.rules.endpoint_errors.dtypes import (
    compare_dtype_names,
    compare_dtype_pair,
    compare_dtypes,
    dtype_name,
    numpy_type,
    opencv_depth,
)
from sm_imgcheck.rules.endpoint_errors.shapes import (
    LENGTH,
    SMALLEST_SIDE,
    Shape,
    Verdict,
    are_kernels,
    channel_axis,
    channel_count,
    channels_differ,
    compare_axes,
    compare_shapes,
    format_shape,
    is_image_shape,
    parse_shape,
    spec_shape,
)
from sm_imgcheck.rules.endpoint_errors.sizes import factors, image_sizes

__all__ = ["COMPARISONS"]

_INDEX = r"(?i)index: ?(\d) Got: ?(\d{1,9}) Expected: ?(\d{1,9})"


def _shapes(values: Mapping[str, str]) -> Verdict:
    got = parse_shape(values["got"])
    expected = [length or None for length in parse_shape(values["expected"])]  # MMS writes 0 for any length
    labels = {key: "[" + ", ".join(re.findall(LENGTH, values[key])) + "]" for key in ("got", "expected")}
    if len(expected) == 4 and channel_axis(expected) and not (len(got) == 4 and are_kernels(got, expected)):
        labels["spec"] = spec_shape(expected)
    return compare_shapes(got, expected), labels


def _channels(values: Mapping[str, str]) -> Verdict:
    """Compare the channels ``got`` with ``expected``; with the actual ``shape``, identify the layout."""
    expected, shape = int(values["expected"]), parse_shape(values.get("shape", ""))
    labels = {"got": channel_count(int(values["got"])), "expected": str(expected)}
    if "shape" in values:
        labels = {"got": values["shape"], "expected": channel_count(expected)}
    if expected not in COUNTS:
        return _blocks(int(values["got"]), expected), labels
    if len(shape) == 4 and shape[1] not in COUNTS and shape[3] in COUNTS:
        return ("layout", *channels_differ(shape[3], expected)) if shape[3] != expected else ("layout",), labels
    if len(shape) == 3 and shape[0] not in COUNTS and shape[2] in COUNTS:
        return ("layout",), labels
    return tuple(channels_differ(int(values["got"]), expected)), labels


def _blocks(got: int, expected: int) -> tuple[str, ...]:
    """Compare the channels after a space-to-depth layer, which moves blocks of k x k pixels to the channel axis."""
    block = isqrt(expected // 3)
    if block < 2 or block * block * 3 != expected:
        return ()
    return ("alpha",) if got * 3 == expected * 4 else ("gray",) if got * 3 == expected else ()


def _supported_channels(values: Mapping[str, str]) -> Verdict:
    """Compare a number of channels with the list of those that are supported: ``1 or 3``."""
    got, counts = int(values["got"]), values.get("expected", "1 or 3")
    labels = {"got": channel_count(got), "expected": counts}
    if str(got) in re.findall(r"\d+", counts):
        return (), labels
    return tuple(channels_differ(got, 3)) if got != 3 else ("channels",), labels


def _mean_length(values: Mapping[str, str]) -> Verdict:
    """Compare the channels of the image (``got``) with the length of the mean."""
    channels, length = int(values["got"]), int(values["expected"])
    if channels in (1, 4) and length == 3:
        return ("gray" if channels == 1 else "alpha",), {"got": channel_count(channels), "expected": "3"}
    cause = "layout" if channels >= SMALLEST_SIDE else "mean-length"
    return (cause,), {"got": str(length), "expected": str(channels)}


def _profile(values: Mapping[str, str]) -> Verdict:
    """Compare one axis of a shape with the maximum of an optimization profile."""
    shape, axis, expected = parse_shape(values["shape"]), int(values["axis"]), values["expected"]
    labels = {"got": values["got"], "expected": expected}
    if axis == 0:
        return ("batch-maximum",), labels
    verdict, _ = _axis_value({"shape": values["shape"], "expected": expected, "axis": values["axis"]})
    return verdict or (("wrong-size",) if len(shape) == 4 else ()), {"got": values["shape"], "expected": expected}


def _tokens(values: Mapping[str, str]) -> Verdict:
    """Compare numbers of tokens of a vision transformer: sides of patches squared, with or without a class token."""
    counts = [int(values["got"]), int(values["expected"])]
    sides = [isqrt(count) for count in counts if count - isqrt(count) ** 2 in (0, 1)]
    labels = {"got": f"{counts[0]} patches", "expected": f"{counts[1]} patches"}
    if len(sides) < 2 or max(sides) < _FEWEST_PATCHES or abs(counts[0] - counts[1]) == 1 or sides[0] == sides[1]:
        return (), labels  # one more or less is a class token, or the length of a text
    if min(sides) < _FEWEST_PATCHES:  # 10 and 50 are any counts; 5 are patches of a tiny image
        labels["subject"] = "few-patches"
        return ("wrong-size",) if max(sides) in _VIT_SIDES else (), labels
    # 256 and 1024 are counts of features too, 257 and 1025 of frequencies
    if _VIT_SIDES.issuperset(sides) and not all((count & ~1).bit_count() == 1 for count in counts):
        labels["subject"] = "patches"
    return ("wrong-size",), labels


_FEWEST_PATCHES = 7
"""Patches along a side of the smallest usual image: 224 pixels in patches of 32."""

_VIT_SIDES = frozenset(
    size // patch
    for size, patch in (
        *((224, 32), (384, 32), (224, 16), (224, 14), (384, 16), (384, 14)),
        *((448, 16), (448, 14), (512, 16), (518, 14)),
    )
)
"""Patches along a side in published vision transformers: ViT, DeiT, CLIP, SigLIP, EVA-02 and DINOv2."""


def _elementwise(values: Mapping[str, str]) -> Verdict:
    """Compare two lengths of one axis, of unknown roles, that an operation of two tensors requires to be equal."""
    small, large = sorted((int(values["got"]), int(values["expected"])))
    labels = {"got": values["got"], "expected": values["expected"]}
    if (small, large) == (3, 4):
        return ("alpha",), labels
    if small == 3 and large >= SMALLEST_SIDE:
        return ("layout",), labels
    if values["axis"] == "1":
        return _tokens(values)
    is_side = values["axis"] in "23" and small > max(COUNTS)
    return ("wrong-size",) if is_side else (), labels


def _axis_value(values: Mapping[str, str]) -> Verdict:
    """Compare one axis of the actual shape with the length that the layer expects."""
    got, expected, axis = parse_shape(values["shape"]), int(values["expected"]), int(values["axis"])
    labels = {"got": values["shape"], "expected": f"{expected} on axis {axis}"}
    if len(got) == 4 and axis in (-1, 3, -3, 1):
        position = axis % 4
        return compare_axes(got, [None if index != position else expected for index in range(4)]), labels
    return ("matrix-size",) if len(got) == 2 and expected > 4 else (), {"got": str(got[-1]), "expected": str(expected)}


def _indices(values: Mapping[str, str]) -> Verdict:
    """Compare ``index: 1 Got: 416 Expected: 3 index: 3 ...``, which names only the axes that differ."""
    got: Shape = [None] * 4
    expected: Shape = [None] * 4
    for axis, got_length, expected_length in re.findall(_INDEX, values["rows"]):
        if int(axis) > 3 or int(got_length) > 100_000:
            return (), {}
        got[int(axis)], expected[int(axis)] = int(got_length), int(expected_length)
    causes = compare_axes(got, expected)
    if causes == ("wrong-size",) and min(length for length in (*got, *expected) if length) < SMALLEST_SIDE:
        causes = ("other-shape",)  # 6 is too short for a side: frames, or channels of another sensor
    return causes, {"got": format_shape(got), "expected": format_shape(expected)}


def _ranks(values: Mapping[str, str]) -> Verdict:
    got = int(values["got"]) if "got" in values else len(parse_shape(values["dims"]))
    expected = int(values["expected"])
    labels = {"got": values.get("shape", f"{got}"), "expected": f"{expected} axes"}
    if expected == 4:
        return ("no-batch",) if got in (2, 3) else ("batch-twice",) if got == 5 else (), labels
    return ("features-wanted",) if expected == 2 and got == 4 else (), labels


def _bytes(values: Mapping[str, str]) -> Verdict:
    got, expected = int(values["got"]), int(values["expected"])
    if expected <= 8 or got % 2:
        return ("encoded-bytes",), {}
    return ("bytes-ratio",) if any(got * a == expected * b for a, b in _RATIOS) else ("bytes-count",), {}


_RATIOS = ((1, 2), (1, 4), (1, 8), (2, 1), (4, 1), (8, 1))


def _count(values: Mapping[str, str]) -> Verdict:
    """Compare the number of values with the expected shape."""
    got, expected = int(values["got"]), parse_shape(values["expected"])
    total = prod(length or 1 for length in expected)
    labels = {"got": f"{got}", "factors": factors(got)}
    if not labels["factors"]:
        del labels["factors"]
    if 3 in expected and got * 3 in (total, total * 4):
        return ("gray",) if got * 3 == total else ("alpha",), {"got": f"{got} values"}
    if expected[1:] and all(length == 1 for length in expected) and "factors" in labels:
        return ("dynamic-shape",), labels
    if 3 in expected and total > 3 and is_image_shape(expected) and got % total == 0 and got // total not in (2, 4, 8):
        return ("batch-size",), {"got": str(got // total), "expected": "1"}
    if 3 in expected and is_image_shape(expected) and not any(got * a == total * b for a, b in _RATIOS):
        sizes = [size for size in image_sizes(got) if size[0] >= _SMALL]
        if sizes:
            return ("wrong-size",), {"got": f"{sizes[0][0]} x {sizes[0][1]} ({got} values)"}
    return (), labels


_SMALL = 28
"""Minimum side of an image size that is inferred from a number of values."""


def _reshape(values: Mapping[str, str]) -> Verdict:
    """Compare the values of a batch with those that a layer expects: a multiple is a batch size."""
    got, expected = int(values["got"]), int(values["expected"])
    if expected > 0 and got > expected and got % expected == 0:
        return ("batch-size", "matrix-size"), values
    return _totals(values)


def _totals(values: Mapping[str, str]) -> Verdict:
    """Compare two numbers of values (or bytes): channels, dtype or size."""
    got, expected = int(values["got"]), int(values["expected"])
    labels = {"got": _format_total(got), "expected": _format_total(expected)}
    if got * 3 in (expected, expected * 4):
        return ("gray",) if got * 3 == expected else ("alpha",), labels
    if got == expected * 3:
        return ("color-for-gray",), labels
    if any(got * a == expected * b for a, b in _RATIOS):
        return ("bytes-ratio",), {"got": str(got), "expected": str(expected)}
    sizes = [(left, right) for left in image_sizes(got) for right in image_sizes(expected)]
    if not sizes:
        return ("encoded-bytes",) if got % 2 and expected % 3 == 0 else (), labels
    # Sizes of one aspect ratio are the likeliest pair: 320 x 160 and 256 x 128.
    left, right = min(sizes, key=lambda pair: abs(pair[0][1] / pair[0][0] - pair[1][1] / pair[1][0]))
    return ("wrong-size",), {
        "got": f"{got} values (such as {left[0]} x {left[1]} x 3)",
        "expected": f"{expected} (such as {right[0]} x {right[1]} x 3)",
    }


def _format_total(values: int) -> str:
    return f"{values} values ({factors(values)})" if factors(values) else f"{values} values"


def _one_axis(values: Mapping[str, str]) -> Verdict:
    """Compare one axis of four."""
    return _indices({"rows": f"index: {values['axis']} Got: {values['got']} Expected: {values['expected']}"})


def _broadcast(values: Mapping[str, str]) -> Verdict:
    """Compare shapes that are aligned at the last axis: missing first axes are broadcast."""
    got, expected = parse_shape(values["got"]), parse_shape(values["expected"])
    missing: Shape = [None] * max(len(expected) - len(got), 0)
    return compare_shapes([*missing, *got], expected), {"got": format_shape(got), "expected": format_shape(expected)}


def _specs(values: Mapping[str, str]) -> Verdict:
    """Compare two tensor specifications: shapes, else dtypes."""
    causes, labels = _shapes(values)
    if causes or not values.get("dtype"):
        return causes, labels
    return compare_dtype_names(dtype_name(values["dtype"]), dtype_name(values["wanted"]))


def _axis_bounds(values: Mapping[str, str]) -> Verdict:
    """Compare an axis with the number of axes of the array: 3 of 3 is a missing batch dimension, 2 of 2 grayscale."""
    axis, count = int(values["axis"]), int(values["got"])
    rank = axis + 1 if axis >= 0 else -axis
    labels = {"got": f"{count} axes", "expected": f"{rank} axes"}
    return ("no-batch",) if (rank, count) == (4, 3) else ("gray",) if (rank, count) == (3, 2) else (), labels


COMPARISONS = {
    "shapes": _shapes,
    "channels": _channels,
    "axis": _axis_value,
    "indices": _indices,
    "ranks": _ranks,
    "dtypes": compare_dtypes,
    "dtype-pair": compare_dtype_pair,
    "bytes": _bytes,
    "count": _count,
    "one-axis": _one_axis,
    "totals": _totals,
    "reshape": _reshape,
    "specs": _specs,
    "broadcast": _broadcast,
    "cv-depth": opencv_depth,
    "cv-type": numpy_type,
    "axis-bounds": _axis_bounds,
    "allowed-channels": _supported_channels,
    "elementwise": _elementwise,
    "mean": _mean_length,
    "profile": _profile,
    "tokens": _tokens,
}
"""Functions by the name in a pattern; each accepts the named groups."""
