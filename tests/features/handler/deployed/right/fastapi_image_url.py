# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: ok
import io
import urllib.request
import numpy as np
import onnxruntime
import uvicorn
from fastapi import Body, FastAPI
from PIL import Image
app = FastAPI()
session = onnxruntime.InferenceSession("model.onnx")
@app.post("/predict")
def predict(payload: dict = Body(...)):
    with urllib.request.urlopen(payload["image_url"], timeout=10) as response:
        image = Image.open(io.BytesIO(response.read())).convert("RGB").resize((96, 96))
    pixels = np.asarray(image, np.float32).transpose(2, 0, 1)[None] / 255
    return {"scores": session.run(None, {"x": pixels})[0].tolist()}
if __name__ == "__main__":
    uvicorn.run(app)
