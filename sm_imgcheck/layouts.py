"""Layouts: which letter of N, H, W, C names which axis of a shape."""

from __future__ import annotations

from collections.abc import Iterator

from sm_imgcheck.model import Contract

__all__ = ["LAYOUTS", "by_shape", "describe", "known", "reading", "size"]

LAYOUTS = ("NHWC", "NCHW", "HWC", "CHW", "NHW", "HW")
_CHANNELS = (1, 3, 4)


def reading(shape: tuple[int, ...], contract: Contract) -> str:
    """The layout by which a shape is best understood, given what the model wants.

    The contract's own where it fits. Otherwise the reading that agrees with the contract in most axes, then the
    one that has its channels where the contract has them. ``?`` for each axis where no reading makes sense.
    """
    if len(shape) == len(contract.shape) and all(
        dim.allows(length) for dim, length in zip(contract.shape, shape, strict=True)
    ):
        return contract.layout
    found = max(_readings(shape), key=lambda layout: _agreement(shape, layout, contract), default=None)
    return found or "?" * len(shape)


def by_shape(shape: tuple[int, ...]) -> str:
    """The layout by which a shape is best understood when nothing is wanted of it; ``?`` for each axis where none is.

    A picture is longer than it has channels, and rather has three of them than one or four.
    """
    found = max(_readings(shape), key=lambda layout: _likeness(shape, layout), default=None)
    return found or "?" * len(shape)


def _likeness(shape: tuple[int, ...], layout: str) -> tuple[bool, int, bool]:
    axes = dict(zip(layout, shape, strict=True))
    channels = axes.get("C", 1)
    return channels == len("RGB"), min(axes["H"], axes["W"]), "C" in axes


def known(layout: str) -> bool:
    """Whether the axes have names: a shape that no reading explains has none, nor has a single number."""
    return layout in LAYOUTS


def _readings(shape: tuple[int, ...]) -> Iterator[str]:
    for layout in LAYOUTS:
        if len(layout) == len(shape) and ("C" not in layout or shape[layout.index("C")] in _CHANNELS):
            yield layout


def _agreement(shape: tuple[int, ...], layout: str, contract: Contract) -> tuple[int, ...]:
    axes = dict(zip(layout, shape, strict=True))
    allowed = [axis for axis, length in axes.items() if (dim := contract.dim(axis)) is not None and dim.allows(length)]
    swapped = (
        (dim_h := contract.dim("H")) is not None
        and (dim_w := contract.dim("W")) is not None
        and (dim_h.allows(axes["W"]) and dim_w.allows(axes["H"]))
    )
    spatial = ("H" in allowed) + ("W" in allowed)
    return (
        2 * max(spatial, 2 * swapped) + ("C" in allowed) * 2,
        (layout[-1] == "C") == (contract.layout[-1] == "C"),
        -axes.get("N", 1),
    )


def size(height: int, width: int) -> str:
    """A size as it is printed everywhere."""
    return f"{height}x{width} (HxW)"


def describe(shape: tuple[int, ...], layout: str) -> str:
    """A shape with its letters, such as ``[1, 3, 224, 224] NCHW``."""
    return f"{list(shape)} {layout}" if known(layout) else f"{list(shape)}"
