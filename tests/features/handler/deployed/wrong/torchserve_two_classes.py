# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND123
import io

import numpy as np
from PIL import Image


class Prep:
    def __call__(self, raw):
        image = Image.open(io.BytesIO(raw)).convert("RGB").resize((224, 224), Image.BILINEAR)
        return np.asarray(image, np.float32).transpose(2, 0, 1) / 255


class Classifier:
    def initialize(self, ctx):
        self.prep = Prep()

    def preprocess(self, data):
        return np.stack([self.prep(row["body"]) for row in data])
