"""Value mappings: from pixel values 0..255 to the model's numbers, in canonical form, and the standard mappings.

The canonical form y = scale * x + offset per stored channel is for comparing and for recognizing; the written form
(``pixels.values``) is executed, because (x / 127.5) - 1 is not a * x + b in float32.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache

from sm_imgcheck.core.channels import GRAY
from sm_imgcheck.core.types import Affine, Contract, Step, Values

__all__ = [
    "CLIP",
    "IMAGENET",
    "INTEGER_RANGES",
    "RECIPES",
    "candidate_mappings",
    "canonical",
    "compose_mappings",
    "contract_mapping",
    "domain",
    "levels",
    "looks_unscaled",
    "overshoot",
    "quantized_target",
    "reach",
    "reverse_channels",
    "same",
    "span",
    "target",
    "uniform",
]

# Largest sum of |weights| of one pass at t = 1/2, so that a float resize may leave 0..255 by (sum² - 1) / 2 of the
# range. bicubic: a = -0.75, 2 * (0.59375 + 0.09375); lanczos: three lobes, OpenCV's four. No other has a negative lobe.
_LOBES = {"bicubic": 1.375, "lanczos": 1.55}
_LOBES_OF_OPENCV = {"lanczos": 1.72}

IDENTITY = Values(low=0, high=255)

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and std of pixels / 255, in RGB order."""
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
"""Mean and std of pixels / 255, in RGB order: https://github.com/openai/CLIP."""

RECIPES: tuple[tuple[str, Values], ...] = (
    ("0..255, not scaled", IDENTITY),
    ("divided by 255", Values(low=0, high=1)),
    ("divided by 127.5, minus 1", Values(low=-1, high=1)),
    # torchvision's and timm's default, keras.applications mode `torch`
    ("ImageNet mean and std", Values(mean=IMAGENET[0], std=IMAGENET[1])),
    # keras.applications mode `caffe`: the means of VGG's authors, listed R, G, B here
    ("caffe mean", Values(units="byte", mean=(123.68, 116.779, 103.939), std=(1, 1, 1))),
    # OpenCV's SSD and many Caffe models round them
    ("caffe mean (rounded)", Values(units="byte", mean=(123, 117, 104), std=(1, 1, 1))),
    # https://github.com/openai/CLIP, clip.py
    ("CLIP mean and std", Values(mean=CLIP[0], std=CLIP[1])),
    ("divided by 255 twice", Values(low=0, high=1 / 255)),
    ("divided by 127.5 without minus 1", Values(low=0, high=2)),
    ("divided by 128, minus 1", Values(units="byte", mean=(128, 128, 128), std=(128, 128, 128))),
    ("divided by 256", Values(low=0, high=255 / 256)),
    ("-0.5..0.5", Values(low=-0.5, high=0.5)),
    ("ImageNet mean and std without dividing by 255", Values(units="byte", mean=IMAGENET[0], std=IMAGENET[1])),
)


def canonical(values: Values, channels: int) -> Affine:
    """The mapping as scale and offset per stored channel, x in 0..255."""
    if values.mean is None:
        low, high = values.low or 0.0, 255.0 if values.high is None else values.high
        return Affine(scale=((high - low) / 255,) * channels, offset=(low,) * channels)
    std = values.std or (1.0,) * len(values.mean)
    unit = 255 if values.units == "unit" else 1
    pairs = [(1 / (unit * s), -m / s) for m, s in zip(values.mean, std, strict=True)]
    pairs += [(1.0, 0.0)] * (channels - len(pairs))
    return Affine(scale=tuple(a for a, _ in pairs), offset=tuple(b for _, b in pairs))


@cache
def levels(channels: int) -> Affine:
    """The mapping of unchanged pixel values 0..255."""
    return canonical(IDENTITY, channels)


def compose_mappings(first: Affine, second: Affine) -> Affine:
    """Return the mapping that applies ``first``, and applies ``second`` to its output as if it were pixels."""
    pairs = zip(first.scale, first.offset, second.scale, second.offset, strict=True)
    scale, offset = zip(*((a * c, b * c + d) for a, b, c, d in pairs), strict=True)
    return Affine(scale=scale, offset=offset)


def contract_mapping(contract: Contract, channels: int) -> Affine | None:
    """Return the contract's mapping for this number of channels; None where its values are for another number."""
    affine = canonical(contract.values, contract.channels)
    if channels == contract.channels:
        return affine
    if len({*affine.scale}) > 1 or len({*affine.offset}) > 1:
        return None
    return Affine(scale=affine.scale[:1] * channels, offset=affine.offset[:1] * channels)


def candidate_mappings(channels: int) -> Iterator[tuple[str, Affine]]:
    """Return the standard mappings for a tensor with this number of channels, with their names.

    A mapping with a value per channel is returned in both orders of R, G, B; its name contains the order.
    """
    for name, values in RECIPES:
        if values.mean is None or len(set(values.mean)) == len(set(values.std or (1,))) == 1:
            yield name, uniform(values, channels)
        elif channels >= len(values.mean):
            affine = canonical(values, channels)
            yield f"{name}, in RGB order", affine
            yield f"{name}, in BGR order", reverse_channels(affine)


def uniform(values: Values, channels: int) -> Affine:
    """A mapping that is the same in every channel, for arrays with this number of channels."""
    affine = canonical(values, len(values.mean or (0.0,)))
    return Affine(scale=affine.scale[:1] * channels, offset=affine.offset[:1] * channels)


def target(contract: Contract, order: str) -> Affine:
    """Return the contract's mapping for channels in ``order``."""
    affine = canonical(contract.values, contract.channels)
    if order == GRAY or sorted(order) != sorted(contract.channel_order):
        return affine
    at = [contract.channel_order.index(channel) for channel in order]
    return Affine(scale=tuple(affine.scale[i] for i in at), offset=tuple(affine.offset[i] for i in at))


def quantized_target(contract: Contract, order: str) -> Affine:
    """Return ``target`` and the quantization of the contract: the mapping to the numbers that the model gets."""
    affine, quantize = target(contract, order), contract.quantize
    if quantize is None:
        return affine
    return Affine(
        scale=tuple(a / quantize.scale for a in affine.scale),
        offset=tuple(b / quantize.scale + quantize.zero_point for b in affine.offset),
    )


def reverse_channels(affine: Affine) -> Affine:
    """Return the first three channels in reverse order; an alpha channel keeps its position."""
    return Affine(
        scale=affine.scale[2::-1] + affine.scale[3:],
        offset=affine.offset[2::-1] + affine.offset[3:],
    )


def same(mapping: Affine, other: Affine, *, tolerance: float = 1e-4) -> bool:
    """Whether two mappings agree within ``tolerance`` gray levels at both ends of 0..255."""
    return len(mapping.scale) == len(other.scale) and all(
        math.isclose(b, d, rel_tol=0, abs_tol=tolerance * abs(c))
        and math.isclose(255 * a + b, 255 * c + d, rel_tol=0, abs_tol=tolerance * abs(c))
        for a, b, c, d in zip(mapping.scale, mapping.offset, other.scale, other.offset, strict=True)
    )


def overshoot(geometry: Sequence[Step]) -> float:
    """How far resized values may leave 0..255, as a share of that range: 0 where the resize rounds to uint8."""
    span = 1.0
    for step in geometry:
        lobes = {**_LOBES, **(_LOBES_OF_OPENCV if step.op.endswith("opencv") else {})}
        if "interpolation" in step.params:
            floats = step.params["dtype"] == "float32"  # integer gray levels are clipped
            span = span * lobes.get(step.params["interpolation"], 1.0) ** 2 if floats else 1.0
    return (span - 1) / 2


def reach(contract: Contract) -> float:
    """Return the largest magnitude between gray levels and the final tensor, before values are clipped."""
    affine = canonical(contract.values, contract.channels)
    most = max(abs(a * x + b) for a, b in zip(affine.scale, affine.offset, strict=True) for x in (0, 255))
    if contract.quantize is not None:
        most = max(most, most / contract.quantize.scale + abs(contract.quantize.zero_point))
    return most


def span(low: float | None, high: float | None) -> str:
    """Return a range of values as text, such as ``-1..1``; empty without one, as for NaN only."""
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f"{low + 0.0:.4g}..{high + 0.0:.4g}"  # adding 0 removes the sign of -0


def domain(contract: Contract, margin: float = 0.0) -> tuple[float, float]:
    """The smallest and largest number that the finished tensor may hold.

    ``margin``: how far pixels may leave 0..255, as a share of that range.
    """
    affine = canonical(contract.values, contract.channels)
    ends = [
        a * x + b for a, b in zip(affine.scale, affine.offset, strict=True) for x in (-255 * margin, 255 * (1 + margin))
    ]
    low, high = min(ends), max(ends)
    if contract.quantize is not None:
        low, high = (end / contract.quantize.scale + contract.quantize.zero_point for end in (low, high))
    if contract.dtype in INTEGER_RANGES:
        least, most = INTEGER_RANGES[contract.dtype]
        low, high = max(least, round(low)), min(most, round(high))
    return low, high


def looks_unscaled(high: float, contract: Contract) -> bool:
    """Return whether a largest value of ``high`` shows pixels that were divided by 255 for a model with unscaled input.

    0..1 is inside 0..255, so the range alone matches; but no image has one level as its brightest pixel.
    """
    return contract.quantize is None and high <= 1 < domain(contract)[1] / 16


INTEGER_RANGES = {
    "uint8": (0, 2**8 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint64": (0, 2**64 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
