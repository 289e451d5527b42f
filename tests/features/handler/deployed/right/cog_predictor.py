# spec: {shape: [N, 3, 224, 224], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: ok
import numpy as np
from PIL import Image
class Predictor:
    def setup(self):
        import onnxruntime as ort
        self.sess = ort.InferenceSession("model.onnx")
    def preprocess(self, path):
        im = Image.open(path).convert("RGB").resize((224, 224), Image.BILINEAR)
        return np.asarray(im, np.float32).transpose(2, 0, 1)[None] / 255
    def predict(self, image):
        return self.sess.run(None, {"x": self.preprocess(image)})
