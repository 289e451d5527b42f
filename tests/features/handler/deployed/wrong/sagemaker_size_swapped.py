# spec: {shape: [N, 3, 192, 320], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: SHP106
import io

import numpy as np
from PIL import Image

INPUT_SIZE = (192, 320)


def model_fn(model_dir):
    import onnxruntime
    return {"net": onnxruntime.InferenceSession(model_dir + "/seg.onnx"), "classes": 19}


def input_fn(body, content_type):
    return Image.open(io.BytesIO(body)).convert("RGB")


def predict_fn(image, model):
    image = image.resize(INPUT_SIZE, Image.BILINEAR)
    x = np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255
    return model["net"].run(None, {"image": x})
