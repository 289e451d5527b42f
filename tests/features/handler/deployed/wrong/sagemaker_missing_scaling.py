# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101 VAL103
import io

import numpy as np
from PIL import Image

mean = np.array([0.485, 0.456, 0.406], np.float32)
std = np.array([0.229, 0.224, 0.225], np.float32)


def model_fn(model_dir):
    import joblib
    return joblib.load(model_dir + "/pipeline.joblib")


def input_fn(data, content_type):
    image = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return np.asarray(image).astype(np.float32)


def predict_fn(image, model):
    x = (image - mean) / std
    return model.predict(x.transpose(2, 0, 1)[np.newaxis])
