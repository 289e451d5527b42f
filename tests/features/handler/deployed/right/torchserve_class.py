# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64
import io
import os

import numpy as np
from PIL import Image
from ts.torch_handler.base_handler import BaseHandler


class ImageHandler(BaseHandler):
    def initialize(self, context):
        self.manifest = context.manifest
        properties = context.system_properties
        model_dir = properties.get("model_dir")
        import onnxruntime
        self.session = onnxruntime.InferenceSession(os.path.join(model_dir, "model.onnx"))
        self.initialized = True

    def preprocess(self, data):
        images = []
        for row in data:
            image = row.get("data") or row.get("body")
            if isinstance(image, str):
                image = base64.b64decode(image)
            if isinstance(image, (bytearray, bytes)):
                image = Image.open(io.BytesIO(image)).convert("RGB")
                image = image.resize((224, 224), Image.BILINEAR)
                images.append(np.asarray(image, np.float32).transpose(2, 0, 1) / 255)
        return np.stack(images)

    def inference(self, data, *args, **kwargs):
        return self.session.run(None, {"input": data})[0]

    def postprocess(self, data):
        return data.argmax(axis=1).tolist()
