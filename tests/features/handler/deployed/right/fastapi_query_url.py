# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: ok
import io
import numpy as np
import onnxruntime
import requests
from fastapi import FastAPI
from PIL import Image
app = FastAPI()
session = onnxruntime.InferenceSession("labels.onnx")
@app.get("/label")
async def label(limit: int = 3, picture_url: str = ""):
    picture = Image.open(io.BytesIO(requests.get(picture_url).content)).convert("RGB").resize((96, 96), Image.BICUBIC)
    scores = session.run(None, {"x": np.asarray(picture, np.float32).transpose(2, 0, 1)[None] / 255})[0]
    return [int(place) for place in np.argsort(scores[0])[:limit]]
