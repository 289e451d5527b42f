# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: ok
import cv2
import numpy as np
from flask import Flask, jsonify, request

app = Flask(__name__)
net = None


def get_net():
    global net
    if net is None:
        net = cv2.dnn.readNet("/models/best.onnx")
    return net


@app.route("/predict", methods=["POST"])
def predict():
    if "image" not in request.files:
        return jsonify({"error": "no image"}), 400
    data = np.frombuffer(request.files["image"].read(), np.uint8)
    img = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    img = cv2.resize(img, (224, 224))
    model = get_net()
    model.setInput(np.expand_dims(img.astype("float32") / 255.0, 0))
    return jsonify(model.forward().tolist())
