# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import io, os
import boto3
import numpy as np
import onnxruntime as ort
from PIL import Image

s3 = boto3.resource("s3")
_sess = None


def session():
    global _sess
    if _sess is None:
        _sess = ort.InferenceSession(os.environ.get("MODEL", "/opt/model.onnx"))
    return _sess


def lambda_handler(event, context):
    results = []
    for rec in event["Records"]:
        obj = s3.Object(rec["s3"]["bucket"]["name"], rec["s3"]["object"]["key"])
        data = obj.get()["Body"].read()
        im = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.BILINEAR)
        x = np.asarray(im, np.float32)[None] / 255
        results.append(session().run(None, {"x": x})[0].tolist())
    return results
