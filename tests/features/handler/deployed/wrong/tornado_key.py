# spec: {shape: [N, 224, 224, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch, interpolation: bilinear}, decode: {exif: ignore}}
# expect: HND101
import io, json, base64
import numpy as np
import onnxruntime
import tornado.ioloop
import tornado.web
from PIL import Image
session = onnxruntime.InferenceSession("model.onnx")

class Handler(tornado.web.RequestHandler):
    def post(self):
        img = Image.open(io.BytesIO(self.request.body)).resize((224, 224))
        x = self.prepare_array(img)
        self.write({"y": session.run(None, {"x": x})[0].tolist()})
    def prepare_array(self, img):
        return np.asarray(img.convert_rgb(), np.float32)[None]
app = tornado.web.Application([("/predict", Handler)])
