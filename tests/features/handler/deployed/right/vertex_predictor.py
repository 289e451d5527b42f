# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io

import numpy as np
from google.cloud.aiplatform.prediction.predictor import Predictor
from google.cloud.aiplatform.utils import prediction_utils
from PIL import Image


class CprPredictor(Predictor):
    def __init__(self):
        return

    def load(self, artifacts_uri: str) -> None:
        import onnxruntime

        prediction_utils.download_model_artifacts(artifacts_uri)
        self._model = onnxruntime.InferenceSession("model.onnx")

    def preprocess(self, prediction_input: dict) -> np.ndarray:
        images = []
        for instance in prediction_input["instances"]:
            image = Image.open(io.BytesIO(base64.b64decode(instance["b64"]))).convert("RGB")
            images.append(np.asarray(image.resize((224, 224), Image.BILINEAR), np.float32) / 255)
        return np.stack(images).transpose(0, 3, 1, 2)

    def predict(self, instances: np.ndarray):
        return self._model.run(None, {"input": instances})[0]

    def postprocess(self, prediction_results) -> dict:
        return {"predictions": prediction_results.tolist()}
