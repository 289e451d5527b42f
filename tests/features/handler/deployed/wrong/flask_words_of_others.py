# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND101
"""Backend of the streamlit app (st.file_uploader sends the file here); was litserve before, ray and cog too."""
import io
import numpy as np
from flask import Flask, request, jsonify
from PIL import Image
import onnxruntime
app = Flask(__name__)
sess = onnxruntime.InferenceSession("m.onnx")
@app.route("/predict", methods=["POST"])
def predict():
    img = Image.open(io.BytesIO(request.files["image"].read())).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = np.array(img).astype(np.float32).reshape(1, 3, 224, 224, 2)
    return jsonify(sess.run(None, {"x": x})[0].tolist())
