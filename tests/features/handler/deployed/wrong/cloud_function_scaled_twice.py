# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101 VAL102 VAL103 VAL104 VAL105 VAL107
import base64
import io

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession("model.onnx")


def to_array(data):
    image = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return np.asarray(image, np.float32).transpose(2, 0, 1) / 255.0


def classify(request):
    payload = request.get_json(silent=True)
    x = to_array(base64.b64decode(payload["image"]))
    x = np.expand_dims(x, 0) / 255.0
    return {"scores": session.run(None, {"x": x})[0].tolist()}
