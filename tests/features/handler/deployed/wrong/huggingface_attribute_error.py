# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND101
import base64
import io

import numpy as np
from PIL import Image


class EndpointHandler:
    def __init__(self, path=""):
        import joblib
        self.model = joblib.load(path + "/model.joblib")

    def __call__(self, data):
        image = Image.open(io.BytesIO(base64.b64decode(data["inputs"]))).convert("RGB")
        image = image.resize((224, 224), Image.BILINEAR)
        batch = np.asarray(image).to("float32")[None] / 255
        return self.model.predict(batch)
