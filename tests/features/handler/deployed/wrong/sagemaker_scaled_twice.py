# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101 VAL102 VAL103 VAL104
import io

import numpy as np
from PIL import Image


def model_fn(model_dir):
    import onnxruntime
    return onnxruntime.InferenceSession(f"{model_dir}/model.onnx")


def input_fn(data, content_type):
    image = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return np.asarray(image, np.float32) / 255.


def predict_fn(data, model):
    batch = np.expand_dims(data, 0)
    batch = (batch / 255.0).astype(np.float32)
    return model.run(None, {"input_1": batch})
