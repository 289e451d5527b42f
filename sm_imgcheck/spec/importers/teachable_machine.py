"""Teachable Machine ``metadata.json`` of image models: the size; the rest is the same for all of them."""

from __future__ import annotations

from sm_imgcheck.spec.importers import Importer
from sm_imgcheck.spec.importers._draft import Draft, DraftBuilder
from sm_imgcheck.spec.importers._source_file import SourceFile
from sm_imgcheck.spec.importers._torch_values import side

__all__ = ["IMPORTER"]

_TITLE = "Teachable Machine metadata"


def matches(file: SourceFile) -> float:
    """By tmVersion and imageSize."""
    keys = file.object.keys()
    return 0.95 if {"tmVersion", "imageSize"} <= keys else 0.0


def read(file: SourceFile, input_name: str) -> Draft:
    """The draft of the model's input."""
    del input_name
    builder = DraftBuilder(file)
    size, is_gray = side(file.object.get("imageSize")), file.object.get("grayscale") is True
    if size is None:
        builder.unknown("shape", "imageSize: expected pixels")
    else:
        builder.infer("shape", ["N", size, size, 1 if is_gray else 3], "imageSize")
    builder.default("layout", "NHWC", "models of TensorFlow.js are channels last")
    builder.default("dtype", "float32", "capture of Teachable Machine makes float32")
    if is_gray:
        builder.infer("channel_order", "GRAY", "grayscale")
    else:
        builder.default("channel_order", "RGB", "tf.browser.fromPixels makes RGB")
    builder.assume("value_range", [-1, 1.007874], "capture of Teachable Machine: pixels / 127 - 1")
    builder.note("value range: the Python code of newer exports divides by 127.5, which results in [-1, 1]")
    builder.unknown("resize", "a center square, scaled by the canvas of the browser or, in Python, by Pillow")
    return builder.build(_TITLE, "pixels")


IMPORTER = Importer(
    rank=97,
    title=_TITLE,
    requires="metadata.json with tmVersion and imageSize",
    marks=("tmVersion", "imageSize", "teachablemachine", "tfjsVersion", "labels"),
    matches=matches,
    read=read,
)
