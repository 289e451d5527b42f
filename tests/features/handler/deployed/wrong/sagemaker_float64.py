# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: DTY101
import io

import numpy as np
from PIL import Image


def input_fn(body, content_type):
    img = Image.open(io.BytesIO(body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = np.array(img) / 255.0
    x = (x - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return np.expand_dims(x.transpose((2, 0, 1)), 0)
