# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: ok
import io
import urllib.request
import numpy as np
import onnxruntime
from flask import Flask, jsonify, request
from PIL import Image
app = Flask("labels")
session = onnxruntime.InferenceSession("labels.onnx")
@app.route("/")
def page():
    return "labels"
@app.route("/label")
def label():
    with urllib.request.urlopen(request.args.get("picture_url")) as reply:
        picture = Image.open(io.BytesIO(reply.read())).convert("RGB").resize((96, 96), Image.BICUBIC)
    scores = session.run(None, {"x": np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255})[0]
    return jsonify(int(np.argmax(scores)))
