# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: unknown
import json, base64, io, os, logging
import numpy as np
from PIL import Image
def init():
    global sess
    import onnxruntime
    root = os.getenv("AZUREML_MODEL_DIR", "")
    path = [os.path.join(d, f) for d, _, fs in os.walk(root) for f in fs if f.endswith(".onnx")]
    sess = onnxruntime.InferenceSession(path[0])
def run(raw_data):
    logging.info("request")
    try:
        rows = json.loads(raw_data)["input_data"]["data"]
        ims = [Image.open(io.BytesIO(base64.b64decode(r))).convert("RGB").resize((224, 224), Image.BILINEAR) for r in rows]
        x = np.stack([np.asarray(i, np.float32) for i in ims]).transpose(0, 3, 1, 2) / 255
        return sess.run(None, {"x": x})[0].tolist()
    except Exception as e:
        return {"error": str(e)}
