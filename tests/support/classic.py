"""The classic pipelines as handlers, each with the classic mistakes to be planted in it, and what names them."""

from dataclasses import dataclass
from itertools import combinations

__all__ = ["PIPELINES", "Pipeline", "mistakes"]

HEAD = """
import io
import cv2
import numpy as np
from PIL import Image

def input_fn(body, kind):
    wrong = kind.split(";")[1:]
"""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """A usual pipeline, the spec that it matches, and the expected names of its mistakes."""

    spec: str
    code: str
    """The body of ``input_fn``: correct except for ``wrong``."""
    groups: tuple[dict[str, str], ...]
    """Mistakes of one kind, of which one can be made: each with the code of the finding that names it."""

    @property
    def handler(self):
        return HEAD + "".join(f"    {line}\n" if line else "\n" for line in self.code.strip().splitlines())


SHAPE = """
x = x.astype(np.float32)
if "layout" in wrong:
    x = np.ascontiguousarray(x.transpose(2, 0, 1))
return x if "batch" in wrong else x[None]
"""
SHAPES = {"layout": "SHP105", "batch": "SHP102"}

PIPELINES = {
    "pillow": Pipeline(
        spec="pillow-rgb-01",
        code="""
image = Image.open(io.BytesIO(body)).convert("RGB")
x = np.asarray(image.resize((224, 224), Image.Resampling.BILINEAR if "kernel" in wrong else None), np.float32)
x = x[..., ::-1] if "order" in wrong else x
x = x if "missing" in wrong else x / 255 / 255 if "twice" in wrong else x / 255
"""
        + SHAPE,
        groups=({"order": "CHN101"}, {"missing": "VAL101", "twice": "VAL102"}, {"kernel": "PIX106"}, SHAPES),
    ),
    "opencv": Pipeline(
        spec="opencv-dnn-caffe-ssd300",
        code="""
x = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_COLOR)
x = cv2.resize(x, (300, 300), interpolation=cv2.INTER_AREA if "kernel" in wrong else cv2.INTER_LINEAR)
mean = [123, 117, 104] if "mean" in wrong else [104, 117, 123]
x = np.float32(x) if "missing" in wrong else np.float32(x) - np.float32(mean)
x = x[..., ::-1] if "order" in wrong else x
x = x.astype(np.float32)
if "layout" not in wrong:
    x = np.ascontiguousarray(x.transpose(2, 0, 1))
return x if "batch" in wrong else x[None]
""",
        groups=({"order": "CHN101"}, {"missing": "VAL101", "mean": "CHN103"}, {"kernel": "PIX106"}, SHAPES),
    ),
    "keras": Pipeline(
        spec="keras-tf",
        code="""
image = Image.open(io.BytesIO(body)).convert("RGB")
filter = Image.Resampling.BICUBIC if "kernel" in wrong else Image.Resampling.NEAREST
x = np.asarray(image.resize((224, 224), filter), np.float32)
x = x[..., ::-1] if "order" in wrong else x
x = x if "missing" in wrong else x / 127.5 if "half" in wrong else x / 127.5 - 1
"""
        + SHAPE,
        groups=({"order": "CHN101"}, {"missing": "VAL101", "half": "VAL103"}, {"kernel": "PIX106"}, SHAPES),
    ),
    "torchvision": Pipeline(
        spec="torchvision-imagenet",
        code="""
image = Image.open(io.BytesIO(body)).convert("RGB")
width, height = image.size
size = (256, int(256 * height / width)) if width < height else (int(256 * width / height), 256)
image = image.resize(size, Image.Resampling.BICUBIC if "kernel" in wrong else Image.Resampling.BILINEAR)
top, left = int(round((size[1] - 224) / 2.0)), int(round((size[0] - 224) / 2.0))
x = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / (1 if "missing" in wrong else 255)
mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
x = (x - mean[::-1]) / std[::-1] if "mean" in wrong else (x - mean) / std
x = x[..., ::-1] if "order" in wrong else x
x = x.astype(np.float32)
if "layout" not in wrong:
    x = np.ascontiguousarray(x.transpose(2, 0, 1))
return x if "batch" in wrong else x[None]
""",
        groups=({"order": "CHN101"}, {"missing": "VAL103", "mean": "CHN103"}, {"kernel": "PIX106"}, SHAPES),
    ),
}


def mistakes(pipeline, most=2):
    """Every choice of up to ``most`` mistakes, of different kinds, with the codes that must be found for it."""
    for number in range(most + 1):
        for kinds in combinations(pipeline.groups, number):
            yield from _choices(kinds)


def _choices(kinds):
    if not kinds:
        yield (), frozenset()
        return
    for word, code in kinds[0].items():
        for words, codes in _choices(kinds[1:]):
            yield (word, *words), codes | {code}
