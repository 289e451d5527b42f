# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: SHP105 SHP104 SHP106 CHN101 CHN102 CHN103 SHP101 SHP103 SHP108 SHP107 HND101
# image: rgba
import io

import numpy as np
import onnxruntime as rt
from flask import Flask, jsonify, request
from PIL import Image

application = Flask(__name__)
sess = rt.InferenceSession("model.onnx")


def prepare(file_bytes):
    img = Image.open(io.BytesIO(file_bytes)).resize((224, 224), Image.BILINEAR)
    arr = np.asarray(img).astype(np.float32) / 255
    return np.moveaxis(arr, -1, 0)[None]


@application.route("/api/v1/predict", methods=["POST"])
def predict():
    file = request.files["photo"]
    out = sess.run(None, {"input": prepare(file.read())})[0]
    return jsonify(result=out.tolist())
