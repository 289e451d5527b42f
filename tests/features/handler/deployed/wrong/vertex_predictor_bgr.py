# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: CHN101
import base64

import cv2
import numpy as np
import onnxruntime
from google.cloud.aiplatform.prediction.predictor import Predictor


class ImagePredictor(Predictor):
    def load(self, artifacts_uri):
        self.session = onnxruntime.InferenceSession("model.onnx")

    def preprocess(self, prediction_input):
        batch = []
        for item in prediction_input["instances"]:
            raw = base64.b64decode(item["image_bytes"]["b64"])
            frame = cv2.imdecode(np.frombuffer(raw, np.uint8), 1)
            batch.append(cv2.resize(frame, (224, 224)).transpose(2, 0, 1))
        return np.array(batch, dtype=np.float32) / 255.0

    def predict(self, instances):
        return self.session.run(None, {"x": instances})[0]

    def postprocess(self, prediction_results):
        return {"predictions": prediction_results.tolist()}
