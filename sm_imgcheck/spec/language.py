"""The spec language as one table: what may stand where, what it means, what it is when nothing is said.

Reading (``reading``), the JSON Schema (``schema``), the order of ``spec show`` and the comments of ``spec init`` all
follow this table. Rules between keys are functions: ``axes``, ``values``, ``sizing``, ``decoding``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sm_imgcheck.layouts import LAYOUTS
from sm_imgcheck.spec.dtypes import DTYPES

__all__ = ["CROP", "DECODE", "NORMALIZE", "PAD", "RESIZE", "STEP_KEYS", "TOP", "Key", "key_of"]

Kind = Literal[
    "axes",
    "choice",
    "dtype",
    "entries",
    "flag",
    "mapping",
    "number",
    "numbers",
    "pair",
    "size",
    "steps",
    "text",
    "whole",
    "wholes",
]

MAX_SIDE = 65_535
"""Pixels; the longest side that a JPEG can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of the language."""

    name: str
    kind: Kind
    doc: str
    """One line for editors, ``spec init`` and the manual."""
    example: str
    """A value, as YAML."""
    default: Any = None
    """What it is when nothing is said; None: see ``rule``."""
    rule: str = ""
    """How the default follows from other keys; empty where there is a constant one, or none."""
    choices: tuple[str, ...] = ()
    low: float | None = None
    """The least number allowed; for lists, of each entry."""
    high: float | None = None
    above: float | None = None
    """Numbers must be greater than this."""
    keys: tuple[Key, ...] = ()
    """Of a mapping, or of each entry of a list of mappings."""
    required: bool = False
    shorthand: str = ""
    """A word that may stand in the place of the mapping: ``resize: none`` is ``resize: {mode: none}``."""
    also: tuple[str, ...] = ()
    """What other tools call it, to guess what an unknown key was meant to be."""


def key_of(keys: tuple[Key, ...], name: str) -> Key:
    """The key of that name."""
    return next(key for key in keys if key.name == name)


NORMALIZE = (
    Key(
        name="units",
        kind="choice",
        choices=("unit", "byte"),
        doc="unit: mean and std are for pixels divided by 255; byte: for pixels 0..255",
        example="unit",
        rule="unit where no entry is above 1; otherwise it must be said",
    ),
    Key(
        name="mean",
        kind="numbers",
        doc="subtracted; one number for all channels, or one per channel",
        example="[0.485, 0.456, 0.406]",
        rule="0",
        also=("image_mean", "bias", "offset", "subtract"),
    ),
    Key(
        name="std",
        kind="numbers",
        above=0,
        doc="divides; one number for all channels, or one per channel",
        example="[0.229, 0.224, 0.225]",
        rule="no division",
        also=("image_std", "scale", "stddev"),
    ),
    Key(
        name="order",
        kind="choice",
        choices=("RGB", "BGR", "GRAY", "RGBA", "BGRA"),
        doc="the channel order in which mean and std are listed",
        example="RGB",
        rule="RGB; required for BGR models unless all entries are equal",
    ),
)

QUANTIZE = (
    Key(
        name="scale",
        kind="number",
        above=0,
        required=True,
        doc="step of the integer grid: q = round(y / scale) + zero_point",
        example="0.0078125",
    ),
    Key(name="zero_point", kind="whole", default=0, doc="the integer that stands for 0", example="0"),
    Key(
        name="rounding",
        kind="choice",
        choices=("half_even", "half_away"),
        default="half_even",
        doc="where an exact half goes: half_even (NumPy, torch) or half_away (TFLite, C)",
        example="half_even",
    ),
)

DECODE = (
    Key(
        name="library",
        kind="choice",
        choices=("pillow", "opencv", "tensorflow"),
        default="pillow",
        doc="whose arithmetic turns CMYK into RGB and colour into gray",
        example="pillow",
    ),
    Key(
        name="dct",
        kind="choice",
        choices=("accurate", "tensorflow"),
        rule="tensorflow where library is tensorflow, else accurate",
        doc="JPEG arithmetic: accurate (Pillow, OpenCV, torchvision) or tensorflow (decode_jpeg's default, darker)",
        example="accurate",
    ),
    Key(
        name="exif",
        kind="choice",
        choices=("apply", "ignore", "reject"),
        default="apply",
        doc="a photo that is stored turned: apply turns it upright, ignore leaves it as stored",
        example="apply",
        also=("orientation", "exif_orientation", "auto_orient"),
    ),
    Key(
        name="icc",
        kind="choice",
        choices=("ignore", "srgb", "reject"),
        default="ignore",
        doc="an embedded colour profile: ignore (as every library does), srgb converts",
        example="ignore",
    ),
    Key(
        name="cmyk",
        kind="choice",
        choices=("convert", "reject"),
        default="convert",
        doc="a CMYK JPEG",
        example="convert",
    ),
    Key(
        name="gray",
        kind="choice",
        choices=("expand", "reject"),
        default="expand",
        doc="a gray image for a colour model: expand repeats it in each channel",
        example="expand",
    ),
    Key(
        name="to_gray",
        kind="choice",
        choices=("luma", "y_plane"),
        rule="luma (Pillow's convert) where library is pillow, else y_plane (the JPEG's own, as OpenCV and TensorFlow)",
        doc="a colour image for a gray model",
        example="luma",
    ),
    Key(
        name="alpha",
        kind="choice",
        choices=("drop", "composite", "reject"),
        default="drop",
        doc="transparency, for a model without alpha: drop, or composite over background",
        example="drop",
    ),
    Key(
        name="background",
        kind="wholes",
        low=0,
        high=255,
        rule="[255, 255, 255] with alpha: composite",
        doc="what a transparent pixel shows: red, green, blue",
        example="[255, 255, 255]",
    ),
    Key(
        name="bit_depth",
        kind="choice",
        choices=("reject", "scale"),
        default="reject",
        doc="more than 8 bits a sample: scale maps them to 0..255",
        example="reject",
    ),
    Key(
        name="truncated",
        kind="choice",
        choices=("reject", "allow"),
        default="reject",
        doc="a file that ends early: allow fills the rest with gray",
        example="reject",
    ),
    Key(
        name="max_pixels",
        kind="whole",
        low=1,
        high=2**31 - 1,
        default=178_956_970,
        doc="larger images are refused before they are decoded",
        example="178956970",
    ),
)

_RESIZE_COMMON = (
    Key(
        name="mode",
        kind="choice",
        choices=("stretch", "shortest_edge", "longest_edge", "cover", "letterbox", "none"),
        default="stretch",
        doc="stretch ignores the aspect ratio, letterbox adds a border; none: a wrong size is an error",
        example="shortest_edge",
    ),
    Key(
        name="size",
        kind="size",
        low=1,
        high=MAX_SIDE,
        doc="one edge, or [height, width], in pixels",
        rule="from shape",
        example="256",
    ),
    Key(
        name="max_size",
        kind="whole",
        low=1,
        high=MAX_SIDE,
        doc="shortest_edge: the longer edge stays at or below this",
        rule="no limit",
        example="1333",
    ),
    Key(
        name="rounding",
        kind="choice",
        choices=("floor", "round", "half_up", "detr"),
        default="floor",
        doc="of the derived edge: floor (torchvision, transformers), round (timm), half_up (Segment Anything), detr",
        example="floor",
    ),
    Key(
        name="interpolation",
        kind="choice",
        choices=("nearest", "bilinear", "bicubic", "lanczos", "area", "box", "hamming", "nearest-exact"),
        rule="bicubic for pillow, bilinear for the others",
        doc="how pixels are interpolated; what a word means depends on library",
        example="bilinear",
        also=("resample", "method", "filter", "interpolation_method"),
    ),
    Key(
        name="library",
        kind="choice",
        choices=("pillow", "pillow-12", "opencv", "tensorflow", "torch"),
        default="pillow",
        doc="whose arithmetic; pillow-12 is Pillow's order of passes up to version 12, on every version",
        example="pillow",
        also=("backend",),
    ),
    Key(
        name="dtype",
        kind="choice",
        choices=("uint8", "float32", "float32-rounded"),
        rule="uint8; float32 for tensorflow",
        doc="what is resized: whole grey levels, float32, or float32 rounded afterwards (torchvision v1 on tensors)",
        example="uint8",
    ),
    Key(
        name="antialias",
        kind="flag",
        rule="false for tensorflow, true for torch; no other library has this switch",
        doc="smooth when shrinking",
        example="true",
    ),
    Key(
        name="fill",
        kind="numbers",
        low=0,
        high=255,
        rule="114 for opencv (ultralytics), 0 for the others",
        doc="letterbox: colour of the border, red, green, blue, 0..255",
        example="[114, 114, 114]",
    ),
    Key(
        name="multiple_of",
        kind="whole",
        low=1,
        high=MAX_SIDE,
        doc="letterbox: pad to the next multiple instead of the full size",
        rule="the full size",
        example="32",
        also=("stride", "size_divisor", "pad_to_multiple"),
    ),
)

_RESIZE_CROP = (
    Key(
        name="crop",
        kind="choice",
        choices=("center", "none"),
        rule="center where shape has a fixed height and width, else none",
        doc="after shortest_edge and cover: cut the middle out",
        example="center",
    ),
    Key(
        name="crop_rounding",
        kind="choice",
        choices=("round", "floor", "ceil"),
        default="round",
        doc="where the crop starts: round, half to even (torchvision, timm), or floor (transformers)",
        example="round",
    ),
)

RESIZE = (*_RESIZE_COMMON[:4], *_RESIZE_CROP, *_RESIZE_COMMON[4:])

CROP = (
    Key(
        name="fraction",
        kind="number",
        above=0,
        high=1,
        doc="this share of either side (tf.image.central_crop)",
        example="0.875",
    ),
    Key(name="size", kind="size", low=1, high=MAX_SIDE, doc="[height, width] in pixels", example="[224, 224]"),
    Key(
        name="aspect",
        kind="wholes",
        low=1,
        high=MAX_SIDE,
        doc="the largest part with the aspect ratio [height, width]",
        example="[1, 1]",
    ),
    Key(name="square", kind="number", above=0, high=1, doc="a square of this share of the shorter side", example="1"),
    Key(
        name="rounding",
        kind="choice",
        choices=("round", "floor", "ceil", "none"),
        rule="round for size, floor for the others",
        doc="where the crop starts; none, with aspect, is ImageOps.fit, which cuts between pixels",
        example="floor",
    ),
    Key(
        name="pad_side",
        kind="choice",
        choices=("after", "before"),
        default="after",
        doc="where an odd missing pixel is added when the image is smaller than size",
        example="after",
    ),
)

PAD = (
    Key(name="size", kind="size", low=1, high=MAX_SIDE, doc="[height, width] in pixels", example="[1024, 1024]"),
    Key(name="multiple_of", kind="whole", low=1, high=MAX_SIDE, doc="up to the next multiple", example="32"),
    Key(
        name="fill",
        kind="numbers",
        rule="0",
        doc="colour of the border, red, green, blue; 0..255, or the model's own numbers with units: final",
        example="[0, 0, 0]",
    ),
    Key(
        name="position",
        kind="choice",
        choices=("center", "top_left", "top_right", "bottom_left", "bottom_right"),
        default="center",
        doc="where the image stands in its frame",
        example="top_left",
    ),
    Key(
        name="units",
        kind="choice",
        choices=("byte", "final"),
        default="byte",
        doc="byte: pads pixels; final: pads after normalize",
        example="byte",
    ),
)

STEP_KEYS = {"crop": CROP, "resize": _RESIZE_COMMON, "pad": PAD}
"""What may stand in the list ``geometry``."""

PAYLOAD = (
    Key(name="stack", kind="text", doc="the serving software that receives the request", example="pytorch"),
    Key(name="envelope", kind="text", doc="the form of the request body", example="npy"),
    Key(name="content_type", kind="text", doc="sent with the body", example="application/x-npy"),
    Key(
        name="endpoint",
        kind="choice",
        choices=("realtime", "serverless", "async", "batch"),
        doc="the kind of endpoint, which decides how large a body may be",
        example="realtime",
    ),
    Key(
        name="max_bytes",
        kind="whole",
        low=1,
        high=2**40,
        doc="the largest body",
        rule="from endpoint and stack",
        example="6291456",
    ),
)

GOLDEN = (
    Key(name="image", kind="text", required=True, doc="an image file", example="probe.jpg"),
    Key(name="tensor", kind="text", required=True, doc="the tensor that it must become", example="probe.npy"),
    Key(
        name="tolerance",
        kind="number",
        low=0,
        high=255,
        default=0.5,
        doc="largest difference allowed, in grey levels",
        example="0.5",
    ),
)

TOP = (
    Key(name="version", kind="whole", low=1, high=1, default=1, doc="of this language", example="1"),
    Key(
        name="name",
        kind="text",
        default="input",
        doc="the model's name for this input; some request bodies need it",
        example="serving_default_x",
    ),
    Key(name="description", kind="text", default="", doc="for people", example='"ResNet-50, exported to ONNX"'),
    Key(
        name="source",
        kind="text",
        default="",
        doc="where these facts come from",
        example="https://example.com/model-card",
    ),
    Key(
        name="extends",
        kind="text",
        doc="a preset or a local file to start from; keys given here replace its keys",
        example="torchvision-imagenet",
    ),
    Key(
        name="shape",
        kind="axes",
        required=True,
        doc='an int: exactly that; N: any batch; H, W: any size; "32..1024": a range; -1 and null: any',
        example="[N, 224, 224, 3]",
        also=("input_shape", "dims", "dimensions", "size", "input_size"),
    ),
    Key(
        name="layout",
        kind="choice",
        choices=LAYOUTS,
        rule="inferred from shape where only one reading fits",
        doc="which axis is which",
        example="NHWC",
        also=("data_format", "dim_order", "format"),
    ),
    Key(
        name="dtype",
        kind="dtype",
        choices=DTYPES,
        required=True,
        doc="NumPy's name, or any framework's: FP32, TYPE_FP32, DT_FLOAT, torch.float32",
        example="float32",
        also=("data_type", "datatype", "type", "precision"),
    ),
    Key(
        name="channel_order",
        kind="choice",
        choices=("RGB", "BGR", "GRAY", "RGBA", "BGRA"),
        required=True,
        doc="order of the channels in the tensor",
        example="RGB",
        also=("color", "colour", "channels", "color_format", "color_order", "color_layout", "color_space", "order"),
    ),
    Key(
        name="value_range",
        kind="pair",
        rule="[0, 255] for uint8; otherwise value_range or normalize must be given",
        doc="where pixel values 0..255 land: [0, 1] is x / 255, [-1, 1] is x / 127.5 - 1",
        example="[0, 1]",
        also=("range", "values", "pixel_range", "scale", "rescale"),
    ),
    Key(
        name="normalize",
        kind="mapping",
        keys=NORMALIZE,
        doc="instead of value_range: (x - mean) / std",
        example="{mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}",
        also=("normalization", "normalise", "preprocess", "preprocessing"),
    ),
    Key(
        name="quantize",
        kind="mapping",
        keys=QUANTIZE,
        doc="integer models: q = round(y / scale) + zero_point",
        example="{scale: 0.0078125, zero_point: 0}",
        also=("quantization", "quantise"),
    ),
    Key(
        name="expect_range",
        kind="pair",
        doc="an assertion on the finished tensor, nothing more",
        rule="no assertion",
        example="[-2.2, 2.7]",
    ),
    Key(
        name="decode",
        kind="mapping",
        keys=DECODE,
        doc="how an image file becomes pixels",
        example="{exif: apply}",
    ),
    Key(
        name="resize",
        kind="mapping",
        keys=RESIZE,
        shorthand="none",
        doc="how the image gets its size",
        rule="stretched by Pillow to the height and width of shape where they are fixed",
        example="{mode: shortest_edge, size: 256, interpolation: bilinear}",
    ),
    Key(
        name="geometry",
        kind="steps",
        doc="the long form of resize: a list of crop, resize and pad, in order",
        example="[{crop: {fraction: 0.875}}, {resize: {size: [224, 224]}}]",
        also=("transforms", "steps", "crop", "pad", "letterbox"),
    ),
    Key(
        name="payload",
        kind="mapping",
        keys=PAYLOAD,
        doc="the request body and the endpoint that receives it",
        example="{stack: pytorch, envelope: npy}",
    ),
    Key(
        name="golden",
        kind="entries",
        keys=GOLDEN,
        doc="images with the tensors that they must become",
        example="[{image: probe.jpg, tensor: probe.npy}]",
    ),
)
"""The keys of a spec, in the order in which it is printed."""
