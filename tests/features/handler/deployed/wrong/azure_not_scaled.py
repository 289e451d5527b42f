# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101
import base64
import io
import json

import numpy as np
from PIL import Image


def init():
    global model
    import joblib
    import os
    model = joblib.load(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model.pkl"))


def run(raw_data):
    image = Image.open(io.BytesIO(base64.b64decode(json.loads(raw_data)["image"]))).convert("RGB")
    x = np.asarray(image.resize((224, 224), Image.BILINEAR), np.float32).transpose(2, 0, 1)[None]
    return model.predict(x).tolist()
