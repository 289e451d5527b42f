# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64, io
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel
from PIL import Image
app = FastAPI()
class Item(BaseModel):
    image_base64: str
    top_k: int = 5
class Model:
    def __init__(self, path):
        import onnxruntime as ort
        self.sess = ort.InferenceSession(path)
        self.name = self.sess.get_inputs()[0].name
    def __call__(self, x):
        return self.sess.run(None, {self.name: x})[0]
@app.on_event("startup")
def load():
    app.state.model = Model("m.onnx")
@app.post("/predict")
def predict(item: Item):
    img = Image.open(io.BytesIO(base64.b64decode(item.image_base64))).convert("RGB").resize((224,224), Image.BILINEAR)
    x = np.asarray(img, np.float32).transpose(2,0,1)[None]/255
    return {"scores": app.state.model(x).tolist()}
