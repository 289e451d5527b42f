# spec: {shape: [N, 299, 299, 3], dtype: uint8, channel_order: RGB, value_range: [0, 255], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: CHN101
import io

import numpy as np
from flask import Flask, jsonify, request
from PIL import Image

app = Flask("scoring")


def load():
    import joblib
    return joblib.load("/opt/ml/model/model.joblib")


model = load()


@app.route("/score", methods=["POST"])
def score():
    upload = request.files["photo"]
    image = Image.open(io.BytesIO(upload.read())).convert("RGB").resize((299, 299), Image.BILINEAR)
    x = np.asarray(image)[:, :, ::-1]
    return jsonify(model.predict(x[np.newaxis]).tolist())
