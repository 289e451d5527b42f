# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: DTY101
import bentoml
import numpy as np
from PIL import Image


@bentoml.service
class Svc:
    def __init__(self):
        import onnxruntime
        self.s = onnxruntime.InferenceSession("m.onnx")

    @bentoml.api
    def predict(self, image: Image.Image) -> list:
        x = np.asarray(image.convert("RGB").resize((224, 224), Image.BILINEAR))[None]
        return self.s.run(None, {"x": x})[0].tolist()
