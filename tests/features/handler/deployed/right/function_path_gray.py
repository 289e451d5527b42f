# spec: {shape: [N, 1, 32, 100], dtype: float32, channel_order: GRAY, value_range: [-1, 1], resize: {mode: stretch, interpolation: bicubic}, decode: {exif: ignore}}
# expect: ok
import numpy as np
from PIL import Image


def preprocess(image_path, size=(100, 32)):
    img = Image.open(image_path).convert("L").resize(size, Image.BICUBIC)
    arr = np.asarray(img, dtype=np.float32)[None, None]
    return (arr / 255.0 - 0.5) / 0.5
