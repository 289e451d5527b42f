# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND105
import base64
import io
import json

import numpy as np
import onnxruntime as ort
from PIL import Image

sess = ort.InferenceSession("model.onnx")


def lambda_handler(event, context):
    try:
        payload = json.loads(event["body"])
        img = Image.open(io.BytesIO(base64.b64decode(payload["image"]))).convert("RGB")
        img = img.resize(224, 224)
        x = np.asarray(img, np.float32)[None] / 255
        return {"statusCode": 200, "body": json.dumps(sess.run(None, {"x": x})[0].tolist())}
    except Exception as exc:
        return {"statusCode": 500, "body": json.dumps({"message": str(exc)})}
