"""Compare the shape of an input with the weights of a layer that a sentence names: convolutions and matrix products."""

from __future__ import annotations

import re

from sm_imgcheck.core.channels import COUNTS
from sm_imgcheck.rules.endpoint_errors.shapes import Verdict, channels_differ

__all__ = ["compare_with_weights"]

_SHAPE = re.compile(
    r"(?i)(?P<weights>(?:weights?|kernels?|filters?)(?:[ _.](?:of|with|tensor|size|shape|dims))*(?: of)?[ :=]{0,3})?"
    r"[\[({](?P<lengths>(?:-1|None|\?|\d{1,7})(?:, ?(?:-1|None|\?|\d{1,7})){1,4})[\])}]"
)
_PRODUCT = re.compile(
    r"(?i)mat_?mul|\bmat1\b|\bgemm\b|inner dim|matrix|multipl|\bdot\b|dimension \d in both shapes|COL_INDEX"
    r"|x2\.shape|linear"
)
_FAILURE = re.compile(
    r"(?i)error|must|mismatch|not|invalid|incompatible|incorrect|differ|unequal|fail|divisible|expected"
)
_LARGEST_KERNEL = 15
_FEWEST_FEATURES = 64
"""Fewest values of a flattened image."""


def compare_with_weights(sentence: str) -> tuple[Verdict, int, int] | None:
    """Return the verdict on the shapes of an input and of weights, with the span of both; None: no such pair."""
    if not _FAILURE.search(sentence):
        return None
    shapes = [(match, _lengths(match["lengths"])) for match in _SHAPE.finditer(sentence)]
    for position, (match, weights) in enumerate(shapes):
        others = [shape for shape in shapes if shape[0] is not match and not shape[0]["weights"]]
        near = sorted(others, key=lambda shape: abs(shape[0].start() - match.start()))
        verdict = _convolution(near[0][1], weights) if match["weights"] and len(weights) == 4 and near else None
        if verdict is None and _PRODUCT.search(sentence) and position:
            near = [shapes[position - 1]]
            verdict = _product(near[0][1], weights)
        if verdict is not None:
            return verdict, min(near[0][0].start(), match.start()), max(near[0][0].end(), match.end())
    return None


def _lengths(text: str) -> list[int | None]:
    return [int(word) if word.isdigit() else None for word in re.findall(r"-1|None|\?|\d+", text)]


def _convolution(got: list[int | None], weights: list[int | None]) -> Verdict | None:
    """Compare an input with the weights of a 2D convolution: OIHW, or HWIO where the kernel comes first."""
    is_first = all(side is not None and side <= _LARGEST_KERNEL for side in weights[2:])
    expected = weights[1] if is_first else weights[2]
    labels = {"got": str(got).replace("None", "?"), "expected": f"{expected} channels"}
    if len(got) == 3:
        return ("no-batch",), labels
    if len(got) == 2:
        return ("gray",), labels
    if len(got) != 4 or expected not in COUNTS:
        return None
    channels, other = (got[1], got[3]) if is_first else (got[3], got[1])
    if channels == expected or channels is None:
        return None
    causes = (
        ("layout", *channels_differ(other, expected)) if other in COUNTS else tuple(channels_differ(channels, expected))
    )
    return causes or ("channels",), labels


def _product(left: list[int | None], right: list[int | None]) -> Verdict | None:
    """Compare the features of a flattened image with the rows of a matrix."""
    if len(left) != 2 or len(right) != 2 or None in (left[1], right[0]) or left[1] in right:
        return None
    got, expected = left[1], right[0]
    if got is None or expected is None or min(got, expected) < _FEWEST_FEATURES:
        return None
    return ("matrix-size",), {"got": str(got), "expected": str(expected)}
