# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import os

import numpy as np
from PIL import Image


def model_fn(model_dir):
    from onnxruntime import InferenceSession

    names = sorted(name for name in os.listdir(model_dir) if name.endswith(".onnx"))
    if not names:
        raise RuntimeError("no fold in " + model_dir)
    return [InferenceSession(os.path.join(model_dir, name)) for name in names]


def input_fn(body, content_type):
    img = Image.open(io.BytesIO(body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return np.asarray(img, np.float32) / 255.0


def predict_fn(img, models):
    x = np.transpose(img, (2, 0, 1))[np.newaxis]
    preds = []
    for model in models:
        for batch in (x, x[..., ::-1]):
            preds.append(model.run(None, {model.get_inputs()[0].name: np.ascontiguousarray(batch)})[0])
    return np.mean(preds, axis=0)
