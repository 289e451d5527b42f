# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io
import os

import numpy as np
from PIL import Image

_session = None


def handle(data, context):
    global _session
    if _session is None:
        import onnxruntime
        model_dir = context.system_properties.get("model_dir")
        _session = onnxruntime.InferenceSession(os.path.join(model_dir, "model.onnx"))
    if not data:
        return None
    batch = [np.asarray(Image.open(io.BytesIO(row["body"])).convert("RGB").resize((224, 224), Image.BILINEAR)) for row in data]
    x = np.stack(batch).astype(np.float32).transpose(0, 3, 1, 2) / 255
    return _session.run(None, {"x": x})[0].tolist()
