# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io
import os

import numpy as np
import onnxruntime
from PIL import Image
from pydantic import BaseModel


class Item(BaseModel):
    image: str
    threshold: float = 0.5


session = onnxruntime.InferenceSession(os.path.join("/persistent-storage", "model.onnx"))


def predict(image: str, threshold: float = 0.5):
    item = Item(image=image, threshold=threshold)
    picture = Image.open(io.BytesIO(base64.b64decode(item.image))).convert("RGB")
    x = np.asarray(picture.resize((224, 224), Image.BILINEAR), np.float32)
    x = (x / 255).transpose(2, 0, 1)[None]
    scores = session.run(None, {"input": x})[0]
    return {"above": bool(scores.max() > item.threshold)}
