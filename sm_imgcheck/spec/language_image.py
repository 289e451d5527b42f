"""The part of the language about pixels: ``decode``, ``resize`` and the steps of ``geometry``."""

from __future__ import annotations

from sm_imgcheck.spec.keys import MAX_SIDE, Key

__all__ = ["CROP", "DECODE", "PAD", "RESIZE", "STEP_KEYS"]

DECODE = (
    Key(
        name="library",
        kind="choice",
        choices=("pillow", "opencv", "tensorflow"),
        default="pillow",
        doc="library whose conversions from CMYK to RGB and from color to gray are used",
        example="pillow",
    ),
    Key(
        name="dct",
        kind="choice",
        choices=("accurate", "tensorflow"),
        default="accurate",
        doc="JPEG arithmetic: accurate (Pillow, OpenCV, torchvision) or tensorflow (decode_jpeg's default, darker)",
        example="accurate",
    ),
    Key(
        name="exif",
        kind="choice",
        choices=("apply", "ignore", "reject"),
        default="apply",
        doc="EXIF orientation: apply rotates the image, ignore keeps the stored pixels",
        example="apply",
        also=("orientation", "exif_orientation", "auto_orient"),
    ),
    Key(
        name="icc",
        kind="choice",
        choices=("ignore", "srgb", "reject"),
        default="ignore",
        doc="an embedded color profile: ignore (as every library does), srgb converts",
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
        doc="a gray image for a color model: expand repeats it in each channel",
        example="expand",
    ),
    Key(
        name="to_gray",
        kind="choice",
        choices=("luma", "y_plane"),
        rule="luma (Pillow's convert) where library is pillow, else y_plane (the JPEG's own, as OpenCV and TensorFlow)",
        doc="a color image for a gray model",
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
        example=[255, 255, 255],
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
        doc="truncated file: allow fills the missing part with gray",
        example="reject",
    ),
    Key(
        name="max_pixels",
        kind="whole",
        low=1,
        high=2**31 - 1,
        default=178_956_970,
        doc="larger images are refused before they are decoded",
        example=178956970,
    ),
)

_RESIZE_COMMON = (
    Key(
        name="mode",
        kind="choice",
        choices=("stretch", "shortest_edge", "longest_edge", "cover", "letterbox", "closest_edge", "keep", "none"),
        default="stretch",
        doc="stretch ignores the aspect ratio, letterbox adds a border; closest_edge: the edge with the least change "
        "(DPT, Depth Anything); keep: only to multiple_of; none: a wrong size is an error",
        example="shortest_edge",
    ),
    Key(
        name="size",
        kind="size",
        low=1,
        high=MAX_SIDE,
        doc="one edge, or [height, width], in pixels",
        rule="from shape",
        example=256,
    ),
    Key(
        name="max_size",
        kind="whole",
        low=1,
        high=MAX_SIDE,
        doc="shortest_edge: the longer edge stays at or below this",
        rule="no limit",
        example=1333,
    ),
    Key(
        name="rounding",
        kind="choice",
        choices=("floor", "round", "half_up", "detr"),
        rule="floor; detr with max_size; round for cover by opencv (blobFromImage)",
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
        doc="library to reproduce; pillow-12 is Pillow's order of passes up to version 12, on every version",
        example="pillow",
        also=("backend",),
    ),
    Key(
        name="dtype",
        kind="choice",
        choices=("uint8", "float32", "float32-rounded"),
        rule="uint8; float32 for tensorflow",
        doc="input of the resize: integer gray levels, float32, or rounded float32 (torchvision v1 on tensors)",
        example="uint8",
    ),
    Key(
        name="antialias",
        kind="flag",
        rule="false for tensorflow, true for torch; no other library has this switch",
        doc="smooth when shrinking",
        example=True,
    ),
    Key(
        name="fill",
        kind="numbers",
        low=0,
        high=255,
        rule="114 for opencv (ultralytics), 0 for the others",
        doc="letterbox: color of the border, red, green, blue, 0..255",
        example=[114, 114, 114],
    ),
    Key(
        name="multiple_of",
        kind="whole",
        low=1,
        high=MAX_SIDE,
        doc="both sides become multiples of this: rounded; letterbox pads to the next multiple instead of size",
        rule="no multiple",
        example=32,
        also=("stride", "size_divisor", "pad_to_multiple", "ensure_multiple_of"),
    ),
    Key(
        name="multiple_rounding",
        kind="choice",
        choices=("round", "floor", "ceil"),
        rule="round: half to even (DPT)",
        doc="of both sides with multiple_of: round, floor (ViLT, GLPN, YOLOS) or ceil (MaskFormer, TextNet)",
        example="floor",
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
        rule="round; floor for cover by opencv (blobFromImage)",
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
        example=0.875,
    ),
    Key(name="size", kind="size", low=1, high=MAX_SIDE, doc="[height, width] in pixels", example=[224, 224]),
    Key(
        name="aspect",
        kind="wholes",
        low=1,
        high=MAX_SIDE,
        doc="the largest part with the aspect ratio [height, width]",
        example=[1, 1],
    ),
    Key(name="square", kind="number", above=0, high=1, doc="a square of this share of the shorter side", example=1),
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
        rule="before with rounding: floor after a Pillow resize (transformers), else after",
        doc="where an odd missing pixel is added when the image is smaller than size",
        example="after",
    ),
)

PAD = (
    Key(name="size", kind="size", low=1, high=MAX_SIDE, doc="[height, width] in pixels", example=[1024, 1024]),
    Key(name="multiple_of", kind="whole", low=1, high=4096, doc="up to the next multiple", example=32),
    Key(
        name="square",
        kind="flag",
        rule="false",
        doc="to a square as long as the longer edge, as before a resize (expand2square)",
        example=True,
    ),
    Key(
        name="aspect",
        kind="wholes",
        low=1,
        high=MAX_SIDE,
        doc="to the aspect ratio [height, width], as before a resize (Keras's pad_to_aspect_ratio)",
        example=[9, 16],
    ),
    Key(
        name="fill",
        kind="numbers",
        rule="0",
        doc="color of the border, red, green, blue; 0..255, or the model's own numbers with units: final",
        example=[0, 0, 0],
    ),
    Key(
        name="position",
        kind="choice",
        choices=("center", "top_left", "top_right", "bottom_left", "bottom_right"),
        default="center",
        doc="position of the image in its frame",
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
"""The steps that the list ``geometry`` can contain."""
