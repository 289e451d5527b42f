"""The spec language as one table: keys, values, meanings and defaults.

Parsing (``parse``), the JSON Schema (``json_schema``), the order of ``spec show`` and the comments of ``spec init`` all
follow this table. Rules between keys are functions: ``shape``, ``values``, ``geometry``, ``decode``.
"""

from __future__ import annotations

from sm_imgcheck.core.channels import CHANNELS
from sm_imgcheck.core.layouts import LAYOUTS
from sm_imgcheck.core.types.spec import DEFAULT_NAME
from sm_imgcheck.core.value_mapping import CLIP, IMAGENET
from sm_imgcheck.spec.dtypes import DTYPES
from sm_imgcheck.spec.keys import Key
from sm_imgcheck.spec.language_image import DECODE, RESIZE

__all__ = ["GOLDEN", "NORMALIZE", "PAYLOAD", "QUANTIZE", "TOP"]

NORMALIZE = (
    Key(
        name="units",
        kind="choice",
        choices=("unit", "byte"),
        doc="unit: mean and std are for pixels divided by 255; byte: for pixels 0..255",
        example="unit",
        rule="unit where no entry is above 1; otherwise required",
    ),
    Key(
        name="mean",
        kind="numbers",
        doc="subtracted; one number for all channels, or one per channel",
        example=[0.485, 0.456, 0.406],
        rule="0",
        also=("image_mean", "bias", "offset", "subtract"),
    ),
    Key(
        name="std",
        kind="numbers",
        above=0,
        doc="divides; one number for all channels, or one per channel",
        example=[0.229, 0.224, 0.225],
        rule="no division",
        also=("image_std", "scale", "stddev"),
    ),
    Key(
        name="order",
        kind="choice",
        choices=tuple(CHANNELS),
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
        example=0.0078125,
    ),
    Key(name="zero_point", kind="whole", default=0, doc="the integer of value 0", example=0),
    Key(
        name="rounding",
        kind="choice",
        choices=("half_even", "half_away"),
        default="half_even",
        doc="rounding of an exact half: half_even (NumPy, torch) or half_away (TFLite, C)",
        example="half_even",
    ),
)

PAYLOAD = (
    Key(name="stack", kind="text", doc="the serving software that receives the request", example="pytorch"),
    Key(
        name="stack_version",
        kind="text",
        doc="version of the stack, in quotes, where versions differ",
        rule="the newest",
        example="2.20",
    ),
    Key(name="envelope", kind="text", doc="the form of the request body", example="npy"),
    Key(
        name="key",
        kind="text",
        doc="JSON key or form field that holds the input, for json, json-b64 and multipart; a dot opens an object",
        rule="image",
        example="image",
    ),
    Key(name="content_type", kind="text", doc="sent with the body", example="application/x-npy"),
    Key(
        name="endpoint",
        kind="choice",
        choices=("realtime", "serverless", "async", "batch", "direct"),
        doc="the kind of endpoint, which decides how large a body may be; direct: a server without SageMaker",
        rule="realtime; direct for stacks of other platforms",
        example="realtime",
    ),
    Key(
        name="max_bytes",
        kind="whole",
        low=1,
        high=2**40,
        doc="the largest body",
        rule="from endpoint and stack",
        example=6291456,
    ),
)

GOLDEN = (
    Key(
        name="image",
        kind="text",
        required=True,
        doc="an image file; relative paths start from the folder of the spec",
        example="probe.jpg",
    ),
    Key(name="tensor", kind="text", required=True, doc="the tensor that it must become", example="probe.npy"),
    Key(
        name="tolerance",
        kind="number",
        low=0,
        high=255,
        default=0.5,
        doc="largest difference allowed, in gray levels",
        example=0.5,
    ),
)

TOP = (
    Key(name="version", kind="whole", low=1, high=1, default=1, doc="of this language", example=1),
    Key(
        name="name",
        kind="text",
        default=DEFAULT_NAME,
        doc="the model's name for this input; some request bodies need it",
        example="serving_default_x",
    ),
    Key(name="description", kind="text", default="", doc="free text", example="ResNet-50, exported to ONNX"),
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
        example=["N", 224, 224, 3],
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
        choices=tuple(CHANNELS),
        required=True,
        doc="order of the channels in the tensor",
        example="RGB",
        also=("color", "colour", "channels", "color_format", "color_order", "color_layout", "color_space", "order"),
    ),
    Key(
        name="value_range",
        kind="pair",
        rule="[0, 255] for uint8; otherwise value_range or normalize must be given",
        doc="range of the tensor for pixel values 0..255: [0, 1] is x / 255, [-1, 1] is x / 127.5 - 1",
        example=[0, 1],
        also=("range", "values", "pixel_range", "scale", "rescale"),
    ),
    Key(
        name="normalize",
        kind="mapping",
        keys=NORMALIZE,
        words={
            word: {"units": "unit", "mean": list(mean), "std": list(std), "order": "RGB"}
            for word, (mean, std) in (("imagenet", IMAGENET), ("clip", CLIP))
        },
        doc="instead of value_range: (x - mean) / std; or the word imagenet or clip",
        example={"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
        also=("normalization", "normalise", "preprocess", "preprocessing"),
    ),
    Key(
        name="quantize",
        kind="mapping",
        keys=QUANTIZE,
        doc="integer models: q = round(y / scale) + zero_point",
        example={"scale": 0.0078125, "zero_point": 0},
        also=("quantization", "quantise"),
    ),
    Key(
        name="expect_range",
        kind="pair",
        doc="assertion about the final tensor; no conversion",
        rule="no assertion",
        example=[-2.2, 2.7],
    ),
    Key(
        name="decode",
        kind="mapping",
        keys=DECODE,
        doc="how an image file becomes pixels",
        example={"exif": "apply"},
    ),
    Key(
        name="resize",
        kind="mapping",
        keys=RESIZE,
        words={"none": {"mode": "none"}},
        doc="how the image gets its size",
        rule="stretched by Pillow to the height and width of shape where they are fixed",
        example={"mode": "shortest_edge", "size": 256, "interpolation": "bilinear"},
    ),
    Key(
        name="geometry",
        kind="steps",
        doc="the long form of resize: a list of crop, resize and pad, in order",
        example=[{"crop": {"fraction": 0.875}}, {"resize": {"size": [224, 224]}}],
        also=("transforms", "steps", "crop", "pad", "letterbox"),
    ),
    Key(
        name="payload",
        kind="mapping",
        keys=PAYLOAD,
        doc="the request body and the endpoint that receives it",
        example={"stack": "pytorch", "envelope": "npy"},
    ),
    Key(
        name="golden",
        kind="entries",
        keys=GOLDEN,
        doc="images with the tensors that they must become",
        example=[{"image": "probe.jpg", "tensor": "probe.npy"}],
    ),
)
"""The keys of a spec, in the order in which it is printed."""
