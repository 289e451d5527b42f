# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64, io, os
import numpy as np
from google.cloud import storage
from google.cloud.aiplatform.prediction.predictor import Predictor
from PIL import Image
class SkPredictor(Predictor):
    def load(self, artifacts_uri: str):
        import joblib
        self._model = joblib.load("model.joblib")
    def predict(self, instances):
        xs = []
        for inst in instances["instances"] if isinstance(instances, dict) else instances:
            raw = base64.b64decode(inst["image"]["b64"] if isinstance(inst["image"], dict) else inst["image"])
            xs.append(np.array(Image.open(io.BytesIO(raw)).convert("RGB").resize((224, 224), Image.BILINEAR), np.float32) / 255)
        return {"predictions": self._model.predict(np.stack(xs)).tolist()}
