"""NVIDIA DeepStream nvdspreprocess configuration: the input tensor of nvinfer with input-tensor-from-meta.

Values are those of NVIDIA's library libcustom2d_preprocess: y = pixel-normalization-factor * (x - offset).
"""

from __future__ import annotations

from sm_imgcheck.core.escape import for_terminal
from sm_imgcheck.core.json_types import Json
from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._deepstream_scaling import COLORS, add_frame, add_pixel_values, integers
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers.deepstream import read_groups

__all__ = ["IMPORTER"]

_TITLE = "DeepStream nvdspreprocess configuration"
_KEYS = ("network-input-shape", "network-color-format", "processing-width", "processing-height", "tensor-data-type")
_LAYOUTS = {"0": "NCHW", "1": "NHWC"}
_DTYPES = {"0": "float32", "1": "uint8", "2": "int8", "3": "uint32", "4": "int32", "5": "float16"}
_LIBRARY = "libcustom2d_preprocess.so"


def matches(file: SourceFile) -> float:
    """By keys that only nvdspreprocess has."""
    return 0.96 if sum(key in file.start for key in _KEYS) >= 3 else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the tensor that the plug-in makes."""
    del input_name
    groups = read_groups(file)
    keys, values = groups.get("property", {}), groups.get("user-configs", {})
    builder = DraftBuilder(file)
    order = COLORS.get(keys.get("network-color-format", ""))
    if order:
        builder.state("channel_order", order, "network-color-format")
    dtype = _DTYPES.get(keys.get("tensor-data-type", ""))
    if dtype:
        builder.state("dtype", dtype, "tensor-data-type")
    _add_shape(builder, keys)
    _add_values(builder, keys, values, order or "RGB")
    sides = [*integers(keys.get("processing-height", "")), *integers(keys.get("processing-width", ""))]
    if len(sides) == 2 and 0 not in sides:
        add_frame(
            builder,
            (sides[0], sides[1]),
            keeps_aspect=keys.get("maintain-aspect-ratio", "0") == "1",
            is_centered=keys.get("symmetric-padding", "0") == "1",
            scaling_filter=keys.get("scaling-filter", ""),
            key="scaling-filter",
        )
    if any(group.get("process-on-roi") == "1" for group in groups.values()):
        builder.note("process-on-roi: the regions of the frame are scaled, not the frame")
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=95,
    title=_TITLE,
    requires="an INI or YAML file with network-input-shape, network-color-format and processing-width",
    marks=(*_KEYS, "pixel-normalization-factor", "nvdspreprocess"),
    matches=matches,
    read=read,
)


def _add_shape(builder: DraftBuilder, keys: dict[str, str]) -> None:
    sides = integers(keys.get("network-input-shape", ""))
    layout = _LAYOUTS.get(keys.get("network-input-order", ""))
    if layout is None:
        builder.unknown("layout", "network-input-order: 0 is NCHW, 1 is NHWC, 2 is that of the custom library")
        builder.unknown("shape", "network-input-order: not NCHW or NHWC")
    elif len(sides) != 4 or 0 in sides:
        builder.unknown("shape", "network-input-shape: expected four numbers between semicolons")
    else:
        shape: list[Json] = ["N", *sides[1:]]
        builder.state("shape", shape, "network-input-shape")
        builder.state("layout", layout, "network-input-order")


def _add_values(builder: DraftBuilder, keys: dict[str, str], values: dict[str, str], order: str) -> None:
    library = keys.get("custom-lib-path", "")
    if not library.endswith(_LIBRARY):
        builder.unknown("value_range", f"custom-lib-path: {for_terminal(library[-60:]) or 'absent'} makes the values")
    elif "pixel-normalization-factor" not in values:
        builder.unknown("value_range", "pixel-normalization-factor: absent")
    elif values.get("mean-file"):
        builder.unknown("value_range", "mean-file: a mean of every pixel, which normalize cannot express")
    else:
        add_pixel_values(
            builder,
            factor=values["pixel-normalization-factor"],
            offsets=[part for part in values.get("offsets", "").split(";") if part.strip()],
            order=order,
            source="pixel-normalization-factor, offsets",
        )
