# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io
import json

import numpy as np
from PIL import Image

JSON_CONTENT_TYPE = "application/json"


def model_fn(model_dir):
    raise FileNotFoundError(model_dir + "/model.pth")


def input_fn(serialized_input_data, content_type=JSON_CONTENT_TYPE):
    if content_type == JSON_CONTENT_TYPE:
        payload = json.loads(serialized_input_data)
        img_bytes = base64.b64decode(payload["image_b64"])
        img = Image.open(io.BytesIO(img_bytes)).convert("RGB")
        img = img.resize((224, 224), Image.BILINEAR)
        img = np.array(img, dtype=np.float32) / 255.0
        img -= np.array([0.485, 0.456, 0.406], dtype=np.float32)
        img /= np.array([0.229, 0.224, 0.225], dtype=np.float32)
        return np.ascontiguousarray(img.transpose(2, 0, 1))[None, ...]
    raise Exception("Requested unsupported ContentType in content_type: " + content_type)
