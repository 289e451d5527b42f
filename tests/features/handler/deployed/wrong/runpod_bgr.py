# spec: {shape: [N, 3, 64, 64], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [64, 64], library: opencv}, decode: {exif: ignore, library: opencv}}
# expect: CHN101
import base64
import cv2
import numpy as np
import onnxruntime
import runpod
session = onnxruntime.InferenceSession("model.onnx")
async def handler(event):
    data = np.frombuffer(base64.b64decode(event["input"]["image"]), np.uint8)
    pixels = cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), (64, 64)).transpose(2, 0, 1)
    return session.run(None, {"x": np.float32(pixels)[None] / 255})[0].tolist()
runpod.serverless.start({"handler": handler})
