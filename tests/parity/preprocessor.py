"""One row of the table, and the parts of its specs."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "RGB"}
CLIP = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711], "order": "RGB"}
HALF = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "order": "RGB"}

# Gray levels. Same integer levels, float32 arithmetic in any order; float resizes, whose additions depend on the build.
EXACT, CLOSE = 0.0002, 0.01


@dataclass(frozen=True, kw_only=True)
class Preprocessor:
    """A preprocessor of a library, and the equivalent spec."""

    name: str
    spec: dict
    """In the spec language."""
    real: Callable[[bytes], np.ndarray]
    """The library's own result for an image file, in the layout of the spec."""
    tolerance: float = EXACT
    """Largest gap allowed, in gray levels."""
    one_off: float = 0.0
    """Share of the values that may differ by one integer level instead."""


def spec(shape: list, *, values: dict | list, decode: dict | None = None, **more: object) -> dict:
    """A float32 spec, NCHW where the second axis is the channels; ``values`` is a value_range or a normalize."""
    said = {"value_range": values} if isinstance(values, list) else {"normalize": {"units": "unit", **values}}
    layout = "NCHW" if shape[1] in (1, 3) else "NHWC"
    plain = {"shape": shape, "layout": layout, "dtype": "float32", "channel_order": "RGB"}
    return {**plain, **said, "decode": {"exif": "ignore", **(decode or {})}, **more}


def open_image(body: bytes, mode: str = "RGB"):
    """The file, opened as usual."""
    from PIL import Image

    return Image.open(io.BytesIO(body)).convert(mode)


def levels(body: bytes):
    """The pixels as a uint8 torch tensor, 1xCxHxW, contiguous."""
    import torch

    return torch.from_numpy(np.array(open_image(body))).permute(2, 0, 1).contiguous()[None]


def first(array: np.ndarray) -> np.ndarray:
    """With a batch dimension in front."""
    return np.asarray(array)[None]
