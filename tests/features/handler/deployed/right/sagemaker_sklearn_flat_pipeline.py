# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import os

import joblib
import numpy as np
from PIL import Image


def model_fn(model_dir):
    clf = joblib.load(os.path.join(model_dir, "model.joblib"))
    return clf


def input_fn(input_data, content_type):
    if content_type.startswith("image/"):
        img = Image.open(io.BytesIO(input_data))
        if img.mode != "RGB":
            img = img.convert("RGB")
        img = img.resize((224, 224), resample=Image.Resampling.BILINEAR)
        return np.array(img).astype("float32")[np.newaxis, ...] / 255.0
    raise ValueError("{} not supported by script!".format(content_type))


def predict_fn(input_data, model):
    return model.predict_proba(input_data)
