# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND105
import io

import numpy as np
from PIL import Image


def input_fn(request_body, content_type):
    if content_type in ["image/jpeg", "image/png"]:
        image = Image.open(io.BytesIO(request_body)).convert("RGB").resize((224, 224), Image.BILINEAR)
        batch = np.asarray(image, np.float32)[None] / 255


def predict_fn(data, model):
    return model.predict(data)
