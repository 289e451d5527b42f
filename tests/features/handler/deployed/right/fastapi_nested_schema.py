# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64, io
from typing import List
import numpy as np
from fastapi import APIRouter, Depends, FastAPI
from PIL import Image
from pydantic import BaseModel
import onnxruntime as ort


class Item(BaseModel):
    img_b64: str


class Batch(BaseModel):
    items: List[Item]


class Engine:
    mean = np.array([0.485, 0.456, 0.406], dtype=np.float32)
    std = np.array([0.229, 0.224, 0.225], dtype=np.float32)

    def __init__(self):
        self.s = ort.InferenceSession("/models/net.onnx")

    def prep(self, s):
        im = Image.open(io.BytesIO(base64.b64decode(s))).convert("RGB").resize((224, 224), Image.BILINEAR)
        return (((np.asarray(im, np.float32) / 255.0) - self.mean) / self.std).transpose(2, 0, 1)

    def infer(self, items):
        x = np.stack([self.prep(i.img_b64) for i in items])
        return self.s.run(["out"], {"in": x})[0]


_engine = None


def get_engine():
    global _engine
    _engine = _engine or Engine()
    return _engine


router = APIRouter(prefix="/api")


@router.post("/predict")
def predict(batch: Batch, engine: Engine = Depends(get_engine)):
    return {"out": np.asarray(engine.infer(batch.items)).tolist()}


app = FastAPI()
app.include_router(router)
