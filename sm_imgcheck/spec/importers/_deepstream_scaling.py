"""How the plug-ins of DeepStream scale a frame to the size of the network.

Filters: NvBufSurfTransform_Inter of nvbufsurftransform.h. A plug-in without a filter uses Default, which is nearest.
"""

from __future__ import annotations

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._draft import Certainty, DraftBuilder
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["COLORS", "add_frame", "add_pixel_values", "integers"]

COLORS = {"0": "RGB", "1": "BGR", "2": "GRAY"}
"""Color formats by number."""
_SAME_EVERYWHERE = {"0": "nearest", "1": "bilinear", "6": "nearest"}
_BY_HARDWARE = {
    "2": "cubic on the GPU, 5 taps on the VIC",
    "3": "super-sampling on the GPU, 10 taps on the VIC",
    "4": "Lanczos on the GPU, smart on the VIC",
    "5": "ignored on the GPU, nicest on the VIC",
}


def add_frame(
    builder: DraftBuilder,
    size: tuple[int, int],
    *,
    keeps_aspect: bool,
    is_centered: bool,
    scaling_filter: str,
    key: str,
) -> None:
    """Add the resize to height and width, and the padding with black. scaling_filter: the number, empty if absent.

    key: how the file spells the filter.
    """
    height, width = size
    kernel = _SAME_EVERYWHERE.get(scaling_filter or "6")
    if kernel is None:
        meaning = _BY_HARDWARE.get(scaling_filter, "an unknown filter")
        shape = "fitted" if keeps_aspect else "stretched"
        builder.unknown(
            "resize", f"{key} {for_terminal(scaling_filter[:20])}: {meaning}; {shape} to {height}x{width} (HxW)"
        )
        return
    source = key if scaling_filter else f"{key}: absent, the default filter of NvBufSurfTransform is nearest"
    certainty: Certainty = "stated" if scaling_filter else "default"
    pixels: list[Json] = [height, width]
    if keeps_aspect:
        resize: Json = {"mode": "longest_edge", "size": pixels, "interpolation": kernel, "library": "opencv"}
        builder.add("geometry[0]", {"resize": resize}, source, certainty)
        pad: Json = {"size": pixels, "position": "center" if is_centered else "top_left", "fill": 0}
        builder.infer("geometry[1]", {"pad": pad}, "maintain-aspect-ratio, symmetric-padding")
        return
    builder.add("resize.mode", "stretch", "maintain-aspect-ratio: 0 or absent", "default")
    builder.infer("resize.size", pixels, "size of the network")
    builder.add("resize.interpolation", kernel, source, certainty)
    builder.assume("resize.library", "opencv", "not stated; the scaler of the GPU resizes like OpenCV, not bit for bit")


def add_pixel_values(builder: DraftBuilder, *, factor: str, offsets: list[str], order: str, source: str) -> None:
    """Add y = factor * (x - offset), the offsets in the order of the network's channels."""
    factors, means = numbers(factor), numbers([*offsets] or [0.0])
    if factors is None or means is None:
        builder.unknown("value_range", f"{source}: expected numbers")
    elif not any(means):
        add_scaled(builder, factor=factors[0], mean=None, std=None, source=source)
    else:
        inverse = [1 / factors[0]] if factors[0] > 0 else [0.0]
        is_equal = len(set(means)) == 1
        add_scaled(builder, factor=1.0, mean=means, std=inverse, order="" if is_equal else order, source=source)


def integers(text: str) -> list[int]:
    """Numbers of pixels between semicolons; empty for anything else."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    sides = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 5]
    return sides if len(sides) == len(parts) else []
