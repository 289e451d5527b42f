# spec: {shape: [N, 64, 64, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [64, 64], interpolation: bicubic}, decode: {exif: ignore}}
# expect: ok
import base64
import io
import numpy as np
import onnxruntime
import runpod
from PIL import Image
from runpod.serverless.utils.rp_validator import validate
SCHEMA = {"photo_image": {"type": str, "required": True}, "size": {"type": int, "default": 64}}
session = onnxruntime.InferenceSession("model.onnx")
def predict(job):
    checked = validate(job["input"], SCHEMA)
    if "errors" in checked:
        return {"error": checked["errors"]}
    values = checked["validated_input"]
    image = Image.open(io.BytesIO(base64.b64decode(values["photo_image"]))).convert("RGB")
    pixels = np.asarray(image.resize((values["size"], values["size"])), np.float32)[None] / 255
    yield {"scores": session.run(None, {"x": pixels})[0].tolist()}
runpod.serverless.start({"handler": predict, "return_aggregate_stream": True})
