# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
from typing import Any, Dict, List

import numpy as np
import onnxruntime as ort


class EndpointHandler:
    def __init__(self, path: str = ""):
        self.session = ort.InferenceSession(f"{path}/model.onnx")
        self.input_name = self.session.get_inputs()[0].name
        self.mean = np.array([0.485, 0.456, 0.406], np.float32)
        self.std = np.array([0.229, 0.224, 0.225], np.float32)

    def __call__(self, data: Dict[str, Any]) -> List[Dict[str, float]]:
        """data["inputs"] is a PIL.Image"""
        image = data.pop("inputs", data)
        image = image.resize((224, 224), 2)
        x = (np.asarray(image, np.float32) / 255 - self.mean) / self.std
        logits = self.session.run(None, {self.input_name: x.transpose(2, 0, 1)[None]})[0][0]
        return [{"label": str(i), "score": float(s)} for i, s in enumerate(logits)]
