# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
from io import BytesIO

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI, File, HTTPException, UploadFile
from PIL import Image

app = FastAPI(title="Classifier")
session = ort.InferenceSession("weights/model.onnx")


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/predict")
async def predict(file: UploadFile = File(...)):
    if not file.content_type.startswith("image/"):
        raise HTTPException(400, "File provided is not an image.")
    image = Image.open(BytesIO(await file.read())).convert("RGB").resize((224, 224), Image.BILINEAR)
    x = (np.asarray(image, dtype=np.float32) / 255.0).transpose(2, 0, 1)[None]
    scores = session.run(None, {"input": x})[0][0]
    return {"class_id": int(scores.argmax())}
