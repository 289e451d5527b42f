# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: DTY101
import io

import numpy as np
import onnxruntime
from flask import Flask, request
from PIL import Image

app = Flask(__name__)
session = onnxruntime.InferenceSession("model.onnx")


@app.route("/invocations", methods=["POST"])
def invocations():
    image = Image.open(io.BytesIO(request.data)).convert("RGB").resize((224, 224), Image.BILINEAR)
    return {"scores": session.run(None, {"input": np.asarray(image)[None]})[0].tolist()}
