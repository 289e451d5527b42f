"""Words that PyTorch vocabularies share: interpolations, sizes, and ToTensor with Normalize."""

from __future__ import annotations

from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers._class_settings import ClassSettings
from sm_imgcheck.spec.importers._draft import DraftBuilder
from sm_imgcheck.spec.importers._value_mapping import add_scaled, numbers

__all__ = ["INTERPOLATIONS", "add_shortest_edge", "add_unit_normalize", "side"]

INTERPOLATIONS = {
    "nearest": "nearest",
    "nearest-exact": "nearest-exact",
    "bilinear": "bilinear",
    "linear": "bilinear",
    "bicubic": "bicubic",
    "cubic": "bicubic",
    "lanczos": "lanczos",
    "box": "box",
    "hamming": "hamming",
}
_LONGEST_SIDE = 65_535


def side(value: Json) -> int | None:
    """An integer number of pixels within limits; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= _LONGEST_SIDE:
        return None
    return int(value) if value == int(value) else None


def add_unit_normalize(builder: DraftBuilder, settings: ClassSettings, *, prefix: str = "") -> None:
    """Add pixels / 255, then ``mean`` and ``std`` of the settings."""
    mean, std = numbers(settings.get("mean")), numbers(settings.get("std"))
    if mean is None or std is None:
        builder.unknown("value_range", f"{prefix}mean and {prefix}std: expected one number per channel")
        return
    mean_source, std_source = prefix + settings.source("mean"), prefix + settings.source("std")
    certainty = settings.certainty("mean")
    add_scaled(
        builder,
        factor=1 / 255,
        mean=mean,
        std=std,
        order="RGB" if len(mean) == 3 and (len(set(mean)) > 1 or len(set(std)) > 1) else "",
        source="ToTensor divides by 255" if certainty == "default" else "mean and std of pixels / 255",
        certainty=certainty,
        mean_source=mean_source,
        std_source=std_source,
        std_certainty=settings.certainty("std"),
    )


def add_shortest_edge(
    builder: DraftBuilder, edge: int, interpolation: str, *, crop: bool, sources: dict[str, str]
) -> None:
    """Add a resize of the shortest edge by Pillow, with or without a center crop, as stated by ``sources``."""
    builder.state("resize.mode", "shortest_edge", sources["size"])
    builder.state("resize.size", edge, sources["size"])
    builder.state("resize.crop", "center" if crop else "none", sources["crop"])
    builder.state("resize.interpolation", interpolation, sources["interpolation"])
    builder.assume("resize.library", "pillow", "not stated; transforms are usually applied to PIL images")
