# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND101
import io

import joblib
import numpy as np
from fastapi import FastAPI, File
from PIL import Image

app = FastAPI()
model = joblib.load("model.joblib")


@app.post("/predict")
async def predict(file: bytes = File(...)):
    img = Image.open(io.BytesIO(file)).convert("RGB")
    img = np.asarray(img.resize((224, 224), Image.BILINEAR), np.float32)
    img = img[None] / "255"
    return model.predict(img).tolist()
