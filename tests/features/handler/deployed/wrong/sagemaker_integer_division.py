# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL107
import io
import numpy as np
from PIL import Image


def input_fn(body, content_type):
    im = Image.open(io.BytesIO(body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return (np.array(im) // 255).astype("float32")[None]


def predict_fn(x, model):
    return model.predict(x)
