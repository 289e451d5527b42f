# spec: {shape: [N, 160, 160, 3], dtype: float32, channel_order: RGB, value_range: [-1, 1], resize: {mode: stretch, interpolation: bilinear, library: opencv}, decode: {exif: ignore}}
# expect: CHN101
import io, json, base64
import numpy as np
import onnxruntime
import tornado.ioloop
import tornado.web
from PIL import Image
session = onnxruntime.InferenceSession("model.onnx")
import cv2
class Handler(tornado.web.RequestHandler):
    def post(self):
        doc = json.loads(self.request.body)
        raw = np.frombuffer(base64.b64decode(doc["image"]), np.uint8)
        bgr = cv2.imdecode(raw, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        x = cv2.resize(bgr, (160, 160)).astype(np.float32) / 127.5 - 1
        self.write({"y": session.run(None, {"x": x[None]})[0].tolist()})
app = tornado.web.Application([("/predict", Handler)])
