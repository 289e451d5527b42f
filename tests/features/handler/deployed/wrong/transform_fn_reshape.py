# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: PIX103 PIX101 SHP105 SHP104 PIX102 PIX104 SHP108
import io
import json

import numpy as np
from PIL import Image


def model_fn(model_dir):
    import onnxruntime as rt
    return rt.InferenceSession(model_dir + "/squeezenet.onnx")


def transform_fn(model, request_body, content_type, accept):
    image = Image.open(io.BytesIO(request_body)).convert("RGB").resize((224, 224), Image.BILINEAR)
    arr = np.array(image, dtype=np.float32) / 255
    arr = arr.reshape(1, 3, 224, 224)
    out = model.run(None, {model.get_inputs()[0].name: arr})
    return json.dumps(np.array(out).tolist()), accept
