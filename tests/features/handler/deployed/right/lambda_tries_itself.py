# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: ok
import io
import urllib.request
import numpy as np
import onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession("labels.onnx")
def tensor(url):
    with urllib.request.urlopen(url) as reply:
        picture = Image.open(io.BytesIO(reply.read())).convert("RGB").resize((96, 96), Image.BICUBIC)
    return np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255
def lambda_handler(event, context):
    scores = session.run(None, {"x": tensor(event["url"])})[0]
    return {"statusCode": 200, "body": float(scores[0][0])}
reply = lambda_handler({"url": "http://pictures.invalid/one.jpg"}, None)
print(reply["body"])
