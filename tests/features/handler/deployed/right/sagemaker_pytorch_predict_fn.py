# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import json
import logging
import os

import numpy as np
import onnxruntime as ort
from PIL import Image

logger = logging.getLogger(__name__)
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


def model_fn(model_dir):
    path = os.path.join(model_dir, "model.onnx")
    logger.info("loading %s", path)
    return ort.InferenceSession(path, providers=["CPUExecutionProvider"])


def input_fn(request_body, request_content_type):
    if request_content_type not in ("image/jpeg", "image/png", "application/x-image"):
        raise ValueError(f"Unsupported content type: {request_content_type}")
    return Image.open(io.BytesIO(request_body)).convert("RGB")


def predict_fn(image, session):
    image = image.resize((224, 224), Image.BILINEAR)
    x = np.asarray(image, dtype=np.float32) / 255.0
    x = (x - MEAN) / STD
    x = np.expand_dims(x.transpose(2, 0, 1), 0)
    input_name = session.get_inputs()[0].name
    scores = session.run(None, {input_name: x})[0]
    return scores[0]


def output_fn(prediction, accept):
    top = int(np.argmax(prediction))
    return json.dumps({"class": top, "score": float(prediction[top])}), accept
