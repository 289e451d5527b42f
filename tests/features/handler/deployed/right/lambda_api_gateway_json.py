# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io
import json

import numpy as np
import onnxruntime as ort
from PIL import Image

session = ort.InferenceSession("model.onnx")


def lambda_handler(event, context):
    try:
        body = json.loads(event["body"])
        image = Image.open(io.BytesIO(base64.b64decode(body["image"]))).convert("RGB")
        image = image.resize((224, 224), Image.BILINEAR)
        x = np.array(image).astype(np.float32) / 255.0
        x = np.expand_dims(np.transpose(x, (2, 0, 1)), axis=0)
        preds = session.run(None, {session.get_inputs()[0].name: x})[0]
        return {"statusCode": 200, "body": json.dumps({"class": int(np.argmax(preds))})}
    except Exception as e:
        return {"statusCode": 500, "body": json.dumps({"error": str(e)})}
