# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: CHN101
import base64, io
import numpy as np
import litserve as ls
import onnxruntime as ort
from PIL import Image


class API(ls.LitAPI):
    def setup(self, device):
        self.m = ort.InferenceSession("m.onnx")

    def decode_request(self, request):
        im = Image.open(io.BytesIO(base64.b64decode(request["image"]))).convert("RGB").resize((224, 224), Image.BILINEAR)
        return np.asarray(im, np.float32)[None, :, :, ::-1] / 255

    def predict(self, x):
        return self.m.run(None, {"x": x})[0]

    def encode_response(self, y):
        return {"y": int(y.argmax())}
