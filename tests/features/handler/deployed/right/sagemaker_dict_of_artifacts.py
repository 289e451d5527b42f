# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import json
import os

import numpy as np
from PIL import Image, ImageOps


def model_fn(model_dir):
    with open(os.path.join(model_dir, "config.json")) as f:
        config = json.load(f)
    import onnxruntime as rt

    return {
        "session": rt.InferenceSession(os.path.join(model_dir, "net.onnx")),
        "size": config["image_size"],
        "labels": config["labels"],
    }


def input_fn(body, content_type="image/jpeg"):
    return body


def predict_fn(body, artifacts):
    size = artifacts["size"]
    image = Image.open(io.BytesIO(body)).convert("RGB")
    image = image.resize((size, size), Image.BILINEAR)
    x = np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255
    logits = artifacts["session"].run(None, {"input": x})[0]
    return artifacts["labels"][int(logits.argmax())]
