"""What a value mapping is called: the field's usual ones, the mistakes that are made with them, or its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sm_imgcheck.mapping import RECIPES, named, same
from sm_imgcheck.model import Affine

__all__ = ["candidates", "composed", "name_of", "order_of"]

_NEAR = 0.01
"""Grey levels between a mapping and the one whose name it gets."""
_BY_CHANNEL = ("ImageNet mean and std", "CLIP mean and std")
_ORDERS = ("", "RGB", "BGR")


def name_of(affine: Affine, *, tolerance: float = _NEAR) -> str:
    """A mapping in the field's words, such as ``divided by 255 twice``; of a strange one mean and std in numbers."""
    for name, usual in candidates(len(affine.scale)):
        if same(affine, usual, tolerance=tolerance):
            return name
    return _numbers(affine)


def composed(first: Affine, second: Affine) -> Affine:
    """The mapping that does ``first`` and then takes what comes out for pixels and does ``second``."""
    pairs = zip(first.scale, first.offset, second.scale, second.offset, strict=True)
    scale, offset = zip(*((a * c, b * c + d) for a, b, c, d in pairs), strict=True)
    return Affine(scale=scale, offset=offset)


@cache
def candidates(channels: int) -> tuple[tuple[str, Affine], ...]:
    """Every mapping that has a name, for arrays of so many channels: the usual first, then what goes wrong."""
    usual = tuple(named(channels))
    return (*usual, *_halves(channels), *_in_a_row(usual))


def _halves(channels: int) -> Iterator[tuple[str, Affine]]:
    """Mean and std of the sets that have a value for each channel, each in either order or left out."""
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


def _half(means: tuple[float, ...], stds: tuple[float, ...], mean: str, std: str, channels: int) -> Affine:
    m = means[:: -1 if mean == "BGR" else 1] if mean else (0.0,) * len(means)
    s = stds[:: -1 if std == "BGR" else 1] if std else (1.0,) * len(stds)
    alpha = channels - len(means)
    return Affine(
        scale=tuple(1 / (255 * one) for one in s) + (1.0,) * alpha,
        offset=tuple(-a / b for a, b in zip(m, s, strict=True)) + (0.0,) * alpha,
    )


def _in_a_row(usual: tuple[tuple[str, Affine], ...]) -> Iterator[tuple[str, Affine]]:
    """One after the other: a processor that was given what another had finished."""
    done = [(name, affine) for name, affine in usual if name != RECIPES[0][0]]
    for first, one in done:
        for second, other in done:
            told = f"{first}, then {second.replace('divided', 'again divided') if first == second else second}"
            yield (f"{first}, twice" if first == second else told), composed(one, other)


def _numbers(affine: Affine) -> str:
    """Mean and std per channel, for x / 255 where they look like it, else for x in 0..255."""
    if len({*affine.scale}) == len({*affine.offset}) == 1:
        low, high = affine.offset[0], affine.offset[0] + 255 * affine.scale[0]
        return f"0..255 mapped to {low + 0.0:.6g}..{high + 0.0:.6g}"
    unit = 255 if all(1 < 1 / abs(a) <= 255 * 4 for a in affine.scale) else 1
    means = ", ".join(f"{-b / a / unit + 0.0:.4g}" for a, b in zip(affine.scale, affine.offset, strict=True))
    stds = ", ".join(f"{1 / a / unit:.4g}" for a in affine.scale)
    return f"mean [{means}] and std [{stds}] of {'x / 255' if unit == 255 else 'x in 0..255'}"


def order_of(name: str) -> str:
    """The order in which a name says that its values were listed, ``RGB`` or ``BGR``; empty where it says none."""
    return name[-9:-6] if name.endswith((", in RGB order", ", in BGR order")) else ""
