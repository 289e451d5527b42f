# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: VAL101
import io, os
import numpy as np
from PIL import Image
from ts.torch_handler.base_handler import BaseHandler
class H(BaseHandler):
    def initialize(self, ctx):
        super().initialize(ctx)
        self.size = 224
    def preprocess(self, requests):
        ims = []
        for r in requests:
            b = r.get("data") or r.get("body")
            ims.append(np.array(Image.open(io.BytesIO(b)).convert("RGB").resize((self.size, self.size), Image.BILINEAR)))
        return np.stack(ims).transpose(0, 3, 1, 2).astype(np.float32)
