# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io
import json
import os

import boto3
import numpy as np
import onnxruntime
from PIL import Image

s3 = boto3.client("s3")
MODEL = "/tmp/model.onnx"
if not os.path.exists(MODEL):
    s3.download_file(os.environ.get("BUCKET", "models"), "model.onnx", MODEL)
session = onnxruntime.InferenceSession(MODEL)


def respond(status, body):
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}


def lambda_handler(event, context):
    body = event.get("body")
    if not body:
        return respond(400, {"message": "empty body"})
    data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("latin-1")
    img = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = (np.asarray(img) / 255.0).astype(np.float32).transpose(2, 0, 1)
    out = session.run(None, {session.get_inputs()[0].name: x.reshape(1, 3, 224, 224)})
    return respond(200, {"scores": out[0].tolist()})
