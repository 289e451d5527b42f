# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: CHN103
from typing import Any, Dict, List

import numpy as np
import onnxruntime
from PIL import Image


class EndpointHandler:
    def __init__(self, path=""):
        self.session = onnxruntime.InferenceSession(f"{path}/model.onnx")
        self.mean = np.array([0.406, 0.456, 0.485], dtype=np.float32)
        self.std = np.array([0.225, 0.224, 0.229], dtype=np.float32)

    def __call__(self, data: Dict[str, Any]) -> List[Dict[str, Any]]:
        image = data.pop("inputs", data)
        parameters = data.pop("parameters", {})
        image = image.convert("RGB").resize((224, 224), Image.BILINEAR)
        x = (np.asarray(image, np.float32) / 255 - self.mean) / self.std
        logits = self.session.run(None, {"pixel_values": x.transpose(2, 0, 1)[None]})[0][0]
        top = int(parameters.get("top_k", 5))
        return [{"label": int(i), "score": float(logits[i])} for i in np.argsort(-logits)[:top]]
