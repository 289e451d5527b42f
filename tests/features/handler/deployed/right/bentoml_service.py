# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
from __future__ import annotations
import bentoml
import numpy as np
from PIL.Image import Image as PILImage
from PIL import Image


@bentoml.service(resources={"cpu": "2"}, traffic={"timeout": 30})
class Classifier:
    def __init__(self) -> None:
        import onnxruntime as ort
        self.sess = ort.InferenceSession("model.onnx")

    @bentoml.api
    def classify(self, image: PILImage) -> dict:
        x = np.asarray(image.convert("RGB").resize((224, 224), Image.BILINEAR), dtype=np.float32) / 255
        y = self.sess.run(None, {"input": x[None]})[0]
        return {"class": int(y.argmax())}
