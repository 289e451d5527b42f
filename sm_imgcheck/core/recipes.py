"""Names of value mappings: standard mappings, common mistakes, or the values of mean and std."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from sm_imgcheck.core.types import Affine, Channel, Values
from sm_imgcheck.core.value_mapping import (
    RECIPES,
    candidate_mappings,
    canonical,
    compose_mappings,
    reverse_channels,
    same,
    uniform,
)

__all__ = ["candidates", "explain_ends", "is_unnamed", "name_of", "order_of", "plausible", "singles", "std_of"]

_NEAR = 0.01
"""Gray levels between a mapping and the mapping whose name it gets."""
_BY_CHANNEL = ("ImageNet mean and std", "CLIP mean and std")


def _bytes(mean: float, std: float) -> Values:
    return Values(units="byte", mean=(mean,) * 3, std=(std,) * 3)


_OTHERS = (
    ("minus 128", Values(low=-128, high=127)),
    ("multiplied by 257, as 16 bits", Values(low=0, high=65535)),
    ("divided by 127", _bytes(0, 127)),
    ("divided by 127, minus 1", _bytes(127, 127)),
    ("divided by 128", _bytes(0, 128)),
    ("minus 127.5, divided by 128", _bytes(127.5, 128)),  # facenet, MTCNN, insightface
    ("minus 128, divided by 256", _bytes(128, 256)),
    ("minus 127.5", _bytes(127.5, 1)),
)
_BY_SOURCE = (
    ("inverted (1 - x / 255)", Values(low=1, high=0)),
    ("inverted (255 - x)", Values(low=255, high=0)),
    ("limited range (16..235 for 0..255), divided by 255", Values(low=16 / 255, high=235 / 255)),
    ("16-bit values divided by 255", Values(low=0, high=257)),
    ("limited range (16..235 for 0..255)", Values(low=16, high=235)),
    ("divided by 255, minus 1", Values(low=-1, high=0)),
    ("minus 1, without dividing by 127.5", Values(low=-1, high=254)),
)
"""Mistakes that only a source image shows: other images have such values by the usual mappings."""
_BY_DATASET = (  # https://github.com/kuangliu/pytorch-cifar, https://github.com/weiaicunzai/pytorch-cifar100
    ("CIFAR-10 mean and std", Values(mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616))),
    ("CIFAR-10 mean and std averaged over images", Values(mean=(0.4914, 0.4822, 0.4465), std=(0.2023, 0.1994, 0.201))),
    ("CIFAR-100 mean and std", Values(mean=(0.5071, 0.4867, 0.4408), std=(0.2675, 0.2565, 0.2761))),
)
"""Mappings of training data sets, which only a source image shows."""
_ORDERS = ("", "RGB", "BGR")
_LEVELS = 255
_OVERSHOOT = 0.1
"""Share of its range by which a bicubic or Lanczos resize in floats commonly leaves it at strong edges."""
_FILLED_SHARE = 0.6
"""Share of a mapping's range that the values of an image fill if the mapping fits by more than chance."""


@lru_cache(256)
def name_of(affine: Affine, *, tolerance: float = _NEAR) -> str:
    """Return the name of a mapping, such as ``divided by 255 twice``; mean and std for an unknown mapping."""
    for name, usual in candidates(len(affine.scale)):
        if same(affine, usual, tolerance=tolerance):
            return name
    return _numbers(affine)


def explain_ends(channels: tuple[Channel, ...], *, tolerance: float) -> tuple[str, Affine] | None:
    """Return the mapping that explains the values of these channels as gray levels; None where several do, or none.

    tolerance: largest distance, in gray levels, of the ends of a channel from integer levels.
    """
    for family in (singles(len(channels)), _chains(len(channels))):
        fitting = [(off, name, affine) for name, affine in family if (off := _misfit(affine, channels)) <= tolerance]
        least = min((off for off, _, _ in fitting), default=0.0)
        near = [(name, affine) for off, name, affine in fitting if off <= least + tolerance / 4]
        if near:
            candidates = [affine for _, affine in near[1:]] + list(_twice_as_steep(channels, tolerance))
            return near[0] if all(same(affine, near[0][1]) for affine in candidates) else None
    for order in (_as_one(channels, tolerance), channels):
        if order and all(channel.levels == _LEVELS for channel in order):  # black and white are in all of them
            affine = Affine(
                scale=tuple(mapping.step for mapping in order), offset=tuple(mapping.low for mapping in order)
            )
            return name_of(affine, tolerance=tolerance), affine
    return None


def _as_one(channels: tuple[Channel, ...], tolerance: float) -> tuple[Channel, ...]:
    """Return the channels with their joint range, where all have the same grid; the same channels where they do not."""
    first = max(channels, key=lambda channel: channel.levels)
    low, high = min(channel.low for channel in channels), max(channel.high for channel in channels)
    if not first.step or any(
        abs(end - round(end)) > tolerance or abs(channel.step / first.step - 1) * _LEVELS > tolerance
        for channel in channels
        for end in ((channel.low - first.low) / first.step, (channel.high - first.low) / first.step)
    ):
        return ()
    return (Channel(low=low, high=high, step=first.step, levels=round((high - low) / first.step)),) * len(channels)


def _misfit(affine: Affine, channels: tuple[Channel, ...], every: int = 1) -> float:
    """Return the mean distance of the channels' ends from integer gray levels; infinite where they cannot be levels.

    every: the image uses one of this many levels.
    """
    off: list[float] = []
    for a, b, channel in zip(affine.scale, affine.offset, channels, strict=True):
        if channel.low < channel.high:
            least, most = (channel.low - b) / a, (channel.high - b) / a
            if not -0.5 < least < most < _LEVELS + 0.5 or round(most) - round(least) != every * channel.levels:
                return math.inf
            off += [abs(least - round(least)), abs(most - round(most))]
    return sum(off) / len(off) if off else math.inf


def _twice_as_steep(channels: tuple[Channel, ...], tolerance: float) -> Iterator[Affine]:
    """Return standard mappings of which the image uses only every second, third or fourth level.

    Its levels can also be all the levels of a steeper mapping.
    """
    for _, affine in candidate_mappings(len(channels)):
        if any(_misfit(affine, channels, every) <= tolerance for every in (2, 3, 4)):
            yield affine


def plausible(channels: tuple[Channel, ...]) -> tuple[str, ...]:
    """Return the standard mappings whose range these channels fill, the fullest first; for values without a grid."""
    matches = []
    for name, affine in candidate_mappings(len(channels)):
        shares = []
        for a, b, channel in zip(affine.scale, affine.offset, channels, strict=True):
            low, high = sorted((b, b + 255 * a))
            slack = (high - low) * _OVERSHOOT
            inside = low - slack <= channel.low and channel.high <= high + slack
            shares.append((channel.high - channel.low) / (high - low) if inside else 0.0)
        if min(shares) > _FILLED_SHARE:
            matches.append((sum(abs(1 - share) for share in shares), name))
    return tuple(name for _, name in sorted(matches, key=lambda mapping: mapping[0]))


def std_of(channels: tuple[Channel, ...], *, tolerance: float) -> str:
    """Whose std the spacing of the channels shows and in which order, such as ``ImageNet's, in BGR order``; else empty.

    The mean may be any: this is for channels of which black is not known.
    """
    stds = [channel.step and 1 / (255 * channel.step) for channel in channels]
    for name, values in RECIPES:
        if name in _BY_CHANNEL and values.std is not None and len(stds) >= len(values.std):
            for order, lists in (("RGB", values.std), ("BGR", values.std[::-1])):
                pairs = zip(stds, lists, strict=False)
                if all(abs(scale / other_scale - 1) * _LEVELS < tolerance for scale, other_scale in pairs):
                    return f"{name.removesuffix(' mean and std')}'s, in {order} order"
    return ""


def candidates(channels: int) -> tuple[tuple[str, Affine], ...]:
    """Return every mapping that has a name, for this number of channels: standard mappings, then mistakes."""
    others = tuple((name, uniform(values, channels)) for name, values in _BY_SOURCE)
    return singles(channels) + others + tuple(_of_datasets(channels)) + _chains(channels)


def _of_datasets(channels: int) -> Iterator[tuple[str, Affine]]:
    """Return the mappings of data sets, in both orders."""
    for name, values in _BY_DATASET if channels == len("RGB") else ():
        affine = canonical(values, channels)
        yield f"{name}, in RGB order", affine
        yield f"{name}, in BGR order", reverse_channels(affine)


@cache
def singles(channels: int) -> tuple[tuple[str, Affine], ...]:
    """Those that are one mapping, not two in a row."""
    others = ((name, uniform(values, channels)) for name, values in _OTHERS)
    return (*candidate_mappings(channels), *others, *_halves(channels), *_wrong_units(channels))


@cache
def _chains(channels: int) -> tuple[tuple[str, Affine], ...]:
    """Return two mappings in sequence: a second processor that got the output of the first."""
    mappings = tuple(candidate_mappings(channels))[1:]  # skips the mapping that changes no value
    return tuple(
        (_in_a_row(first, second), compose_mappings(mapping, other))
        for first, mapping in mappings
        for second, other in mappings
    )


def _in_a_row(first: str, second: str) -> str:
    """Mean and std applied twice are divided by 255 once."""
    if second == first or second.replace(" without dividing by 255", "") == first:
        is_divided = second == first and first.startswith(_BY_CHANNEL)
        return f"{first}, twice{' with a division by 255 each' if is_divided else ''}"
    return f"{first}, then {second}"


def _halves(channels: int) -> Iterator[tuple[str, Affine]]:
    """Return mean and std of the sets with a value for each channel, each in either order or absent."""
    for name, values in RECIPES:
        if name not in _BY_CHANNEL or channels < len("RGB") or values.mean is None or values.std is None:
            continue
        for mean in _ORDERS:
            for std in _ORDERS:
                if mean != std:
                    yield _half_name(name, mean, std), _half(values.mean, values.std, mean, std, channels)


def _half_name(name: str, mean: str, std: str) -> str:
    family = name.removesuffix(" mean and std")
    if not std:
        return f"{family} mean without std, in {mean} order"
    if not mean:
        return f"{family} std without mean, in {std} order"
    return f"{family} mean in {mean} order and std in {std} order"


_BY_UNITS = (
    # Gray levels to one unit of the values, of the mean and of the std (0: none), and the description.
    (255, 1, 255, "{} mean times 255 and std"),
    (255, 1, 0, "{} mean times 255 without std"),
    (1, 1, 255, "{} mean times 255 and std, without dividing by 255"),
    (1, 255, 1, "{} mean and std times 255, without dividing by 255"),
    (1, 1, 0, "{} mean times 255 without std, without dividing by 255"),
)


def _wrong_units(channels: int) -> Iterator[tuple[str, Affine]]:
    """Mean or std in other units than the values: 0..255 for values in 0..1, or the reverse."""
    for name, values in RECIPES:
        if name not in _BY_CHANNEL or channels < len("RGB") or values.mean is None or values.std is None:
            continue
        family = name.removesuffix(" mean and std")
        for order, step in (("RGB", 1), ("BGR", -1)):
            for unit, mean_unit, std_unit, words in _BY_UNITS:
                means = [mean * 255 / mean_unit for mean in values.mean[::step]]
                stds = [std * 255 / std_unit if std_unit else 1.0 for std in values.std[::step]]
                yield f"{words.format(family)}, in {order} order", _mean_and_std(means, stds, unit, channels)


def _mean_and_std(means: Sequence[float], stds: Sequence[float], unit: float, channels: int) -> Affine:
    """(x / unit - mean) / std; an alpha channel does not change."""
    alpha = channels - len(means)
    return Affine(
        scale=(*(1 / (unit * std) for std in stds), *(1.0,) * alpha),
        offset=(*(-mean / std for mean, std in zip(means, stds, strict=True)), *(0.0,) * alpha),
    )


def _half(means: tuple[float, ...], stds: tuple[float, ...], mean: str, std: str, channels: int) -> Affine:
    m = means[:: -1 if mean == "BGR" else 1] if mean else (0.0,) * len(means)
    s = stds[:: -1 if std == "BGR" else 1] if std else (1.0,) * len(stds)
    return _mean_and_std(m, s, 255, channels)


_UNITS = ((255, 0.001, "x / 255"), (1, 0.5, "x in 0..255"))
"""Gray levels to one unit, the usual rounding of a mean or std in it, and its name."""
_UNKNOWN = "an unknown mapping of 0..255"
_ROUND = 0.02
"""Gray levels by which mean and std may miss round numbers."""
_CHANCE = 4
"""Least distance of round numbers, in units of ``_ROUND``: any number is near one of closer ones."""


def _numbers(affine: Affine) -> str:
    """Return mean and std if they are round numbers, as in code; else the values of black and white.

    An unknown mapping of one image may have been computed from that image.
    """
    ends = [(b + 0.0, b + 255 * a) for a, b in zip(affine.scale, affine.offset, strict=True)]
    if len({*affine.scale}) == len({*affine.offset}) == 1:
        (low, high), *_ = ends
        name = all(abs(end - round(end, 3)) < 1e-6 * (high - low) for end in (low, high))
        return f"0..255 mapped to {low:.6g}..{high:.6g}" if name else _mean_std(affine, 1) or _ends(ends[:1])
    return _mean_std(affine, len(affine.scale)) or _ends(ends)


def _ends(ends: Sequence[tuple[float, float]]) -> str:
    """Return the numbers of black and white, of each channel or of all."""
    if len(ends) == 1:
        return f"{_UNKNOWN} to {ends[0][0]:.6g}..{ends[0][1]:.6g}"
    black_white = ", ".join(f"{low:.4g}..{high:.4g}" for low, high in ends)
    return f"{_UNKNOWN} to [{black_white}]"


def _mean_std(affine: Affine, channels: int) -> str:
    """Return mean and std of the first channels; empty where they are not round."""
    if not all(map(math.isfinite, (*affine.scale, *affine.offset))) or not all(affine.scale):
        return ""
    for unit, step, units in _UNITS:
        means = [-b / a / unit + 0.0 for a, b in zip(affine.scale, affine.offset, strict=True)][:channels]
        stds = [1 / a / unit for a in affine.scale][:channels]
        pairs = zip(means, stds, strict=True)
        if all(_is_round(mean, step, unit) and _is_round(std, step, 255 / abs(std)) for mean, std in pairs):
            return f"mean [{_format_list(means)}] and std [{_format_list(stds)}] of {units}"
    return ""


def is_unnamed(name: str) -> bool:
    """Return whether ``name_of`` or ``explain_ends`` found only numbers for a mapping, not a name."""
    return name.startswith((_UNKNOWN, "0..255 mapped", "mean ["))


def _is_round(number: float, step: float, levels: float) -> bool:
    """Whether a number is a multiple of ``step``, closer to it than by chance. levels: gray levels to a unit of it."""
    is_evidence = step * levels > _CHANCE * _ROUND
    return is_evidence and abs(number - round(number / step) * step) * levels <= _ROUND


def _format_list(numbers: list[float]) -> str:
    return ", ".join(f"{number:.4g}" for number in numbers)


def order_of(name: str) -> str:
    """Return the order in which a named mapping lists its values, ``RGB`` or ``BGR``; empty where the name has none."""
    return name[-9:-6] if name.endswith((", in RGB order", ", in BGR order")) else ""
