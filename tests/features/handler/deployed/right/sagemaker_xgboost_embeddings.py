# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
"""XGBoost classifies image embeddings; the network of the embeddings reads the image."""
import io
import os
import pickle as pkl

import numpy as np
from PIL import Image


def model_fn(model_dir):
    with open(os.path.join(model_dir, "xgboost-model"), "rb") as f:
        booster = pkl.load(f)
    import onnxruntime

    encoder = onnxruntime.InferenceSession(os.path.join(model_dir, "encoder.onnx"))
    return encoder, booster


def input_fn(request_body, request_content_type):
    image = Image.open(io.BytesIO(request_body)).convert("RGB")
    return np.asarray(image.resize((224, 224), Image.BILINEAR))


def predict_fn(pixels, model):
    encoder, booster = model
    batch = pixels[None].astype(np.float32) / 255.0
    embedding = encoder.run(["embedding"], {"images": batch})[0]
    return booster.predict(embedding)
