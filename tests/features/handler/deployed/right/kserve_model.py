# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io
from typing import Dict

import kserve
import numpy as np
import onnxruntime
from PIL import Image


class FlowerModel(kserve.Model):
    def __init__(self, name: str):
        super().__init__(name)
        self.load()

    def load(self):
        self.session = onnxruntime.InferenceSession("/mnt/models/model.onnx")
        self.ready = True

    async def predict(self, payload: Dict, headers: Dict[str, str] = None) -> Dict:
        data = payload["instances"][0]["image"]["b64"]
        raw = base64.b64decode(data)
        img = Image.open(io.BytesIO(raw)).convert("RGB").resize((224, 224), Image.BILINEAR)
        arr = np.array(img)[None].astype("float32") / 255
        out = self.session.run(None, {"x": arr})
        return {"predictions": out[0].tolist()}
