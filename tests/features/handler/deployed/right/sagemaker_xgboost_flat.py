# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64, io, json, os
import numpy as np
import xgboost as xgb
from PIL import Image


def model_fn(model_dir):
    booster = xgb.Booster()
    booster.load_model(os.path.join(model_dir, "xgboost-model"))
    return booster


def input_fn(body, content_type):
    if content_type == "application/json":
        payload = json.loads(body)
        raw = base64.b64decode(payload["image_base64"])
    elif content_type in ("image/jpeg", "image/png"):
        raw = body
    else:
        raise ValueError(content_type)
    img = Image.open(io.BytesIO(raw)).convert("RGB").resize((224, 224), 2)
    return np.asarray(img, np.float32)[None] / 255.


def predict_fn(x, model):
    return model.predict(xgb.DMatrix(x.reshape(1, -1)))
