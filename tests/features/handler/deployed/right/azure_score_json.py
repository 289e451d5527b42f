# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import json
import os
from io import BytesIO

import numpy as np
from PIL import Image


def init():
    global session
    import onnxruntime
    model_path = os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model.onnx")
    session = onnxruntime.InferenceSession(model_path)


def run(raw_data):
    data = json.loads(raw_data)["data"]
    image = Image.open(BytesIO(base64.b64decode(data))).convert("RGB").resize((224, 224), Image.BILINEAR)
    array = np.array(image, dtype=np.float32).transpose(2, 0, 1)[np.newaxis, :] / 255.0
    result = session.run(None, {"input": array})
    return json.dumps({"result": result[0].tolist()})
