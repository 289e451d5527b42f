# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import os
import tempfile
import urllib.parse

import boto3
import numpy as np
from PIL import Image

s3 = boto3.client("s3")
runtime = boto3.client("sagemaker-runtime", region_name="us-east-1")


def prepare(path):
    img = Image.open(path).convert("RGB").resize((224, 224), Image.BILINEAR)
    return np.asarray(img, dtype=np.float32)[None] / 255


def handler(event, context):
    import tflite_runtime.interpreter as tflite

    record = event["Records"][0]["s3"]
    key = urllib.parse.unquote_plus(record["object"]["key"])
    with tempfile.NamedTemporaryFile(suffix=os.path.splitext(key)[1]) as tmp:
        s3.download_file(record["bucket"]["name"], key, tmp.name)
        x = prepare(tmp.name)
    interpreter = tflite.Interpreter(model_path="model.tflite")
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return {"ok": True}
