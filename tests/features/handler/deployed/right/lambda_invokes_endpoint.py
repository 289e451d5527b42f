# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64, io, json, os
import boto3
import numpy as np
from PIL import Image

ENDPOINT = os.environ.get("ENDPOINT_NAME", "resnet-prod")
runtime = boto3.client("sagemaker-runtime")


def handler(event, context):
    payload = json.loads(event["body"]) if isinstance(event.get("body"), str) else event
    img = Image.open(io.BytesIO(base64.b64decode(payload["image"]))).convert("RGB")
    arr = np.asarray(img.resize((224, 224), Image.BILINEAR), np.float32) / 255.0
    arr = (arr - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    buf = io.BytesIO()
    np.save(buf, arr.transpose(2, 0, 1)[None].astype(np.float32))
    res = runtime.invoke_endpoint(EndpointName=ENDPOINT, ContentType="application/x-npy", Body=buf.getvalue())
    return {"statusCode": 200, "body": res["Body"].read().decode()}
