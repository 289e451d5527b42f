"""The plain loop of each library, and the spec of its arithmetic."""

from __future__ import annotations

from sm_imgcheck.core.frozen import frozen

__all__ = ["PEERS", "Peer"]

_HEAD = """
import sys
from pathlib import Path
import numpy as np
"""
_FILES = """
source, target = map(Path, sys.argv[1:3])
for path in sorted(source.glob("*.jpg")):
    np.save(target / (path.stem + ".npy"), preprocess(path))
"""
_UNIT_NHWC = """version: 1
shape: [N, 224, 224, 3]
layout: NHWC
dtype: float32
value_range: [0, 1]
"""
_NCHW = """version: 1
shape: [N, 3, 224, 224]
layout: NCHW
dtype: float32
channel_order: RGB
normalize: {{units: unit, mean: {mean}, std: {std}}}
decode: {{library: pillow, exif: ignore}}
"""
_IMAGENET = _NCHW.format(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
_HALF = _NCHW.format(mean=[0.5] * 3, std=[0.5] * 3)


@frozen
class Peer:
    """A library with its loop."""

    name: str
    imports: str
    loop: str
    """Writes a file for each JPEG of the first argument into the second."""
    spec: str
    spec_is_equal: bool = True
    """Whether the tensors of the spec are those of the loop, up to the last bits of floating point numbers."""


PEERS = (
    Peer(
        name="Pillow bicubic",
        imports=_HEAD + "from PIL import Image\n",
        loop="""
def preprocess(path):
    pixels = np.asarray(Image.open(path).convert("RGB").resize((224, 224)))
    return (pixels.astype(np.float32) / 255)[None]
"""
        + _FILES,
        spec=_UNIT_NHWC
        + "channel_order: RGB\ndecode: {library: pillow, exif: ignore}\n"
        + "resize: {mode: stretch, size: [224, 224], interpolation: bicubic, library: pillow}\n",
    ),
    Peer(
        name="OpenCV area",
        imports=_HEAD + "import cv2\n",
        loop="""
def preprocess(path):
    pixels = cv2.resize(cv2.imread(str(path)), (224, 224), interpolation=cv2.INTER_AREA)
    return (pixels.astype(np.float32) / 255)[None]
"""
        + _FILES,
        spec=_UNIT_NHWC
        + "channel_order: BGR\ndecode: {library: opencv}\n"
        + "resize: {mode: stretch, size: [224, 224], interpolation: area, library: opencv}\n",
    ),
    Peer(
        name="torchvision v2 uint8",
        imports=_HEAD + "import torch\nfrom torchvision.io import ImageReadMode, decode_image\n"
        "from torchvision.transforms import v2\n",
        loop="""
transform = v2.Compose([
    v2.Resize(256, antialias=True),
    v2.CenterCrop(224),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])
def preprocess(path):
    return transform(decode_image(str(path), ImageReadMode.RGB))[None].numpy()
"""
        + _FILES,
        spec=_IMAGENET
        + "resize: {mode: shortest_edge, size: 256, crop: center, interpolation: bilinear, library: torch, "
        + "dtype: uint8, antialias: true}\n",
    ),
    Peer(
        name="transformers ViT",
        imports=_HEAD + "from PIL import Image\nfrom transformers import ViTImageProcessor\n",
        loop="""
processor = ViTImageProcessor()
def preprocess(path):
    return np.asarray(processor(Image.open(path).convert("RGB"), return_tensors="np")["pixel_values"])
"""
        + _FILES,
        spec=_HALF
        + "resize: {mode: stretch, size: [224, 224], interpolation: bilinear, library: torch, dtype: uint8, "
        + "antialias: true}\n",
    ),
    Peer(
        name="timm ViT",
        imports=_HEAD + "from PIL import Image\nfrom timm.data import create_transform\n",
        loop="""
transform = create_transform((3, 224, 224), interpolation="bicubic", crop_pct=0.9, mean=(0.5,) * 3, std=(0.5,) * 3)
def preprocess(path):
    return transform(Image.open(path).convert("RGB"))[None].numpy()
"""
        + _FILES,
        spec=_HALF
        + "resize: {mode: shortest_edge, size: 248, crop: center, crop_rounding: round, interpolation: bicubic, "
        + "library: pillow}\n",
    ),
    Peer(
        name="tf.data bilinear",
        imports=_HEAD + "import tensorflow as tf\n",
        loop="""
source, target = map(Path, sys.argv[1:3])
names = sorted(map(str, source.glob("*.jpg")))
def preprocess(name):
    image = tf.io.decode_jpeg(tf.io.read_file(name), channels=3)
    return tf.image.resize(image, (224, 224)) / 255
tensors = tf.data.Dataset.from_tensor_slices(names).map(preprocess, num_parallel_calls=tf.data.AUTOTUNE)
for name, tensor in zip(names, tensors.batch(1).prefetch(tf.data.AUTOTUNE)):
    np.save(target / (Path(name).stem + ".npy"), tensor.numpy())
""",
        spec=_UNIT_NHWC
        + "channel_order: RGB\ndecode: {library: tensorflow, dct: tensorflow}\n"
        + "resize: {mode: stretch, size: [224, 224], interpolation: bilinear, library: tensorflow, dtype: float32, "
        + "antialias: false}\n",
    ),
    Peer(
        name="pyvips thumbnail",
        imports=_HEAD + "import pyvips\n",
        loop="""
def preprocess(path):
    pixels = pyvips.Image.thumbnail(str(path), 224, height=224, size="force").numpy()
    return (pixels.astype(np.float32) / 255)[None]
"""
        + _FILES,
        spec=_UNIT_NHWC
        + "channel_order: RGB\ndecode: {library: pillow, exif: ignore}\n"
        + "resize: {mode: stretch, size: [224, 224], interpolation: bicubic, library: pillow}\n",
        spec_is_equal=False,
    ),
    Peer(
        name="img2dataset resizer",
        imports=_HEAD + "from io import BytesIO\nfrom img2dataset.resizer import Resizer\n",
        loop="""
resizer = Resizer(224, "center_crop", False)
source, target = map(Path, sys.argv[1:3])
for path in sorted(source.glob("*.jpg")):
    (target / path.name).write_bytes(resizer(BytesIO(path.read_bytes()))[0])
""",
        spec=_UNIT_NHWC
        + "channel_order: RGB\ndecode: {library: opencv}\n"
        + "resize: {mode: shortest_edge, size: 224, interpolation: area, library: opencv, crop: center}\n",
        spec_is_equal=False,
    ),
)
