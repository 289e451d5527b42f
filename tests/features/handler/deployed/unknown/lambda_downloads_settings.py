# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: unknown
import io
import json
import urllib.request
import numpy as np
import onnxruntime
from PIL import Image
def lambda_handler(event, context):
    picture = Image.open(io.BytesIO(urllib.request.urlopen(event["url"]).read())).convert("RGB")
    picture = picture.resize((settings["edge"], settings["edge"]), Image.BICUBIC)
    tensor = np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255
    return {"statusCode": 200, "body": float(onnxruntime.InferenceSession("labels.onnx").run(None, {"x": tensor})[0][0])}
settings = json.loads(urllib.request.urlopen("http://settings.invalid/edge.json").read())
