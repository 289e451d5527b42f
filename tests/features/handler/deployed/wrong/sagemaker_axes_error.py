# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND101
import io

import numpy as np
from PIL import Image


def model_fn(model_dir):
    import onnxruntime
    return onnxruntime.InferenceSession(model_dir + "/m.onnx")


def input_fn(body, content_type):
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGB").resize((224, 224), Image.BILINEAR))


def predict_fn(img, session):
    name = session.get_inputs()[0].name
    x = img[None].astype(np.float32) / 255
    x = x.transpose(2, 0, 1)
    return session.run(None, {name: x})
