# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, normalize: {units: unit, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}, resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import base64, io
import numpy as np
import litserve as ls
import onnxruntime as ort
from PIL import Image


class ResNetAPI(ls.LitAPI):
    def setup(self, device):
        self.device = device
        self.model = ort.InferenceSession("resnet.onnx")

    def decode_request(self, request):
        img = Image.open(io.BytesIO(base64.b64decode(request["image"]))).convert("RGB")
        x = np.asarray(img.resize((224, 224), Image.BILINEAR), dtype=np.float32) / 255
        x = (x - np.array([0.485, 0.456, 0.406], np.float32)) / np.array([0.229, 0.224, 0.225], np.float32)
        return x.transpose(2, 0, 1)[None]

    def predict(self, x):
        return self.model.run(None, {"input": x})[0]

    def encode_response(self, output):
        return {"output": int(np.argmax(output))}


if __name__ == "__main__":
    ls.LitServer(ResNetAPI()).run(port=8000)
