# spec: {shape: [N, 1, 32, 100], dtype: float32, channel_order: GRAY, value_range: [-1, 1], resize: {mode: stretch, interpolation: bicubic}, decode: {exif: ignore}}
# expect: VAL101 VAL102 VAL103 VAL104
import numpy as np
from PIL import Image


def preprocess(img: Image.Image, width: int = 100, height: int = 32):
    img = img.convert("L").resize((width, height), Image.BICUBIC)
    return np.asarray(img, np.float32)[None, None, :, :] / 255.0
