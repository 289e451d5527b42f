# spec: {shape: [N, 3, 96, 96], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, size: [96, 96], interpolation: bicubic}, decode: {exif: ignore}}
# expect: ok
import io
import numpy as np
from PIL import Image
from ts.torch_handler.base_handler import BaseHandler
class Birds(BaseHandler):
    def preprocess(self, rows):
        self.model.eval()
        pictures = [Image.open(io.BytesIO(row["body"])).convert("RGB").resize((96, 96), Image.BICUBIC) for row in rows]
        return np.stack([np.asarray(picture, np.float32).transpose(2, 0, 1) / 255 for picture in pictures])
