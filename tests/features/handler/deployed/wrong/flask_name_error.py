# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND101
import io
import numpy as np
from flask import Flask, request
from PIL import Image
app = Flask(__name__)
@app.route("/", methods=["POST"])
def root():
    im = Image.open(request.files["img"].stream).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = np.asarray(im, np.float32)[None] / 255
    return {"y": modle.predict(x).tolist()}
