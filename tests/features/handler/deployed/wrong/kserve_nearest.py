# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: PIX106
import base64
import io

import kserve
import numpy as np
from PIL import Image


class Transformer(kserve.Model):
    def preprocess(self, payload, headers=None):
        rows = []
        for instance in payload["instances"]:
            image = Image.open(io.BytesIO(base64.b64decode(instance["image"]))).convert("RGB")
            image = image.resize((224, 224), Image.NEAREST)
            rows.append((np.asarray(image, np.float32) / 255).tolist())
        return {"instances": rows}
