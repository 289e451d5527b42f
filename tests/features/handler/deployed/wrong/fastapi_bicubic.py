# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: PIX106
import io

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI, UploadFile
from PIL import Image

app = FastAPI()
sess = ort.InferenceSession("model.onnx")


@app.post("/v1/classify")
def classify(image: UploadFile):
    img = Image.open(io.BytesIO(image.file.read())).convert("RGB").resize((224, 224))
    x = np.asarray(img, np.float32).transpose(2, 0, 1)[None] / 255
    return sess.run(None, {"x": x})[0].tolist()
