# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: apply, library: opencv}}
# expect: CHN101
import base64
from typing import Any
import cv2, numpy as np
class Model:
    def __init__(self, **kwargs) -> None:
        self._data_dir = kwargs["data_dir"]
        self._model = None
    def load(self):
        import onnxruntime
        self._model = onnxruntime.InferenceSession(str(self._data_dir / "m.onnx"))
    def predict(self, model_input: Any) -> Any:
        img = cv2.imdecode(np.frombuffer(base64.b64decode(model_input["image"]), np.uint8), 1)
        x = cv2.resize(img, (224, 224)).transpose(2, 0, 1)[None].astype(np.float32) / 255
        return {"out": self._model.run(None, {"x": x})[0].tolist()}
