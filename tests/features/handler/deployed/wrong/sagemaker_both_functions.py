# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND120
import io

import numpy as np
from PIL import Image


def input_fn(request_body, content_type):
    image = Image.open(io.BytesIO(request_body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return np.asarray(image, np.float32)[None] / 255


def transform_fn(model, data, content_type, accept):
    return model.predict(input_fn(data, content_type)), accept
