# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64, io
import numpy as np
import onnxruntime as ort
from fastapi import FastAPI, Form
from PIL import Image

app = FastAPI()
net = ort.InferenceSession("model.onnx")


@app.post("/predict")
async def predict(image: str = Form(...), top_k: int = Form(5)):
    raw = base64.b64decode(image)
    im = Image.open(io.BytesIO(raw)).convert("RGB").resize((224, 224), Image.BILINEAR)
    y = net.run(None, {"x": np.asarray(im, np.float32)[None] / 255})[0]
    return {"y": np.asarray(y)[:top_k].tolist()}
