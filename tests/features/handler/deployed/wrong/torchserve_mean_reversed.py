# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: CHN103
import io

import numpy as np
from PIL import Image
from ts.torch_handler.base_handler import BaseHandler


class Net(BaseHandler):
    mean = np.array([0.406, 0.456, 0.485], np.float32)
    std = np.array([0.225, 0.224, 0.229], np.float32)

    def preprocess(self, data):
        out = []
        for row in data:
            raw = row.get("data") or row.get("body")
            image = Image.open(io.BytesIO(raw)).convert("RGB").resize((224, 224), Image.BILINEAR)
            out.append(((np.asarray(image, np.float32) / 255 - self.mean) / self.std).transpose(2, 0, 1))
        return np.stack(out)
